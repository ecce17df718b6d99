// Package ledgerpb is the wire form of the books of privacy: generated from
// proto/althing/ledger/v1, with conversions to and from the plain types of package
// privacy/cost. It is not where anything is validated beyond its shape: that is cost's.
package ledgerpb

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/pb/words"
	"github.com/althing-network/althing/privacy/cost"
)

func units() []words.Pair[Unit, cost.Unit] {
	return []words.Pair[Unit, cost.Unit]{
		words.Of(UNIT_EXAMPLE, cost.Example),
		words.Of(UNIT_CLIENT, cost.Client),
		words.Of(UNIT_DATA_SUBJECT, cost.DataSubject),
	}
}

func adjacencies() []words.Pair[Adjacency, cost.Adjacency] {
	return []words.Pair[Adjacency, cost.Adjacency]{
		words.Of(ADJACENCY_ZERO_OUT, cost.ZeroOut),
		words.Of(ADJACENCY_ADD_REMOVE, cost.AddRemove),
		words.Of(ADJACENCY_REPLACE_ONE, cost.ReplaceOne),
	}
}

func entries() []words.Pair[Entry, cost.Entry] {
	return []words.Pair[Entry, cost.Entry]{
		words.Of(ENTRY_LIMIT, cost.EntryLimit),
		words.Of(ENTRY_RESERVE, cost.EntryReserve),
		words.Of(ENTRY_CHARGE, cost.EntryCharge),
		words.Of(ENTRY_RELEASE, cost.EntryRelease),
	}
}

// AdjacencyFromCost is the number of an adjacency; ADJACENCY_UNSPECIFIED where it has none.
func AdjacencyFromCost(a cost.Adjacency) Adjacency { return words.Number(adjacencies(), a) }

// ToCost is the adjacency in plain types. It refuses one that does not exist.
func (a Adjacency) ToCost() (cost.Adjacency, error) {
	return words.Word("adjacency", adjacencies(), a)
}

// LimitFromCost is the wire form of a limit.
func LimitFromCost(l cost.Limit) Limit {
	return Limit{
		Unit: words.Number(units(), l.Unit), Adjacency: AdjacencyFromCost(l.Adjacency),
		Epsilon: uint64(l.Epsilon), Delta: uint64(l.Delta),
	}
}

// ToCost is the limit in plain types.
func (m *Limit) ToCost() (cost.Limit, error) {
	unit, err := words.Word("unit", units(), m.Unit)
	if err != nil {
		return cost.Limit{}, err
	}
	adjacency, err := m.Adjacency.ToCost()
	return cost.Limit{Unit: unit, Adjacency: adjacency, Epsilon: cost.Epsilon(m.Epsilon), Delta: cost.Delta(m.Delta)}, err
}

// AmountFromCost is the wire form of an amount.
func AmountFromCost(a cost.Amount) Amount {
	out := Amount{Epsilon: uint64(a.Epsilon), PureRho: uint64(a.PureRho), Rho: uint64(a.Rho), Xi: uint64(a.Xi)}
	if !a.Curve.Zero() {
		for _, divergence := range a.Curve {
			out.Curve = append(out.Curve, uint64(divergence))
		}
	}
	return out
}

// ToCost is the amount in plain types.
func (m *Amount) ToCost() (cost.Amount, error) {
	a := cost.Amount{Epsilon: cost.Epsilon(m.Epsilon), PureRho: cost.Nano(m.PureRho), Rho: cost.Nano(m.Rho), Xi: cost.Nano(m.Xi)}
	if len(m.Curve) != 0 && len(m.Curve) != len(a.Curve) {
		return cost.Amount{}, fmt.Errorf("curve of %d orders: want %d, or none", len(m.Curve), len(a.Curve))
	}
	for i, divergence := range m.Curve {
		a.Curve[i] = cost.Nano(divergence)
	}
	return a, nil
}

// ReleaseFromCost is the wire form of a release.
func ReleaseFromCost(r cost.Release) Release {
	out := Release{
		Unit: words.Number(units(), r.Unit),
		L1:   r.Norm.L1, L2Squared: r.Norm.L2Squared,
		Poisson: r.Sampling.Poisson, Take: r.Sampling.Take, Of: r.Sampling.Of,
		Steps: r.Steps,
	}
	var scale cost.Fraction
	switch noise := r.Noise.(type) {
	case cost.Gaussian:
		out.Noise, scale = NOISE_GAUSSIAN, noise.Sigma
	case cost.Skellam:
		out.Noise, scale = NOISE_SKELLAM, noise.Variance
	case cost.Laplace:
		out.Noise, scale = NOISE_LAPLACE, noise.Rate
	}
	out.Scale = Fraction{Num: scale.Num, Den: scale.Den}
	return out
}

