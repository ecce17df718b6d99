package role

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// Secret is work whose result a node commits to under a salt before it shows it.
//
// A node that sees a commitment on its way to the chain may say it first. The
// chain refuses what is copied, so that the copier must not keep its victim out,
// the victim hides the same result under a fresh salt and commits again.
type Secret[R Event] struct {
	// Record is the key under which the result is recorded.
	Record string
	// Copied is the node's commitment that another node said first; zero where
	// none did.
	Copied spec.Digest
	// Make does the work.
	Make func() (R, error)
	// Hide gives a result a fresh salt; [blob.ErrNotFound] where it is lost.
	Hide func(R) (R, error)
	// Commitment is what the chain is told of a result.
	Commitment func(R) spec.Digest
}

// SecretKey is the key of the action that does the work: what is hidden again is
// another action.
func SecretKey(record string, copied spec.Digest) string {
	if copied.IsZero() {
		return record
	}
	return record + "-" + copied.Short()
}

// Copied is the commitment of a member of the committee where the round records it as
// another node's, and zero else. It is for a node that has not committed yet.
func Copied(r spec.Round, own spec.Digest) spec.Digest {
	for _, a := range r.Aggregates {
		if a.Commitment == own {
			return own
		}
	}
	for _, e := range r.Scores {
		if e.Commitment == own {
			return own
		}
	}
	return spec.Digest{}
}

// Do does the work once, and hides its result again only when the commitment to
// it was copied. It is the Do of an [Action].
func (s Secret[R]) Do(ctx context.Context, t Tools) (Event, error) {
	var done R
	made, err := t.Journal.Recall(s.Record, &done)
	if err != nil {
		return nil, err
	}
	if made && (s.Copied.IsZero() || s.Commitment(done) != s.Copied) {
		return done, nil
	}
	hidden := done
	if made {
		hidden, err = s.Hide(done)
		made = !errors.Is(err, blob.ErrNotFound)
	}
	if !made {
		if done, err = s.Make(); err != nil {
			return nil, err
		}
		hidden, err = s.Hide(done)
	}
	if err != nil {
		return nil, err
	}
	if err := t.Store.Sync(ctx); err != nil {
		return nil, err // a journal that outlasts it would tell of what is lost
	}
	if err := t.Journal.Record(s.Record, hidden); err != nil {
		return nil, err // an event would tell what a restart forgets
	}
	return hidden, nil
}

// Salt draws a fresh salt.
func (t Tools) Salt() (salt spec.Salt, err error) {
	if _, err = io.ReadFull(t.Random, salt[:]); err != nil {
		return salt, fmt.Errorf("salt: %w", err)
	}
	return salt, nil
}
