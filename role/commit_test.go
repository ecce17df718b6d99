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

// number is a result; its commitment is made of the number and the salt.
type number struct {
	N    int
	Salt spec.Salt
}

func (number) Event() {}

func (n number) commitment() spec.Digest {
	return spec.DigestOf(append(n.Salt[:], byte(n.N)))
}

// secret counts how often it is made and hidden.
type secret struct {
	tools        role.Tools
	made, hidden int
	fails, lost  error
}

func (s *secret) do(copied spec.Digest) (role.Event, error) {
	return role.Secret[number]{
		Record: "number", Copied: copied,
		Make: func() (number, error) {
			s.made++
			return number{N: s.made}, s.fails
		},
		Resalt: func(n number) (_ number, err error) {
			if lost := s.lost; lost != nil {
				s.lost = nil
				return n, lost
			}
			s.hidden++
			n.Salt, err = s.tools.Salt()
			return n, err
		},
		Commitment: number.commitment,
	}.Do(context.Background(), s.tools)
}

// TestSecretIsMadeOnce: the work is done once whatever happens to the commitment,
// and hidden once for each commitment that was copied.
func TestSecretIsMadeOnce(t *testing.T) {
	s := &secret{tools: role.Tools{Store: blob.NewMemory(), Journal: &sim.Journal{}, Random: &counter{}}}
	s.fails = errors.New("no luck")
	if e, err := s.do(spec.Digest{}); e != nil || !errors.Is(err, s.fails) {
		t.Fatalf("got %v, %v", e, err)
	}
	s.fails = nil
	s.made = 0
	first, err := s.do(spec.Digest{})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := s.do(spec.Digest{}); err != nil || e != first {
		t.Errorf("again: %v, %v; want %v", e, err, first)
	}
	copied := first.(number).commitment()
	second, err := s.do(copied)
	if err != nil || second.(number).N != 1 || second.(number).commitment() == copied {
		t.Errorf("copied: %v, %v", second, err)
	}
	if e, err := s.do(copied); err != nil || e != second {
		t.Errorf("copied, again: %v, %v; want %v", e, err, second)
	}
	if s.made != 1 || s.hidden != 2 {
		t.Errorf("made %d times and hidden %d times, want 1 and 2", s.made, s.hidden)
	}
	s.lost = blob.ErrNotFound
	if e, err := s.do(second.(number).commitment()); err != nil || e.(number).N != 2 {
		t.Errorf("lost: %v, %v", e, err)
	}
	s.lost = blob.ErrMismatch
	if e, err := s.do(spec.Digest{}); err != nil || e.(number).N != 2 {
		t.Errorf("not asked to hide: %v, %v", e, err)
	}
}

// TestNoRandomnessNoSecret: without a salt nothing is said.
func TestNoRandomnessNoSecret(t *testing.T) {
	broken := errors.New("no entropy")
	s := &secret{tools: role.Tools{Journal: &sim.Journal{}, Random: iotest.ErrReader(broken)}}
	if e, err := s.do(spec.Digest{}); e != nil || !errors.Is(err, broken) {
		t.Errorf("got %v, %v", e, err)
	}
}

// counter is randomness that never repeats itself.
type counter struct{ n byte }

func (c *counter) Read(b []byte) (int, error) {
	for i := range b {
		c.n++
		b[i] = c.n
	}
	return len(b), nil
}

// powerless is a store that cannot make anything last.
type powerless struct{ blob.Store }

var errPowerless = errors.New("the disk is full")

func (powerless) Sync(context.Context) error { return errPowerless }

// What a node holds lasts before it says so, and before its journal tells of it.
func TestNothingIsSaidOfWhatMayBeLost(t *testing.T) {
	said := 0
	tools := role.Tools{
		Store: powerless{blob.NewMemory()}, Journal: &sim.Journal{}, Random: &counter{},
		Send: func(context.Context, role.Send) error { said++; return nil },
	}
	if _, err := (role.Send{Task: 1}).Do(t.Context(), tools); !errors.Is(err, errPowerless) || said != 0 {
		t.Errorf("said %d times, %v", said, err)
	}
	s := secret{tools: tools}
	if _, err := s.do(spec.Digest{}); !errors.Is(err, errPowerless) {
		t.Error(err)
	}
	var n number
	if found, err := tools.Journal.Recall("number", &n); found || err != nil {
		t.Errorf("the journal has it: %v, %v", found, err)
	}
	tools.Store = blob.NewMemory()
	if _, err := (role.Send{Task: 1}).Do(t.Context(), tools); err != nil || said != 1 {
		t.Errorf("said %d times, %v", said, err)
	}
}
