package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	// alarmFile is written to the home folder of a node that found a fault in a private
	// round of its own, and describes it. While the file is there, the node takes part in no
	// private round.
	alarmFile = "privacy-error"

	// privacyError begins the log line of an alarm.
	privacyError = "privacy error: the node takes part in no private round"

	// afterAlarm tells the operator how to clear the alarm.
	afterAlarm = "find out why (docs/privacy.md), then remove the file " + alarmFile + " in the node's home folder"
)

// errAlarm is wrapped by the error of a raised alarm.
var errAlarm = errors.New("privacy error")

// alarm is a [role.Alarm] in a home folder. Its file survives restarts.
type alarm struct {
	home string

	mu    sync.Mutex
	wrong string // the fault, if the file could not be written
}

// Raise implements [role.Alarm].
func (a *alarm) Raise(wrong string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wrong = wrong
	if err := writeFile(filepath.Join(a.home, alarmFile), []byte(wrong+"\n")); err != nil {
		return err
	}
	a.wrong = ""
	return nil
}

// Raised implements [role.Alarm]. A file that cannot be read counts as an alarm.
func (a *alarm) Raised() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	said, err := os.ReadFile(filepath.Join(a.home, alarmFile))
	switch {
	case a.wrong != "":
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("%w: %s; %s", errAlarm, cmp.Or(a.wrong, strings.TrimSpace(string(said)), "it does not say what"), afterAlarm)
}
