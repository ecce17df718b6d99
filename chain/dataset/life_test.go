package dataset_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/chain/dataset"
	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// life is a random history of data sets and their books. It also keeps plain lists of what happened,
// for comparison.
type life struct {
	*rapid.T
	registry
	rows    map[uint64][]cost.Row // by data set
	charged map[charge]cost.Amount
	granted map[datasetpb.Grant]bool
	refused int
}

// charge is one release of one data set's rows.
type charge struct {
	dataset, task, round uint64
	reason               string
}

// state returns every byte that the chain stores about data sets and books.
func (l *life) state() string { return l.ledgerState() + l.stored(dataset.Name) }

// step runs a message and reports whether it was refused. It fails the test if a refused message has
// changed something.
func (l *life) step(do func() error) (refused bool) {
	before := l.state()
	if do() == nil {
		return false
	}
	if l.state() != before {
		l.Fatal("a refused message has changed something")
	}
	l.refused++
	return true
}

func (l *life) dataset() uint64 {
	return rapid.SampledFrom(slices.Sorted(maps.Keys(l.rows))).Draw(l.T, "data set")
}

// release returns the release of a task for a reason; sometimes a wrong one.
func (l *life) release(task uint64, reason string) cost.Release {
	if !rapid.Bool().Draw(l.T, "another") {
		return cost.Release{
			Unit: cost.Client, Norm: cost.Norm{L1: 10, L2Squared: 100},
			Noise: cost.Laplace{Rate: cost.Fraction{Num: uint64(len(reason)) - 5, Den: 20 * task}}, // epsilon 1/2 to 1/6
		}
	}
	scale := cost.Fraction{Num: rapid.Uint64Range(1, 200).Draw(l.T, "scale"), Den: 10}
	r := cost.Release{Unit: cost.Client, Norm: cost.Norm{L1: 10, L2Squared: 100}}
	r.Noise = rapid.SampledFrom([]cost.Noise{
		cost.Gaussian{Sigma: scale}, cost.Skellam{Variance: scale}, cost.Laplace{Rate: cost.Fraction{Num: 1, Den: scale.Num}},
	}).Draw(l.T, "noise")
	return r
}

// purpose draws a task and a reason, out of few, so that they often coincide.
func (l *life) purpose() (task uint64, reason string) {
	return rapid.Uint64Range(1, 2).Draw(l.T, "task"), rapid.SampledFrom([]string{"update", "metric"}).Draw(l.T, "reason")
}

func (l *life) register() {
	msg := registration(
		rapid.SampledFrom([]string{"ann", "bob", "eve"}).Draw(l.T, "owner"),
		rapid.StringMatching("[a-d]").Draw(l.T, "rows"),
		cost.Epsilon(rapid.Uint64Range(0, 20).Draw(l.T, "epsilon")),
	)
	msg.Limit.Adjacency = rapid.SampledFrom([]ledgerpb.Adjacency{ledgerpb.ADJACENCY_ZERO_OUT, ledgerpb.ADJACENCY_REPLACE_ONE}).Draw(l.T, "adjacency")
	l.step(func() error {
		cached, commit := l.ctx.CacheContext() // as every message
		resp, err := l.Register(cached, msg)
		if err == nil {
			commit()
			l.rows[resp.Id] = nil
		}
		return err
	})
}

func (l *life) reserve() {
	id := l.dataset()
	task, reason := l.purpose()
	release, releases := l.release(task, reason), rapid.Uint64Range(1, 9).Draw(l.T, "releases")
	l.step(func() error { return l.ledger.Reserve(l.ctx, id, task, reason, release, releases) })
}

