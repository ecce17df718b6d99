package client_test

import (
	"testing"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"
)

// grow adds a block and returns after a number of further queries for the height.
func (f *fake) grow(queries int) {
	f.Helper()
	f.mu.Lock()
	f.blocks = append(f.blocks, cmttypes.Txs{})
	queries += f.asked
	f.mu.Unlock()
	for range 3000 {
		f.mu.Lock()
		now := f.asked
		f.mu.Unlock()
		if now >= queries {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.Fatal("while nobody reads the heights, the client does not query newer ones")
}

// TestHeard: Heard returns the times of the last answer and of the last new height.
func TestHeard(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until it asks again")
	}
	f := &fake{T: t, blocks: make([]cmttypes.Txs, 1)}
	before := time.Now()
	c := f.dial()
	heard, grew := c.Heard()
	if heard.Before(before) || !grew.Equal(heard) {
		t.Errorf("after the first answer: heard at %v, grew at %v", heard, grew)
	}
	<-c.Heights(t.Context())
	_, first := c.Heard()
	if _, err := c.Height(t.Context()); err != nil {
		t.Fatal(err)
	}
	if heard, still := c.Heard(); !heard.After(first) || !still.Equal(first) {
		t.Errorf("after an answer without a new height: heard at %v, grew at %v; want it to have grown at %v only", heard, still, first)
	}
}

// TestHeightsSkipToTheNewest: a reader that was busy receives the newest height and no older one.
func TestHeightsSkipToTheNewest(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until it asks again")
	}
	f := &fake{T: t, blocks: make([]cmttypes.Txs, 1)}
	heights := f.dial().Heights(t.Context())
	if got := <-heights; got != 1 {
		t.Fatalf("height %d, want 1", got)
	}
	f.grow(2) // the second query comes after the first answer
	f.grow(2)
	if got := <-heights; got != 3 {
		t.Errorf("height %d, want 3", got)
	}
}
