package mirror

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrInUse says that another process has had the mirror open for too long.
var ErrInUse = errors.New("mirror is in use by another process")

// lock takes the mirror of a home folder for this process. A process has it no longer than
// its message to the chain takes, so a node that runs and a command in the same home
// folder take turns; the system gives it back when a process ends, however it ends.
func lock(home string) (*os.File, error) {
	const patience, pause = time.Minute, 20 * time.Millisecond
	f, err := os.OpenFile(filepath.Join(home, LockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for waited := time.Duration(0); ; waited += pause {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return f, nil
		}
		if waited >= patience {
			return nil, errors.Join(fmt.Errorf("%w: %s", ErrInUse, home), f.Close())
		}
		<-time.After(pause)
	}
}