// reserved draws a data set and a purpose, often one for which something was reserved.
func (l *life) reserved() (id, task uint64, reason string) {
	var all []cost.Row
	id = l.dataset()
	for _, r := range l.rows[id] {
		if r.Entry == cost.EntryReserve {
			all = append(all, r)
		}
	}
	if len(all) == 0 || rapid.IntRange(0, 7).Draw(l.T, "another") == 0 {
		task, reason = l.purpose()
		return id, task, reason
	}
	r := rapid.SampledFrom(all).Draw(l.T, "reservation")
	return id, r.Task, r.Reason
}

func (l *life) charge() {
	id, task, reason := l.reserved()
	c := charge{id, task, rapid.Uint64Range(1, 6).Draw(l.T, "round"), reason}
	before := l.state()
	if l.step(func() error { return l.ledger.Charge(l.ctx, id, task, reason, c.round) }) {
		return
	}
	row := l.history(id)[len(l.history(id))-1]
	if _, known := l.charged[c]; known {
		if l.state() != before {
			l.Fatalf("%+v is charged twice", c)
		}
		return
	}
	if row.Entry != cost.EntryCharge || row.Task != task || row.Round != c.round {
		l.Fatalf("charging %+v writes %+v", c, row)
	}
	l.charged[c] = row.Each
}

func (l *life) giveBack() {
	id, task, reason := l.reserved()
	l.step(func() error { return l.ledger.Release(l.ctx, id, task, reason) })
}

func (l *life) lower() {
	id := l.dataset()
	_, b, err := l.ledger.Get(l.ctx, id)
	if err != nil {
		l.Fatal(err)
	}
	to := b.Limit
	to.Epsilon = cost.Epsilon(rapid.Uint64Range(0, uint64(to.Epsilon)+1).Draw(l.T, "epsilon"))
	_, fits := to.Left(b.Spent)
	refused := l.step(func() error {
		_, err := l.Limit(l.ctx, &datasetpb.MsgLimit{Owner: l.ownerOf(id), Dataset: id, Limit: ledgerpb.LimitFromCost(to)})
		return err
	})
	if refused != (to.Epsilon > b.Limit.Epsilon || !fits) {
		l.Fatalf("%s to %s with %+v spent: refused %v", b.Limit, to, b.Spent, refused)
	}
}

// rekey changes no book.
func (l *life) rekey() {
	id, books := l.dataset(), l.ledgerState()
	key := spec.PublicKey{rapid.Byte().Draw(l.T, "key")}
	refused := l.step(func() error {
		_, err := l.Key(l.ctx, &datasetpb.MsgKey{Owner: l.ownerOf(id), Dataset: id, Key: key[:]})
		return err
	})
	if refused != key.IsZero() || l.ledgerState() != books {
		l.Fatalf("key %s is refused: %v", key, refused)
	}
}

func (l *life) ownerOf(id uint64) string {
	resp, err := l.Dataset(l.ctx, &datasetpb.QueryDataset{Id: id})
	if err != nil {
		l.Fatal(err)
	}
	return resp.Dataset.Owner
}

func (l *life) grant() {
	g := datasetpb.Grant{Dataset: l.dataset(), Node: rapid.Uint64Range(1, 4).Draw(l.T, "node")}
	refused := l.step(func() error {
		_, err := l.Grant(l.ctx, &datasetpb.MsgGrant{Owner: l.ownerOf(g.Dataset), Dataset: g.Dataset, Node: g.Node})
		return err
	})
	if refused != (l.granted[g] || g.Node != 1 && g.Node != 3) {
		l.Fatalf("%+v is refused: %v", g, refused)
	}
	if !refused {
		l.granted[g] = true
	}
}

// revoke changes no book: what was charged stays charged.
func (l *life) revoke() {
	g := datasetpb.Grant{Dataset: l.dataset(), Node: rapid.Uint64Range(1, 4).Draw(l.T, "node")}
	books := l.ledgerState()
	refused := l.step(func() error {
		_, err := l.Revoke(l.ctx, &datasetpb.MsgRevoke{Owner: l.ownerOf(g.Dataset), Dataset: g.Dataset, Node: g.Node})
		return err
	})
	if refused == l.granted[g] || l.ledgerState() != books {
		l.Fatalf("%+v is refused: %v", g, refused)
	}
	delete(l.granted, g)
}

