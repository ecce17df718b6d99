package mirror

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrInUse is returned after a timeout of one minute in which another process had the mirror
// open.
var ErrInUse = errors.New("mirror is in use by another process")

// lock locks the mirror of a home folder for this process. A process holds the lock only
// while it sends one message to the chain, so a running node and a command in the same home
// folder take turns. The operating system releases the lock when the process ends.
func lock(home string) (*os.File, error) {
	const timeout, retryInterval = time.Minute, 20 * time.Millisecond
	f, err := os.OpenFile(filepath.Join(home, LockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for waited := time.Duration(0); ; waited += retryInterval {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return f, nil
		}
		if waited >= timeout {
			return nil, errors.Join(fmt.Errorf("%w: %s", ErrInUse, home), f.Close())
		}
		<-time.After(retryInterval)
	}
}
