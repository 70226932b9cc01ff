package demo

import "syscall"

// daemonAttributes put the daemon in a group of its own, which a Ctrl-C at the terminal does not reach, and end it with us.
func daemonAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