// ToCost is the release in plain types.
func (m *Release) ToCost() (cost.Release, error) {
	unit, err := words.Word("unit", units(), m.Unit)
	if err != nil {
		return cost.Release{}, err
	}
	r := cost.Release{
		Unit:     unit,
		Norm:     cost.Norm{L1: m.L1, L2Squared: m.L2Squared},
		Sampling: cost.Sampling{Poisson: m.Poisson, Take: m.Take, Of: m.Of},
		Steps:    m.Steps,
	}
	scale := cost.Fraction{Num: m.Scale.Num, Den: m.Scale.Den}
	switch m.Noise {
	case NOISE_GAUSSIAN:
		r.Noise = cost.Gaussian{Sigma: scale}
	case NOISE_SKELLAM:
		r.Noise = cost.Skellam{Variance: scale}
	case NOISE_LAPLACE:
		r.Noise = cost.Laplace{Rate: scale}
	default:
		return cost.Release{}, fmt.Errorf("unknown noise %d", int32(m.Noise))
	}
	return r, nil
}

// BookFromCost is the wire form of a book, without reservations that have no releases left.
func BookFromCost(owner string, b cost.Book) Book {
	out := Book{Owner: owner, Limit: LimitFromCost(b.Limit), Spent: AmountFromCost(b.Spent), Rows: b.Rows}
	for _, r := range b.Reservations {
		if r.Left > 0 {
			out.Reservations = append(out.Reservations, Reservation{
				Task: r.Task, Reason: r.Reason, Each: AmountFromCost(r.Each), Left: r.Left, Last: r.Last,
			})
		}
	}
	return out
}

// ToCost is the book in plain types.
func (m *Book) ToCost() (b cost.Book, err error) {
	if b.Limit, err = m.Limit.ToCost(); err != nil {
		return cost.Book{}, err
	}
	if b.Spent, err = m.Spent.ToCost(); err != nil {
		return cost.Book{}, err
	}
	for i := range m.Reservations {
		r := &m.Reservations[i]
		each, err := r.Each.ToCost()
		if err != nil {
			return cost.Book{}, err
		}
		b.Reservations = append(b.Reservations, cost.Reservation{Task: r.Task, Reason: r.Reason, Each: each, Left: r.Left, Last: r.Last})
	}
	b.Rows = m.Rows
	return b, nil
}

// RowFromCost is the wire form of a row.
func RowFromCost(r cost.Row) Row {
	out := Row{
		Number: r.Number, Entry: words.Number(entries(), r.Entry),
		Task: r.Task, Reason: r.Reason, Round: r.Round, Releases: r.Releases,
	}
	if r.Limit != (cost.Limit{}) {
		limit := LimitFromCost(r.Limit)
		out.Limit = &limit
	}
	if !r.Each.Zero() {
		each := AmountFromCost(r.Each)
		out.Each = &each
	}
	return out
}

// ToCost is the row in plain types.
func (m *Row) ToCost() (r cost.Row, err error) {
	r = cost.Row{Number: m.Number, Task: m.Task, Reason: m.Reason, Round: m.Round, Releases: m.Releases}
	if r.Entry, err = words.Word("entry", entries(), m.Entry); err != nil {
		return cost.Row{}, fmt.Errorf("row %d: %w", m.Number, err)
	}
	if m.Limit != nil {
		if r.Limit, err = m.Limit.ToCost(); err != nil {
			return cost.Row{}, fmt.Errorf("row %d: %w", m.Number, err)
		}
	}
	if m.Each != nil {
		if r.Each, err = m.Each.ToCost(); err != nil {
			return cost.Row{}, fmt.Errorf("row %d: %w", m.Number, err)
		}
	}
	return r, nil
}

// Under returns the cost under an adjacency, and whether it was computed.
func (m Costing) Under(a cost.Adjacency) (amount cost.Amount, found bool, err error) {
	at := slices.IndexFunc(m.Each, func(p Costed) bool { return p.Adjacency == AdjacencyFromCost(a) })
	if at < 0 {
		return cost.Amount{}, false, nil
	}
	amount, err = m.Each[at].Amount.ToCost()
	return amount, true, err
}