// restart exports the chain and continues on the imported one.
func (l *life) restart() {
	before := l.state()
	l.registry = l.again()
	if l.state() != before {
		l.Fatalf("the chain begins again as\n%s\nnot as\n%s", l.state(), before)
	}
}

func (l *life) history(id uint64) (rows []cost.Row) {
	resp, err := l.ledger.Rows(l.ctx, &ledgerpb.QueryRows{Dataset: id, Pagination: &query.PageRequest{Limit: 1000}})
	if err != nil {
		l.Fatal(err)
	}
	for i := range resp.Rows {
		r, err := resp.Rows[i].ToCost()
		if err != nil {
			l.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

// holds checks what must be true of every book at any time.
func (l *life) holds() {
	for _, id := range slices.Sorted(maps.Keys(l.rows)) {
		rows := l.history(id)
		if len(rows) < len(l.rows[id]) || !slices.Equal(rows[:len(l.rows[id])], l.rows[id]) {
			l.Fatalf("rows of data set %d have changed:\n%v\n%v", id, l.rows[id], rows)
		}
		l.rows[id] = rows
		_, b, err := l.ledger.Get(l.ctx, id)
		if err != nil {
			l.Fatal(err)
		}
		var spent cost.Amount
		for c, each := range l.charged {
			if c.dataset == id {
				if spent, err = spent.Plus(each); err != nil {
					l.Fatal(err)
				}
			}
		}
		if b.Spent != spent {
			l.Fatalf("data set %d has spent %+v, its charges add up to %+v", id, b.Spent, spent)
		}
		if _, fits := b.Limit.Left(spent); !fits {
			l.Fatalf("data set %d has spent %+v, more than %s", id, spent, b.Limit)
		}
	}
}

// TestLivesOfDatasets plays thousands of histories of register, grant, revoke, rekey, reserve,
// charge, refuse, release, lower, and restart by export and import: spent is never above
// the limit, rows never change, sums add up, nothing is charged twice for one release,
// what is refused changes nothing, and a revoked trainer gives no budget back.
func TestLivesOfDatasets(t *testing.T) {
	hundreds := 20 // rapid plays a hundred at a time
	if testing.Short() {
		hundreds = 2
	}
	histories, charges, refusals := 0, 0, 0
	for range hundreds {
		rapid.Check(t, func(t *rapid.T) {
			l := &life{T: t, registry: open(), rows: map[uint64][]cost.Row{}, charged: map[charge]cost.Amount{}, granted: map[datasetpb.Grant]bool{}}
			for _, rows := range []string{"a", "b"} {
				resp, err := l.Register(l.ctx, registration("ann", rows, cost.Epsilon(rapid.Uint64Range(1, 20).Draw(t, "epsilon"))))
				if err != nil {
					t.Fatal(err)
				}
				l.rows[resp.Id] = nil
			}
			verbs := []func(){l.register, l.reserve, l.reserve, l.reserve, l.reserve, l.charge, l.charge, l.charge, l.charge, l.charge, l.giveBack, l.lower, l.grant, l.revoke, l.rekey, l.restart}
			for range rapid.IntRange(10, 40).Draw(t, "steps") {
				rapid.SampledFrom(verbs).Draw(t, "verb")()
				l.holds()
			}
			l.restart()
			if err := l.ledger.Charge(l.ctx, 1, 99, "update", 1); !errors.Is(err, cost.ErrNotReserved) {
				t.Fatalf("a task that reserved nothing: got %v", err)
			}
			histories, charges, refusals = histories+1, charges+len(l.charged), refusals+l.refused
		})
	}
	t.Logf("%d histories, %d charges, %d refusals", histories, charges, refusals)
}
