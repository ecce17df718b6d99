package task_test

import (
	"strings"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// governed returns a world with a task that votes may change, in a phase of round 1.
func governed(t *testing.T, phase spec.Phase) (*world, uint64) {
	w := network(t, 6, 4, 4)
	asked := digits()
	asked.Governed, asked.Target = true, spec.Target{Rounds: 4}
	id := w.create("alice", asked)
	w.play(id, 1, phase)
	return w, id
}

// update returns the message of a passed proposal that was written for model 0.
func update(id uint64, updates uint32, change func(*taskpb.MsgUpdateModel)) *taskpb.MsgUpdateModel {
	base := digest("model 0")
	m := &taskpb.MsgUpdateModel{Authority: governors(), Task: id, Base: base[:], Updates: updates}
	change(m)
	return m
}

func rate(value uint64) func(*taskpb.MsgUpdateModel) {
	return func(m *taskpb.MsgUpdateModel) { m.Settings = []taskpb.Setting{{Name: "training.rate", Value: value}} }
}

func weights(d spec.Digest) func(*taskpb.MsgUpdateModel) {
	return func(m *taskpb.MsgUpdateModel) { m.Model = d[:] }
}

func attest(node, id uint64, d spec.Digest) *taskpb.MsgAttestModel {
	return &taskpb.MsgAttestModel{Owner: owner(node), Task: id, Model: d[:]}
}

// told reports whether an event of a type was emitted in this block.
func (w *world) told(of string) bool {
	for _, e := range w.ctx.EventManager().Events() {
		if strings.HasSuffix(e.Type, of) {
			return true
		}
	}
	return false
}

// TestVoteSetsHyperparameters: a running round keeps the settings with which it began; the next round
// has those that the vote has set.
func TestVoteSetsHyperparameters(t *testing.T) {
	w, id := governed(t, spec.PhaseTrain)
	w.ctx = w.ctx.WithEventManager(sdk.NewEventManager())
	w.must(w.run(task.WithProposal(w.ctx, 7), update(id, 0, rate(20_000))))
	if !w.told("EventModelUpdated") {
		t.Error("no event about the update")
	}
	got := w.task(id)
	if r := got.Revisions; got.Updates != 1 || len(r) != 1 || r[0].Round != 2 || r[0].Proposal != 7 {
		t.Fatalf("%d updates, revisions %+v", got.Updates, r)
	}
	if one, two := got.SpecOf(1), got.SpecOf(2); one.Training.Rate != 100_000 || two.Training.Rate != 20_000 || two.Training.Batch != one.Training.Batch {
		t.Errorf("round 1 trains with %+v, round 2 with %+v", one.Training, two.Training)
	}
	w.play(id, 2, spec.PhaseTrain)
	w.must(w.run(w.ctx, update(id, 1, rate(30_000))))
	if got := w.task(id); got.SpecOf(2).Training.Rate != 20_000 || got.SpecOf(3).Training.Rate != 30_000 {
		t.Errorf("revisions %+v", got.Revisions)
	}
	w.finish(id)
}

// TestVoteAdoptsAModel: a nominated model waits until 2f+1 of the task's aggregators have attested it.
// Then the next round begins with it, and it is a version of the line.
func TestVoteAdoptsAModel(t *testing.T) {
	w, id := governed(t, spec.PhaseTrain)
	foreign := digest("foreign weights")
	adopt := update(id, 0, weights(foreign))
	refuse := func(msg sdk.Msg, want string) {
		t.Helper()
		before := w.everything()
		if err := w.run(w.ctx, msg); err == nil || code(err) != want {
			t.Errorf("%T: got %v, want %s", msg, err, want)
		}
		if w.everything() != before {
			t.Errorf("%T is refused (%s) but changes something", msg, want)
		}
	}
	refuse(attest(7, id, foreign), "task/41")
	refuse(adopt, "task/41")
	tried, _ := w.ctx.CacheContext()
	if err := w.run(task.WithDryRun(tried), adopt); code(err) != "task/43" {
		t.Errorf("a model that nobody serves: %v", err)
	}
	served := update(id, 0, weights(foreign))
	served.Holder = 3
	w.must(w.run(task.WithDryRun(tried), served)) // a dry run does not need attestations
	w.must(w.Nominate(w.ctx, 7, adopt))
	if err := w.Nominate(w.ctx, 8, adopt); code(err) != "task/40" {
		t.Errorf("a second nominee: %v", err)
	}
	refuse(attest(1, id, foreign), "task/11")
	refuse(attest(7, id, digest("other weights")), "task/41")
	for _, node := range []uint64{7, 8} {
		if !w.Free(w.ctx, attest(node, id, foreign)) {
			t.Errorf("the attestation of aggregator %d is not free", node)
		}
		w.must(w.run(w.ctx, attest(node, id, foreign)))
	}
	refuse(attest(7, id, foreign), "task/15")
	refuse(adopt, "task/42")
	w.Free(w.ctx, attest(9, id, foreign)) // and is not carried out
	moved := w.moved(t)                   // a nomination is exported, and its count is not
	if w.counts() != 1 || len(moved.task(id).Nominee.Attested) != 2 {
		t.Errorf("%d counts, %+v", w.counts(), moved.task(id).Nominee)
	}
	w.must(w.run(w.ctx, attest(9, id, foreign)))
	w.must(w.run(w.ctx, adopt))
	if n := w.counts(); n != 0 {
		t.Errorf("%d counts are left", n)
	}
	got := w.task(id)
	if got.Adopted.Model != foreign || got.Adopted.Proposal != 7 || !got.Nominee.IsZero() || got.Updates != 1 {
		t.Fatalf("adopted %+v, nominee %+v, %d updates", got.Adopted, got.Nominee, got.Updates)
	}
	if a, b := w.everything(), w.moved(t).everything(); a != b {
		t.Error("an adoption does not come back from a genesis")
	}
	version, err := w.models.versions.Get(w.ctx, pair(id, foreign))
	if want := "round 0, proposal 7, from " + digest("model 0").Short() + ", 0 updates of 0 participants"; err != nil || version != want {
		t.Errorf("version %q, %v; want %q", version, err, want)
	}
	if w.round(id).Base != digest("model 0") {
		t.Error("round 1 goes on with another base")
	}
	w.play(id, 2, spec.PhaseTrain)
	if r := w.round(id); r.Base != foreign {
		t.Errorf("round 2 begins with %s", r.Base.Short())
	}
	w.play(id, 3, spec.PhaseTrain)
	if r := w.round(id); r.Base != digest("model 2") {
		t.Errorf("round 3 begins with %s", r.Base.Short())
	}
	refuse(update(id, 1, weights(foreign)), "task/41")
	w.finish(id)
}

// TestOutdatedProposalBlocksNoOther: a proposal became outdated because another update was executed
// after it was written. It does not keep another proposal from nominating a model.
func TestOutdatedProposalBlocksNoOther(t *testing.T) {
	w, id := governed(t, spec.PhaseTrain)
	old, wanted := update(id, 0, weights(digest("old"))), update(id, 1, weights(digest("wanted")))
	w.must(w.Nominate(w.ctx, 3, old))
	w.must(w.run(task.WithProposal(w.ctx, 4), update(id, 0, rate(50_000))))
	if err := w.run(w.ctx, old); code(err) != "task/36" {
		t.Fatalf("an outdated proposal: %v", err)
	}
	if err := w.Nominate(w.ctx, 5, wanted); err != nil {
		t.Fatalf("after an outdated nominee: %v", err)
	}
	w.must(w.Withdraw(w.ctx, 3, id)) // the queue withdraws the old one when it expires
	w.must(w.Withdraw(w.ctx, 5, id))
	if err := w.Nominate(w.ctx, 6, old); code(err) != "task/36" {
		t.Errorf("a proposal that is outdated when it is queued: %v", err)
	}
	w.must(w.Nominate(w.ctx, 7, wanted)) // beside settings of the same proposal it stays
	w.must(w.run(task.WithProposal(w.ctx, 7), update(id, 1, rate(40_000))))
	if got := w.task(id).Nominee; got.Proposal != 7 {
		t.Errorf("nominee %+v", got)
	}
	w.finish(id)
}

func TestUpdatesThatAreRefused(t *testing.T) {
	w, id := governed(t, spec.PhaseTrain)
	free := w.create("bob", digits())
	w.play(free, 1, spec.PhaseTrain)
	w.must(w.run(w.ctx, update(id, 0, rate(50_000))))
	before := w.everything()
	for _, wrong := range []struct {
		msg  sdk.Msg
		want string
	}{
		{update(id, 1, func(m *taskpb.MsgUpdateModel) { rate(1)(m); m.Authority = account("alice") }), "task/33"},
		{update(id, 1, func(m *taskpb.MsgUpdateModel) { rate(1)(m); m.Authority = "" }), "task/33"},
		{update(9, 1, rate(1)), "task/2"},
		{update(free, 0, rate(1)), "task/35"},
		{update(id, 1, func(m *taskpb.MsgUpdateModel) { rate(1)(m); m.Base = make([]byte, 31) }), "task/6"},
		{update(id, 1, func(m *taskpb.MsgUpdateModel) { rate(1)(m); m.Base = nil }), "task/37"},
		{update(id, 1, func(m *taskpb.MsgUpdateModel) { rate(1)(m); m.Base[0]++ }), "task/37"},
		{update(id, 0, rate(1)), "task/36"},
		{update(id, 1, func(*taskpb.MsgUpdateModel) {}), "task/38"},
		{update(id, 1, rate(0)), "task/5"},
		{update(id, 1, func(m *taskpb.MsgUpdateModel) { m.Settings = []taskpb.Setting{{Name: "privacy.noise", Value: 1}} }), "task/5"},
		{update(id, 1, func(m *taskpb.MsgUpdateModel) { rate(1)(m); m.Settings = append(m.Settings, m.Settings[0]) }), "task/5"},
		{&taskpb.MsgUpdateParams{Authority: account("alice"), Tariff: taskpb.TariffFromSpec(spec.DefaultTariff())}, "task/33"},
		{&taskpb.MsgUpdateParams{Authority: governors()}, "task/34"},
	} {
		if err := w.run(w.ctx, wrong.msg); err == nil || code(err) != wrong.want {
			t.Errorf("%v: got %v, want %s", wrong.msg, err, wrong.want)
		}
		if w.everything() != before {
			t.Fatalf("%v is refused but changes something", wrong.msg)
		}
	}
	for at := uint64(1); at <= 2; at++ { // what the queue tells of proposals that do not concern a task changes nothing
		w.must(w.Withdraw(w.ctx, at, id))
		w.must(w.Withdraw(w.ctx, at, free))
		w.must(w.Withdraw(w.ctx, at, 9))
	}
	if w.everything() != before {
		t.Error("the withdrawal of a proposal for which no task waits changes something")
	}
	w.must(w.Nominate(w.ctx, 3, update(id, 1, weights(digest("foreign")))))
	w.must(w.Withdraw(w.ctx, 3, id))
	if w.everything() != before {
		t.Error("something is left of a model that was nominated and withdrawn")
	}
	w.finish(id)
	if err := w.run(w.ctx, update(id, 1, rate(1))); code(err) != "task/10" {
		t.Errorf("a closed task: %v", err)
	}
}

func TestVoteReplacesTheTariff(t *testing.T) {
	w, id := governed(t, spec.PhaseTrain)
	tariff := taskpb.TariffFromSpec(spec.DefaultTariff())
	tariff.MinPay, tariff.Trainers, tariff.Validators = 2, 700_000, 100_000
	w.must(w.run(w.ctx, &taskpb.MsgUpdateParams{Authority: governors(), Tariff: tariff}))
	next := w.create("bob", digits())
	if a, b := w.task(id).Tariff, w.task(next).Tariff; a.MinPay != 1 || b.MinPay != 2 || b.Split.Trainers != 700_000 {
		t.Errorf("the task that was there has %+v, the next one %+v", a, b)
	}
}
