package task_test

import (
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// TestRefusedMessagesChangeNothing: every reason to refuse a message has its own number, and a refused
// message changes no byte.
func TestRefusedMessagesChangeNothing(t *testing.T) {
	w := network(t, 5, 4, 4)
	id := w.create("alice", digits())
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
	vary := func(msg sdk.Msg, by func(sdk.Msg), want string) {
		t.Helper()
		m := clone(msg)
		by(m)
		refuse(m, want)
	}
	first := func() sdk.Msg { return w.owed(id)[0] }

	refuse(ready(id, 6, digest("model 0")), "task/13") // early
	w.end()
	refuse(ready(id, 1, digest("model 0")), "task/11")
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgReady).Digest = nil }, "task/17")
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgReady).Digest = make([]byte, 31) }, "task/6")
	vary(first(), func(m sdk.Msg) { setNumber(m, "Task", 9) }, "task/2")
	for range 3 {
		w.must(w.run(w.ctx, first()))
	}
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgReady).Digest[0]++ }, "task/23") // another model 0
	refuse(ready(id, 6, digest("model 0")), "task/15")

	w.play(id, 1, spec.PhaseTrain)
	commit := first().(*taskpb.MsgCommit)
	vary(commit, func(m sdk.Msg) { m.(*taskpb.MsgCommit).Samples = 0 }, "task/19")
	vary(commit, func(m sdk.Msg) { m.(*taskpb.MsgCommit).Correct = 101 }, "task/19")
	vary(commit, func(m sdk.Msg) { m.(*taskpb.MsgCommit).Commitment = nil }, "task/17")
	vary(commit, func(m sdk.Msg) { setNumber(m, "Round", 2) }, "task/12")
	vary(commit, func(m sdk.Msg) { setOwner(m, owner(13)) }, "task/11")
	vary(commit, func(m sdk.Msg) { setOwner(m, account("stranger")) }, "undefined/1") // the registry's own reason
	refuse(&taskpb.MsgAttest{Owner: owner(6), Task: id, Round: 1, Holds: []byte{0}}, "task/13")
	w.must(w.run(w.ctx, commit))
	refuse(commit, "task/15")
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgCommit).Commitment = commit.Commitment }, "task/16")

	w.play(id, 1, spec.PhaseAttest)
	refuse(commit, "task/14")
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgAttest).Holds = nil }, "task/18")
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgAttest).Holds[0] = 0xff }, "task/18")
	w.play(id, 1, spec.PhaseReveal)
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgRevealAggregate).Salt[0]++ }, "task/20")
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgRevealAggregate).Salt = nil }, "task/6")
	w.play(id, 1, spec.PhaseOpen)
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgRevealScore).Score++ }, "task/20")
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgRevealScore).Score = 1_000_001 }, "task/21")
	vary(first(), func(m sdk.Msg) { m.(*taskpb.MsgRevealScore).Salt = make([]byte, 33) }, "task/6")

	last := first()
	w.finish(id)
	refuse(last, "task/10")
	refuse(&taskpb.MsgCancel{Owner: account("alice"), Task: id}, "task/10")
	accuse := &taskpb.MsgAccuse{Owner: account("bob"), Task: id, Round: 1, Aggregator: 6, Trainer: 1}
	refuse(accuse, "task/31")
	vary(accuse, func(m sdk.Msg) { m.(*taskpb.MsgAccuse).First.Signature = []byte{1} }, "task/6")
	vary(accuse, func(m sdk.Msg) { m.(*taskpb.MsgAccuse).Aggregator = 1 }, "task/11")
	vary(accuse, func(m sdk.Msg) { setNumber(m, "Task", 9) }, "task/2")

	attest := func(node, number uint64, holds byte) []byte {
		return written(&taskpb.MsgAttest{Owner: owner(node), Task: id, Round: number, Holds: []byte{holds}})
	}
	score := func(node uint64, score uint32, salt int) []byte {
		return written(&taskpb.MsgRevealScore{Owner: owner(node), Task: id, Round: 1, Score: score, Salt: make([]byte, salt)})
	}
	for name, c := range map[string]struct {
		first, second []byte
		want          string
	}{
		"nothing":              {nil, nil, "task/31"},
		"garbage":              {[]byte("garbage"), attest(6, 1, 1), "task/31"},
		"said again":           {attest(6, 1, 1), attest(6, 1, 1), "task/31"},
		"a bitmap that grew":   {attest(6, 1, 1), attest(6, 1, 3), "task/31"},
		"of two rounds":        {attest(6, 1, 1), attest(6, 2, 2), "task/31"},
		"of two nodes":         {attest(6, 1, 1), attest(7, 1, 2), "task/31"},
		"of another task":      {attest(6, 1, 1), written(&taskpb.MsgAttest{Owner: owner(6), Task: 9, Round: 1, Holds: []byte{2}}), "task/31"},
		"of a later round":     {attest(6, 8, 1), attest(6, 8, 2), "task/12"},
		"of a trainer":         {attest(1, 1, 1), attest(1, 1, 2), "task/11"},
		"a stranger's":         {attest(99, 1, 1), attest(99, 1, 2), "task/11"},
		"two wishes":           {written(&taskpb.MsgCancel{Owner: owner(6), Task: id}), written(&taskpb.MsgCancel{Owner: owner(6), Task: id}), "task/31"},
		"a salt that is short": {score(10, 1, 32), score(10, 2, 31), "task/6"},
	} {
		t.Run(name, func(t *testing.T) {
			refuse(&taskpb.MsgAccuseAnswers{Owner: account("bob"), Task: id, First: c.first, Second: c.second}, c.want)
		})
	}
	two := &taskpb.MsgAccuseAnswers{Owner: account("bob"), Task: id, First: attest(6, 1, 1), Second: attest(6, 1, 2)}
	vary(two, func(m sdk.Msg) { setNumber(m, "Task", 9) }, "task/31")
	w.must(w.run(w.ctx, two))
	refuse(two, "task/32")
}
