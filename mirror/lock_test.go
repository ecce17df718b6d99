package mirror_test

import (
	"testing"
	"time"

	"github.com/althing-network/althing/mirror"
)

// TestOneProcessAtATime: opening a mirror that is already open waits until it is closed, and
// then sees all changes.
func TestOneProcessAtATime(t *testing.T) {
	home := t.TempDir()
	m := open(t, home)
	opened := make(chan *mirror.Mirror)
	go func() {
		other, _ := mirror.Open(home)
		opened <- other
	}()
	select {
	case <-opened:
		t.Error("the mirror was opened twice at the same time")
	case <-time.After(100 * time.Millisecond):
	}
	set := register(t, m, rows(1), limit(1))
	must(t, m.Close())
	other := <-opened
	if other == nil || of(t, other, set).Commitment != set {
		t.Error("the waiting process does not see the registered data set")
	}
	if _, err := m.Register(rows(2), limit(1)); err == nil {
		t.Error("a closed mirror registers a data set: want an error")
	}
}
