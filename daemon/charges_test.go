package daemon_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// told is a chain with the books of some data sets, which may lie.
type told struct {
	release cost.Release
	books   map[uint64]cost.Book
	rows    map[uint64][]cost.Row
}

func (c told) Dataset(_ context.Context, id uint64) (spec.Dataset, error) {
	return spec.Dataset{ID: id, Owner: "owner"}, nil
}
func (c told) Book(_ context.Context, id uint64) (cost.Book, error) { return c.books[id], nil }
func (c told) Rows(_ context.Context, id uint64, _ client.Page) ([]cost.Row, client.Page, error) {
	return c.rows[id], client.Page{}, nil
}

func (c told) Release(context.Context, uint64, string) (cost.Release, error) { return c.release, nil }

// guarded is a private task with three rounds: two data sets are asked in each; both
// commit in the first, which settles, the first of them in the second, which is aborted,
// and nobody in the third.
func guarded(t *testing.T) (spec.Task, []spec.Round, told) {
	t.Helper()
	task := spec.Task{ID: 7, Spec: spec.DefaultTask(), State: spec.TaskFailed, Round: 3}
	task.Spec.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: spec.One, Noise: spec.One}
	asked := func(first, second int64) []spec.Contribution {
		return []spec.Contribution{{Node: 1, Dataset: 4, Height: first}, {Node: 2, Dataset: 9, Height: second}}
	}
	rounds := []spec.Round{
		{Task: 7, Number: 1, Phase: spec.PhaseSettled, Trainers: asked(11, 12)},
		{Task: 7, Number: 2, Phase: spec.PhaseAborted, Trainers: asked(21, 0)},
		{Task: 7, Number: 3, Phase: spec.PhaseAborted, Trainers: asked(0, 0)},
	}
	release, err := terms.Release(task.Spec)
	if err != nil {
		t.Fatal(err)
	}
	limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 8 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	each, err := limit.Cost(release)
	if err != nil {
		t.Fatal(err)
	}
	chain := told{release, map[uint64]cost.Book{}, map[uint64][]cost.Row{}}
	for id, numbers := range map[uint64][]uint64{4: {1, 2}, 9: {1}} {
		var book cost.Book
		does := func(next cost.Book, rows []cost.Row, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			book, chain.rows[id] = next, append(chain.rows[id], rows...)
		}
		does(cost.Open(limit))
		for _, n := range numbers {
			does(book.Reserve(7, terms.Update, each, 1))
			does(book.Charge(7, terms.Update, n))
		}
		chain.books[id] = book
	}
	return task, rounds, chain
}

// TestChargesAreRecomputed: what a private task charged follows from its rounds; a book
// that tells anything else is found out.
func TestChargesAreRecomputed(t *testing.T) {
	task, rounds, chain := guarded(t)
	got, err := daemon.VerifyCharges(t.Context(), chain, task, rounds)
	if err != nil {
		t.Fatal(err)
	}
	want := []daemon.Charged{
		{Dataset: 4, Owner: "owner", Limit: chain.books[4].Limit, Rounds: []uint64{1, 2}, Each: cost.Amount{Epsilon: cost.OneEpsilon, PureRho: cost.OneNano / 2}, Spent: chain.books[4].Spent},
		{Dataset: 9, Owner: "owner", Limit: chain.books[9].Limit, Rounds: []uint64{1}, Each: cost.Amount{Epsilon: cost.OneEpsilon, PureRho: cost.OneNano / 2}, Spent: chain.books[9].Spent},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, lie := range map[string]func(told) told{
		"another noise than the task says": func(c told) told { c.release.Steps = 2; return c },
		"a charge is missing":              func(c told) told { c.rows[4] = c.rows[4][:3]; return c },
		"and the book knows nothing of it": func(c told) told {
			c.rows[4] = c.rows[4][:3]
			c.books[4], _ = cost.Replay(c.rows[4])
			return c
		},
		"a round nobody committed to is charged": func(c told) told {
			b, rows, _ := c.books[9].Reserve(7, terms.Update, c.rows[9][1].Each, 1)
			c.rows[9] = append(c.rows[9], rows...)
			b, rows, _ = b.Charge(7, terms.Update, 3)
			c.books[9], c.rows[9] = b, append(c.rows[9], rows...)
			return c
		},
		"a round that never was is charged": func(c told) told {
			b, rows, _ := c.books[9].Reserve(7, terms.Update, c.rows[9][1].Each, 1)
			c.rows[9] = append(c.rows[9], rows...)
			b, rows, _ = b.Charge(7, terms.Update, 77)
			c.books[9], c.rows[9] = b, append(c.rows[9], rows...)
			return c
		},
		"a round costs less than its noise": func(c told) told {
			cheap := c.rows[9][1].Each
			cheap.Epsilon--
			b, rows, _ := cost.Open(c.books[9].Limit)
			c.rows[9] = rows
			b, rows, _ = b.Reserve(7, terms.Update, cheap, 1)
			c.rows[9] = append(c.rows[9], rows...)
			b, rows, _ = b.Charge(7, terms.Update, 1)
			c.books[9], c.rows[9] = b, append(c.rows[9], rows...)
			return c
		},
		"less is spent than was charged": func(c told) told {
			b := c.books[4]
			b.Spent.Epsilon--
			c.books[4] = b
			return c
		},
		"a row is changed": func(c told) told {
			c.rows[4] = slices.Clone(c.rows[4])
			c.rows[4][2].Round = 5
			return c
		},
	} {
		_, _, lying := guarded(t)
		if got, err := daemon.VerifyCharges(t.Context(), lie(lying), task, rounds); !errors.Is(err, daemon.ErrCharges) {
			t.Errorf("%s: found %+v (%v)", name, got, err)
		}
	}
	task.Spec.Privacy = spec.Privacy{Mode: spec.PrivacyNone}
	if _, err := daemon.VerifyCharges(t.Context(), chain, task, rounds); err == nil {
		t.Error("a task that charges nothing has charges")
	}
}
