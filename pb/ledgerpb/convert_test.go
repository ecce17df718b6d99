package ledgerpb_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/privacy/cost"
)

func limits(t *rapid.T) cost.Limit {
	return cost.Limit{
		Unit:      rapid.SampledFrom(cost.Units()).Draw(t, "unit"),
		Adjacency: rapid.SampledFrom(cost.Adjacencies()).Draw(t, "adjacency"),
		Epsilon:   cost.Epsilon(rapid.Uint64().Draw(t, "epsilon")), Delta: cost.Delta(rapid.Uint64().Draw(t, "delta")),
	}
}

func releases(t *rapid.T) cost.Release {
	scale := rapid.Make[cost.Fraction]().Draw(t, "scale")
	return cost.Release{
		Unit:     rapid.SampledFrom(cost.Units()).Draw(t, "unit"),
		Noise:    rapid.SampledFrom([]cost.Noise{cost.Gaussian{Sigma: scale}, cost.Skellam{Variance: scale}, cost.Laplace{Rate: scale}}).Draw(t, "noise"),
		Norm:     rapid.Make[cost.Norm]().Draw(t, "norm"),
		Sampling: rapid.Make[cost.Sampling]().Draw(t, "sampling"),
		Steps:    rapid.Uint64().Draw(t, "steps"),
	}
}

// message is a message of this package.
type message interface {
	Marshal() ([]byte, error)
	Unmarshal([]byte) error
}

// carry sends a message over the wire.
func carry(t *rapid.T, sent, received message) {
	raw, err := sent.Marshal()
	if err == nil {
		err = received.Unmarshal(raw)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *rapid.T, want, got any, err error) {
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" || err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, d)
	}
}

func TestBooksComeBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := cost.Book{Limit: limits(t), Spent: rapid.Make[cost.Amount]().Draw(t, "spent"), Rows: rapid.Uint64().Draw(t, "rows")}
		for range rapid.IntRange(0, 3).Draw(t, "reservations") {
			r := rapid.Make[cost.Reservation]().Draw(t, "reservation")
			r.Left |= 1 // ended reservations are not in the message
			want.Reservations = append(want.Reservations, r)
		}
		sent, received := ledgerpb.BookFromCost("ann", want), ledgerpb.Book{}
		carry(t, &sent, &received)
		got, err := received.ToCost()
		same(t, want, got, err)
		if received.Owner != "ann" {
			t.Fatalf("owner %q", received.Owner)
		}
	})
}

func TestRowsComeBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[cost.Row]().Draw(t, "row")
		want.Entry = rapid.SampledFrom([]cost.Entry{cost.EntryLimit, cost.EntryReserve, cost.EntryCharge, cost.EntryRelease}).Draw(t, "entry")
		want.Limit = cost.Limit{}
		if want.Entry == cost.EntryLimit {
			want.Limit = limits(t)
		}
		sent, received := ledgerpb.RowFromCost(want), ledgerpb.Row{}
		carry(t, &sent, &received)
		got, err := received.ToCost()
		same(t, want, got, err)
	})
}

func TestReleasesComeBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := releases(t)
		sent, received := ledgerpb.ReleaseFromCost(want), ledgerpb.Release{}
		carry(t, &sent, &received)
		got, err := received.ToCost()
		same(t, want, got, err)
	})
}

func TestUnknownNumbersAreRefused(t *testing.T) {
	for want, convert := range map[string]func() error{
		"unknown unit 9":      func() error { _, err := (&ledgerpb.Limit{Unit: 9, Adjacency: 1}).ToCost(); return err },
		"unknown adjacency 0": func() error { _, err := (&ledgerpb.Limit{Unit: 1}).ToCost(); return err },
		"unknown noise 0":     func() error { _, err := (&ledgerpb.Release{Unit: 1}).ToCost(); return err },
		"unknown entry 5":     func() error { _, err := (&ledgerpb.Row{Entry: 5}).ToCost(); return err },
		"curve of 47 orders": func() error {
			_, err := (&ledgerpb.Amount{Curve: make([]uint64, 47)}).ToCost()
			return err
		},
	} {
		if err := convert(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func FuzzBook(f *testing.F) {
	seed := ledgerpb.BookFromCost("ann", cost.Book{
		Limit:        cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 8_000_000, Delta: cost.OneDelta / 100_000},
		Spent:        cost.Amount{Rho: 5},
		Reservations: []cost.Reservation{{Task: 1, Reason: "update", Each: cost.Amount{Rho: 5}, Left: 2, Last: 1}},
		Rows:         3,
	})
	raw, err := seed.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m ledgerpb.Book
		if m.Unmarshal(raw) != nil {
			return
		}
		b, err := m.ToCost()
		if err != nil || b.Validate() != nil {
			return
		}
		again := ledgerpb.BookFromCost(m.Owner, b)
		back, err := again.ToCost()
		b.Reservations = open(b.Reservations)
		if err != nil || !back.Equal(b) {
			t.Errorf("%+v becomes %+v (%v)", b, back, err)
		}
	})
}

// open returns the reservations of which something is left.
func open(all []cost.Reservation) (left []cost.Reservation) {
	for _, r := range all {
		if r.Left > 0 {
			left = append(left, r)
		}
	}
	return left
}

func FuzzRelease(f *testing.F) {
	seed := ledgerpb.ReleaseFromCost(cost.Release{
		Unit: cost.Client, Noise: cost.Skellam{Variance: cost.Fraction{Num: 9, Den: 2}}, Norm: cost.Norm{L1: 4, L2Squared: 4},
	})
	raw, err := seed.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m ledgerpb.Release
		if m.Unmarshal(raw) != nil {
			return
		}
		r, err := m.ToCost()
		if err != nil {
			return
		}
		_ = r.Validate() // must not panic
		again := ledgerpb.ReleaseFromCost(r)
		if back, err := again.ToCost(); err != nil || back != r {
			t.Errorf("%+v becomes %+v (%v)", r, back, err)
		}
	})
}
