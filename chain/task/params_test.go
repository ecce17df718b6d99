package task_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestUpdateTariff: a passed proposal changes the tariff of later tasks, within bounds. Existing tasks
// keep theirs.
func TestUpdateTariff(t *testing.T) {
	w := network(t, 6, 4, 4)
	before := w.create("alice", digits())
	good := spec.DefaultTariff()
	good.MinPay, good.NoReveal = 2, spec.MaxSlash
	for name, c := range map[string]struct {
		who    string
		change func(*spec.Tariff)
		want   error
	}{
		"a stranger":            {"ann", func(*spec.Tariff) {}, round.ErrAuthority},
		"nobody":                {"", func(r *spec.Tariff) { r.MinPay = spec.Cap }, round.ErrAuthority},
		"parts above 1":         {authority, func(r *spec.Tariff) { r.Split.Trainers++ }, round.ErrTariff},
		"parts below 1":         {authority, func(r *spec.Tariff) { r.Split = spec.Split{} }, round.ErrTariff},
		"a dear fault":          {authority, func(r *spec.Tariff) { r.WrongAggregate = spec.MaxSlash + 1 }, round.ErrTariff},
		"another":               {authority, func(r *spec.Tariff) { r.Equivocation = spec.MaxSlash + 1 }, round.ErrTariff},
		"a third":               {authority, func(r *spec.Tariff) { r.NoReveal = spec.MaxSlash + 1 }, round.ErrTariff},
		"pay that is too large": {authority, func(r *spec.Tariff) { r.MinPay = spec.MaxEscrow/1_000_000 + 1 }, round.ErrTariff},
		"a bond too large":      {authority, func(r *spec.Tariff) { r.MinBond = spec.MaxEscrow/1_000_000 + 1 }, round.ErrTariff},
		"a bond nobody has":     {authority, func(r *spec.Tariff) { r.MinBond = largestBond + 1 }, round.ErrTariff},
	} {
		tariff := good
		c.change(&tariff)
		was := w.export()
		_, err := w.UpdateParams(w.ctx, &taskpb.MsgUpdateParams{Authority: c.who, Tariff: taskpb.TariffFromSpec(tariff)})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if d := cmp.Diff(was, w.export()); d != "" {
			t.Errorf("%s: changed something:\n%s", name, d)
		}
	}
	if _, err := w.UpdateParams(w.ctx, &taskpb.MsgUpdateParams{Authority: authority, Tariff: taskpb.TariffFromSpec(good)}); err != nil {
		t.Fatal(err)
	}
	if got := w.task(w.create("alice", digits())).Tariff; got != good {
		t.Errorf("a later task has the tariff %+v, want %+v", got, good)
	}
	if got := w.task(before).Tariff; got == good {
		t.Error("the tariff of an existing task has changed")
	}
}
