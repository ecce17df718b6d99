package client_test

import (
	"testing"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"
)

// grow adds a block, and returns when it was asked for the height some more times.
func (f *fake) grow(asked int) {
	f.Helper()
	f.mu.Lock()
	f.blocks = append(f.blocks, cmttypes.Txs{})
	asked += f.asked
	f.mu.Unlock()
	for range 3000 {
		f.mu.Lock()
		now := f.asked
		f.mu.Unlock()
		if now >= asked {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.Fatal("who waits for its reader asks for nothing newer")
}

// TestHeard: a chain was heard when it answered, and grew when a new height was seen.
func TestHeard(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until it asks again")
	}
	f := &fake{T: t, blocks: make([]cmttypes.Txs, 1)}
	before := time.Now()
	c := f.dial()
	heard, grew := c.Heard()
	if heard.Before(before) || !grew.Equal(heard) {
		t.Errorf("when it has answered it was heard at %v, and grew at %v", heard, grew)
	}
	<-c.Heights(t.Context())
	_, first := c.Heard()
	if _, err := c.Height(t.Context()); err != nil {
		t.Fatal(err)
	}
	if heard, still := c.Heard(); !heard.After(first) || !still.Equal(first) {
		t.Errorf("it was heard at %v and grew at %v: want it to grow at %v only", heard, still, first)
	}
}

// Who was busy is told of the newest height, and of none before it.
func TestHeightsSkipToTheNewest(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until it asks again")
	}
	f := &fake{T: t, blocks: make([]cmttypes.Txs, 1)}
	heights := f.dial().Heights(t.Context())
	if got := <-heights; got != 1 {
		t.Fatalf("height %d, want 1", got)
	}
	f.grow(2) // the second question comes when the first answer is known
	f.grow(2)
	if got := <-heights; got != 3 {
		t.Errorf("height %d, want 3", got)
	}
}
