package sqlite

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAChildOfADeadDaemonIsWaitedFor: a daemon that is killed while it starts a version leaves its lock with the child for a moment.
func TestAChildOfADeadDaemonIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "teal.db.lock")
	f, err := lock(path, nil)
	require.NoError(t, err)
	gone := exec.CommandContext(t.Context(), "true")
	require.NoError(t, gone.Run())
	require.NoError(t, f.Truncate(0))
	_, err = f.WriteAt([]byte(fmt.Sprintln(gone.Process.Pid)), 0)
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), "cat")
	child.ExtraFiles = []*os.File{f}
	in, err := child.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	require.NoError(t, f.Close())

	waits := 0
	held, err := lock(path, func(time.Duration) {
		if waits++; waits == 3 { // now it comes to its exec
			require.NoError(t, in.Close())
			require.NoError(t, child.Wait())
		}
	})
	require.NoError(t, err)
	require.Equal(t, 3, waits)

	_, err = lock(path, func(time.Duration) { t.Error("a holder that lives is not waited for") })
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, held.Close())
}
