package role

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// Secret is work whose result a node commits to, under a salt, before it reveals it.
//
// Another node may see a commitment on its way to the chain and submit it first. The
// chain then refuses the original as a copy. So that the copier cannot keep its victim
// out of the round, the victim commits to the same result again, under a fresh salt.
type Secret[R Event] struct {
	// Record is the key under which the result is recorded.
	Record string
	// Copied is the node's commitment that another node submitted first, or zero.
	Copied spec.Digest
	// Make does the work.
	Make func() (R, error)
	// Resalt gives a result a fresh salt. Its error is [blob.ErrNotFound] when the result is
	// lost.
	Resalt func(R) (R, error)
	// Commitment is the commitment to a result, as the chain gets it.
	Commitment func(R) spec.Digest
}

// SecretKey is the key of the action that does the work. Committing again after a copy is
// another action, so it has another key.
func SecretKey(record string, copied spec.Digest) string {
	if copied.IsZero() {
		return record
	}
	return record + "-" + copied.Short()
}

// Copied returns a committee member's own commitment if the round records it as another
// node's, and zero otherwise. It is for a member that has not committed yet.
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

// Do does the work once, and gives its result a fresh salt only when the commitment was
// copied. It is the Do of an [Action].
func (s Secret[R]) Do(ctx context.Context, t Tools) (Event, error) {
	var result R
	recalled, err := t.Journal.Recall(s.Record, &result)
	if err != nil {
		return nil, err
	}
	if recalled && (s.Copied.IsZero() || s.Commitment(result) != s.Copied) {
		return result, nil
	}
	salted := result
	if recalled {
		salted, err = s.Resalt(result)
		recalled = !errors.Is(err, blob.ErrNotFound)
	}
	if !recalled {
		if result, err = s.Make(); err != nil {
			return nil, err
		}
		salted, err = s.Resalt(result)
	}
	if err != nil {
		return nil, err
	}
	if err := t.Store.Sync(ctx); err != nil {
		return nil, err // after a power loss the journal must not name a blob that is gone
	}
	if err := t.Journal.Record(s.Record, salted); err != nil {
		return nil, err // a result that is not recorded must not be announced
	}
	return salted, nil
}

// Salt draws a fresh salt.
func (t Tools) Salt() (salt spec.Salt, err error) {
	if _, err = io.ReadFull(t.Random, salt[:]); err != nil {
		return salt, fmt.Errorf("salt: %w", err)
	}
	return salt, nil
}
