package process

import "golang.org/x/sys/unix"

// keepToOurselves marks every descriptor of teal close-on-exec. Go opens its own that way; what a supervisor or a shell
// left open when it started teal is not, and must not reach an application that outlives us.
func keepToOurselves() {
	// A kernel before 5.11 does not know this; there the application inherits what teal inherited, as anywhere else.
	_ = unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC)
}
