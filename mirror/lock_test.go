package mirror_test

import (
	"testing"
	"time"

	"github.com/althing-network/althing/mirror"
)

// TestOneProcessAtATime: who opens a mirror that is open waits for it to be closed, and
// then knows what was done.
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
		t.Error("two have it open at a time")
	case <-time.After(100 * time.Millisecond):
	}
	set := register(t, m, rows(1), limit(1))
	must(t, m.Close())
	other := <-opened
	if other == nil || of(t, other, set).Commitment != set {
		t.Error("who waited does not know what was done")
	}
	if _, err := m.Register(rows(2), limit(1)); err == nil {
		t.Error("a mirror that is closed takes something in")
	}
}
