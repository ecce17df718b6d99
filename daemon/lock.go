package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrInUse is returned for a home folder that another process uses.
var ErrInUse = errors.New("home folder is in use by another process")

// Lock locks a home folder for this process. The system releases the lock when the process
// ends, however it ends. Files that a killed process left half written are deleted.
func Lock(home string) (release func() error, err error) {
	f, err := os.OpenFile(filepath.Join(home, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: %s", ErrInUse, home)
	}
	halves, err := filepath.Glob(filepath.Join(home, temporaryPattern))
	for _, path := range halves {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
