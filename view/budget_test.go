package view_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// spender is a book with its history, which pays releases of two tasks.
type spender struct {
	t    *testing.T
	book cost.Book
	rows []cost.Row
}

func (s *spender) does(next cost.Book, rows []cost.Row, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	s.book, s.rows = next, append(s.rows, rows...)
}

// made is how the two tasks make their releases.
func made(task uint64, _ string) (cost.Release, error) {
	switch task {
	case 1:
		return cost.Release{Unit: cost.Client, Noise: cost.Gaussian{Sigma: cost.Fraction{Num: 40, Den: 1}}, Norm: cost.Norm{L2Squared: 100}}, nil
	case 2:
		return cost.Release{Unit: cost.Client, Noise: cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 10}}, Norm: cost.Norm{L1: 1}, Steps: 3}, nil
	}
	return cost.Release{}, errors.New("no such task")
}

// spent is a book that was charged ten releases of the first task and two of the second.
func spent(t *testing.T) *spender {
	t.Helper()
	s := &spender{t: t}
	s.does(cost.Open(cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 30 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}))
	for _, c := range []struct{ task, reserve, charge uint64 }{{1, 10, 10}, {2, 5, 2}} {
		release, err := made(c.task, "update")
		if err != nil {
			t.Fatal(err)
		}
		each, err := s.book.Limit.Cost(release)
		if err != nil {
			t.Fatal(err)
		}
		s.does(s.book.Reserve(c.task, "update", each, c.reserve))
		for round := range c.charge {
			s.does(s.book.Charge(c.task, "update", round+1))
		}
	}
	return s
}

// TestAccountantBesideLedger: what the rows of a book say, with what the tasks say, is a
// plan of which an accountant knows an epsilon that is not above the ledger's.
func TestAccountantBesideLedger(t *testing.T) {
	s := spent(t)
	plan, err := view.PlanOfRows(s.book.Limit, s.rows, made)
	if err != nil {
		t.Fatal(err)
	}
	want := account.Plan{Unit: cost.Client, Adjacency: cost.ZeroOut, Parts: []account.Part{
		{Mechanism: account.Gaussian{Noise: 4}, Steps: 10},
		{Mechanism: account.DiscreteLaplace{A: 0.1, L1: 1}, Steps: 2 * 3},
	}}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	b, err := view.BudgetOf(spec.Dataset{ID: 7, Description: spec.Description{Name: "digits"}}, s.book)
	if err != nil {
		t.Fatal(err)
	}
	b.Account(plan)
	ledger, err := b.Ledger.Float64()
	if err != nil || b.Epsilon == nil || b.Accountant != account.PLD || *b.Epsilon >= ledger || *b.Epsilon < ledger/2 {
		t.Errorf("the ledger's epsilon is %s, that of %s %v (%v)", b.Ledger, b.Accountant, b.Epsilon, err)
	}
	left, _ := b.Left.Float64()
	reserved, _ := b.Reserved.Float64()
	if math.Abs(ledger+reserved+left-30) > 2e-6 || reserved <= 0 {
		t.Errorf("%s spent, %s reserved and %s left of 30", b.Ledger, b.Reserved, b.Left)
	}
	if b.Label != view.NoMeaningfulPrivacy {
		t.Errorf("a limit of 30 is labelled %q", b.Label)
	}
	text := shown(t, b.Page())
	for _, word := range []string{"limit     epsilon 30 ", "no meaningful privacy", b.Ledger.String() + " by the ledger", view.EpsilonText(*b.Epsilon) + " by pld", b.Reserved.String() + " more"} {
		if !strings.Contains(text, word) {
			t.Errorf("%q is missing in\n%s", word, text)
		}
	}
	if _, err := view.PlanOfRows(s.book.Limit, s.rows, func(uint64, string) (cost.Release, error) { return made(3, "") }); err == nil {
		t.Error("a release of which nothing is known is counted")
	}
}

// TestLoweredBelowReserved: a limit may be lowered below what is reserved; then nothing
// is left.
func TestLoweredBelowReserved(t *testing.T) {
	s := spent(t)
	limit := s.book.Limit
	limit.Epsilon = 5 * cost.OneEpsilon
	for limit.Epsilon > 0 {
		next, rows, err := s.book.Lower(limit)
		if err != nil {
			break
		}
		s.does(next, rows, err)
		limit.Epsilon -= 10_000
	}
	b, err := view.BudgetOf(spec.Dataset{}, s.book)
	if err != nil || b.Left != "0" || b.Bar().Done != b.Bar().All {
		t.Errorf("%+v is left of %s: %+v (%v)", b.Left, s.book.Limit, b.Bar(), err)
	}
}

func TestHistoryOfABook(t *testing.T) {
	s := spent(t)
	var list view.BookRows
	for _, row := range s.rows {
		list = append(list, view.BookRowOf(7, row))
	}
	cells := strings.Split(shown(t, list.Page()), "\n")[1:]
	lines := []string{strings.Join(strings.Fields(cells[0])[:2], " ")}
	for _, i := range []int{1, 2, 13} {
		lines = append(lines, strings.Join(strings.Fields(cells[i]), " "))
	}
	want := []string{"1 limit", "2 reserve 1 - update 10 rho 0.03125", "3 charge 1 1 update 1 rho 0.03125", "14 charge 2 1 update 1 epsilon 0.3"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b, err := json.Marshal(view.BookRowOf(7, s.rows[13]))
	if want := `{"dataset":7,"row":14,"entry":"charge","task":2,"reason":"update","round":1,"releases":1,"each":{"epsilon_micro":300000,"pure_rho_nano":15000000}}`; err != nil || string(b) != want {
		t.Errorf("got %s, want %s (%v)", b, want, err)
	}
	sampled := cost.Mechanism{
		Noise: cost.Gaussian{Sigma: cost.Fraction{Num: 1, Den: 1}}, Norm: cost.Norm{L2Squared: 1},
		Adjacency: cost.ZeroOut, Sampling: cost.Sampling{Poisson: 10_000},
	}
	amount, err := sampled.Cost()
	if words := view.LossText(amount); err != nil || words != "divergence 0.000893644 at order 8, and so on" {
		t.Errorf("a sampled release costs %s (%v)", words, err)
	}
}
