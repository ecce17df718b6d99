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
	// alarmFile is in the home folder of a node that found something wrong with a private
	// round of its own, and says what. While it is there, the node takes part in none.
	alarmFile = "privacy-error"

	// privacyError begins what is logged of it.
	privacyError = "privacy error: the node takes part in no private round"

	// afterAlarm is what a person does then.
	afterAlarm = "find out why (docs/privacy.md), then remove the file " + alarmFile + " in the node's home folder"
)

// errAlarm is wrapped by what an alarm says that was raised.
var errAlarm = errors.New("privacy error")

// alarm is a home folder's [role.Alarm]. The file outlasts a restart.
type alarm struct {
	home string

	mu    sync.Mutex
	wrong string // what the file could not be made to say
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

// Raised implements [role.Alarm]. A file that cannot be read was raised, too.
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
