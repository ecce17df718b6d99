package role_test

import (
	"context"
	"errors"
	"testing"
	"testing/iotest"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// number is a result whose commitment hashes the number and a salt.
type number struct {
	N    int
	Salt spec.Salt
}

func (number) Event() {}

func (n number) commitment() spec.Digest {
	return spec.DigestOf(append(n.Salt[:], byte(n.N)))
}

// secret counts how often its work is done and its result is salted.
type secret struct {
	tools        role.Tools
	made, salted int
	makeErr      error // of all work
	saltErr      error // of the next salting only
}

func (s *secret) do(copied spec.Digest) (role.Event, error) {
	return role.Secret[number]{
		Record: "number", Copied: copied,
		Make: func() (number, error) {
			s.made++
			return number{N: s.made}, s.makeErr
		},
		Resalt: func(n number) (_ number, err error) {
			if failed := s.saltErr; failed != nil {
				s.saltErr = nil
				return n, failed
			}
			s.salted++
			n.Salt, err = s.tools.Salt()
			return n, err
		},
		Commitment: number.commitment,
	}.Do(context.Background(), s.tools)
}

// TestSecretIsMadeOnce: the work is done once, however often the commitment is copied, and the
// result gets one new salt for each copied commitment. Lost results are made again.
func TestSecretIsMadeOnce(t *testing.T) {
	s := &secret{tools: role.Tools{Store: blob.NewMemory(), Journal: &sim.Journal{}, Random: &counter{}}}
	s.makeErr = errors.New("no luck")
	if e, err := s.do(spec.Digest{}); e != nil || !errors.Is(err, s.makeErr) {
		t.Fatalf("got %v, %v", e, err)
	}
	s.makeErr = nil
	s.made = 0
	first, err := s.do(spec.Digest{})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := s.do(spec.Digest{}); err != nil || e != first {
		t.Errorf("second call: got %v, %v; want %v", e, err, first)
	}
	copied := first.(number).commitment()
	second, err := s.do(copied)
	if err != nil || second.(number).N != 1 || second.(number).commitment() == copied {
		t.Errorf("after a copy: got %v, %v; want the same number under another salt", second, err)
	}
	if e, err := s.do(copied); err != nil || e != second {
		t.Errorf("second call after a copy: got %v, %v; want %v", e, err, second)
	}
	if s.made != 1 || s.salted != 2 {
		t.Errorf("made %d times and salted %d times, want 1 and 2", s.made, s.salted)
	}
	s.saltErr = blob.ErrNotFound
	if e, err := s.do(second.(number).commitment()); err != nil || e.(number).N != 2 {
		t.Errorf("result lost, commitment copied: got %v, %v; want a second number", e, err)
	}
	s.saltErr = blob.ErrMismatch
	if e, err := s.do(spec.Digest{}); err != nil || e.(number).N != 2 {
		t.Errorf("nothing copied: got %v, %v; want the recorded number", e, err)
	}
}

// TestSecretFailsWithoutRandomness: without a salt there is no result to announce.
func TestSecretFailsWithoutRandomness(t *testing.T) {
	broken := errors.New("no entropy")
	s := &secret{tools: role.Tools{Journal: &sim.Journal{}, Random: iotest.ErrReader(broken)}}
	if e, err := s.do(spec.Digest{}); e != nil || !errors.Is(err, broken) {
		t.Errorf("got %v and error %v, want error %v", e, err, broken)
	}
}

// counter is a source of bytes in which no salt occurs twice.
type counter struct{ n byte }

func (c *counter) Read(b []byte) (int, error) {
	for i := range b {
		c.n++
		b[i] = c.n
	}
	return len(b), nil
}

// unsyncable is a store whose Sync fails.
type unsyncable struct{ blob.Store }

var errSync = errors.New("the disk is full")

func (unsyncable) Sync(context.Context) error { return errSync }

// TestStoreIsSyncedFirst: a node syncs its store before it sends a message, and before it records
// a result. If the sync fails, it does neither.
func TestStoreIsSyncedFirst(t *testing.T) {
	sent := 0
	tools := role.Tools{
		Store: unsyncable{blob.NewMemory()}, Journal: &sim.Journal{}, Random: &counter{},
		Send: func(context.Context, role.Send) error { sent++; return nil },
	}
	if _, err := (role.Send{Task: 1}).Do(t.Context(), tools); !errors.Is(err, errSync) || sent != 0 {
		t.Errorf("sent %d messages, %v", sent, err)
	}
	s := secret{tools: tools}
	if _, err := s.do(spec.Digest{}); !errors.Is(err, errSync) {
		t.Error(err)
	}
	var n number
	if found, err := tools.Journal.Recall("number", &n); found || err != nil {
		t.Errorf("the journal has the result: %v, %v", found, err)
	}
	tools.Store = blob.NewMemory()
	if _, err := (role.Send{Task: 1}).Do(t.Context(), tools); err != nil || sent != 1 {
		t.Errorf("sent %d messages, %v", sent, err)
	}
}
