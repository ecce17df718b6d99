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

// books is a chain with the books of some data sets; a test may falsify them.
type books struct {
	release cost.Release
	books   map[uint64]cost.Book
	rows    map[uint64][]cost.Row
}

func (c books) Dataset(_ context.Context, id uint64) (spec.Dataset, error) {
	return spec.Dataset{ID: id, Owner: "owner"}, nil
}
func (c books) Book(_ context.Context, id uint64) (cost.Book, error) { return c.books[id], nil }
func (c books) Rows(_ context.Context, id uint64, _ client.Page) ([]cost.Row, client.Page, error) {
	return c.rows[id], client.Page{}, nil
}

func (c books) Release(context.Context, uint64, string) (cost.Release, error) { return c.release, nil }

// privateTask is a private task with three rounds, for each of which two data sets are selected.
// Both commit in the first round, which is settled; only one commits in the second round, which
// is aborted; none commits in the third one.
func privateTask(t *testing.T) (spec.Task, []spec.Round, books) {
	t.Helper()
	task := spec.Task{ID: 7, Spec: spec.DefaultTask(), State: spec.TaskFailed, Round: 3}
	task.Spec.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: spec.One, Noise: spec.One}
	trainers := func(first, second int64) []spec.Contribution {
		return []spec.Contribution{{Node: 1, Dataset: 4, Height: first}, {Node: 2, Dataset: 9, Height: second}}
	}
	rounds := []spec.Round{
		{Task: 7, Number: 1, Phase: spec.PhaseSettled, Trainers: trainers(11, 12)},
		{Task: 7, Number: 2, Phase: spec.PhaseAborted, Trainers: trainers(21, 0)},
		{Task: 7, Number: 3, Phase: spec.PhaseAborted, Trainers: trainers(0, 0)},
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
	chain := books{release, map[uint64]cost.Book{}, map[uint64][]cost.Row{}}
	for id, numbers := range map[uint64][]uint64{4: {1, 2}, 9: {1}} {
		var book cost.Book
		add := func(next cost.Book, rows []cost.Row, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			book, chain.rows[id] = next, append(chain.rows[id], rows...)
		}
		add(cost.Open(limit))
		for _, n := range numbers {
			add(book.Reserve(7, terms.Update, each, 1))
			add(book.Charge(7, terms.Update, n))
		}
		chain.books[id] = book
	}
	return task, rounds, chain
}

// TestChargesAreRecomputed: anybody can compute from a task's rounds what it charged. A book on
// the chain that says anything else is detected.
func TestChargesAreRecomputed(t *testing.T) {
	task, rounds, chain := privateTask(t)
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
	for name, lie := range map[string]func(books) books{
		"the noise differs from the task": func(c books) books { c.release.Steps = 2; return c },
		"a charge is missing":             func(c books) books { c.rows[4] = c.rows[4][:3]; return c },
		"a charge is missing, also in the book": func(c books) books {
			c.rows[4] = c.rows[4][:3]
			c.books[4], _ = cost.Replay(c.rows[4])
			return c
		},
		"a round nobody committed to is charged": func(c books) books {
			b, rows, _ := c.books[9].Reserve(7, terms.Update, c.rows[9][1].Each, 1)
			c.rows[9] = append(c.rows[9], rows...)
			b, rows, _ = b.Charge(7, terms.Update, 3)
			c.books[9], c.rows[9] = b, append(c.rows[9], rows...)
			return c
		},
		"a round that does not exist is charged": func(c books) books {
			b, rows, _ := c.books[9].Reserve(7, terms.Update, c.rows[9][1].Each, 1)
			c.rows[9] = append(c.rows[9], rows...)
			b, rows, _ = b.Charge(7, terms.Update, 77)
			c.books[9], c.rows[9] = b, append(c.rows[9], rows...)
			return c
		},
		"a round costs less than its noise": func(c books) books {
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
		"less is spent than was charged": func(c books) books {
			b := c.books[4]
			b.Spent.Epsilon--
			c.books[4] = b
			return c
		},
		"a row is changed": func(c books) books {
			c.rows[4] = slices.Clone(c.rows[4])
			c.rows[4][2].Round = 5
			return c
		},
	} {
		_, _, lying := privateTask(t)
		if got, err := daemon.VerifyCharges(t.Context(), lie(lying), task, rounds); !errors.Is(err, daemon.ErrCharges) {
			t.Errorf("%s: got %+v (%v), want %v", name, got, err, daemon.ErrCharges)
		}
	}
	task.Spec.Privacy = spec.Privacy{Mode: spec.PrivacyNone}
	if _, err := daemon.VerifyCharges(t.Context(), chain, task, rounds); err == nil {
		t.Error("charges of a task without privacy: got no error")
	}
}
