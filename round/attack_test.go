package round_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// The attacks are numbered as in the threat model. Most tests first show that the attack works
// without the defence.

// TestAttack04UpdateCopyingCommitment: a trainer without an update copies another's commitment.
func TestAttack04UpdateCopyingCommitment(t *testing.T) {
	w := newWorld(t, task())
	honest := w.commit(11)

	// Off: a commitment to the bytes alone is as good for the copier. It copies the opening too,
	// when the victim reveals it.
	unbound := func(uint64) spec.Digest {
		s := salt(11)
		d := digest("update")
		return spec.Statement("update", d[:], s[:])
	}
	if unbound(11) != unbound(12) {
		t.Fatal("the attack does not work even undefended")
	}
	// On: with the same salt and bytes, the commitment of 11 does not open for 12.
	if spec.UpdateCommitment(w.slot(12), digest("update"), salt(11)) == honest.Commitment {
		t.Error("a copied commitment opens for the copier")
	}

	w.do(honest)
	copied := honest
	copied.Node = 12
	w.refuse(copied, round.ErrCopied)
}

// TestAttack04CopierIsFirst: a copier that is faster than its victim keeps nobody out. The victim
// commits again under another salt, and the copy never opens.
func TestAttack04CopierIsFirst(t *testing.T) {
	w := newWorld(t, task())
	honest := w.commit(11)
	copied := honest
	copied.Node = 12
	w.do(copied)
	w.refuse(honest, round.ErrCopied)
	honest.Commitment = spec.UpdateCommitment(w.slot(11), digest("update"), salt(99))
	w.do(honest, w.commit(13))
	w.pass()
	w.attest(11, 13) // nobody holds an update that opens the commitment of 12
	if w.Round.Trainers[0].Survivor != true || w.Round.Trainers[1].Survivor != false {
		t.Errorf("trainers are %+v, want the victim to survive and the copier not", w.Round.Trainers)
	}
}

// TestAttack05ScoreCopying: a lazy evaluator wants to submit another's score as its own.
func TestAttack05ScoreCopying(t *testing.T) {
	w := newWorld(t, task())
	w.train(11, 12, 13, 14)
	w.attest(11, 12, 13, 14)
	w.aggregate("m", "m", "m", "m")

	// Commitments hide the score, so it can only copy a commitment.
	w.do(w.commitScore(5, 812_345), w.commitScore(6, 800_000), w.commitScore(7, 790_000))
	copied := w.commitScore(5, 812_345)
	copied.Node = 8
	w.refuse(copied, round.ErrCopied)
	w.pass()

	// When it sees a score, it is too late.
	w.do(w.revealScore(5, 812_345))
	w.refuse(w.commitScore(8, 812_345), round.ErrLate)
	w.refuse(w.revealScore(8, 812_345), round.ErrLate)
	// An evaluator that committed to a guess cannot change it.
	w.refuse(w.revealScore(6, 812_345), round.ErrOpening)
	w.do(w.revealScore(6, 800_000), w.revealScore(7, 790_000))
	w.pass()
	for _, m := range find[round.Merit](w.effects) {
		if m.Node == 8 {
			t.Error("the lazy evaluator gets merit")
		}
	}
}

// TestAttack06RubberStampAttestation: an aggregator attests every update without holding it.
func TestAttack06RubberStampAttestation(t *testing.T) {
	// Off: if the task trusts one aggregator, its attestation is enough.
	trusting := task()
	trusting.Selection.Aggregators, trusting.Selection.Evaluators = 1, 1
	alone := &world{TB: t, State: round.New("althing-test", 1, "owner", trusting, spec.DefaultTariff(), at(1)), height: 1}
	alone.do(round.Select{Aggregators: members(1, 1), Evaluators: members(1, 5)})
	alone.do(round.Ready{Node: 1, Digest: digest("0")}, round.Ready{Node: 5, Digest: digest("s")})
	alone.end()
	alone.do(round.Select{Trainers: []uint64{11, 12}})
	alone.train(11, 12) // 12 uploads its update to nobody
	alone.do(round.Attest{Node: 1, Round: 1, Holds: []byte{3}})
	alone.pass()
	if !alone.Round.Trainers[1].Survivor {
		t.Fatal("the attack does not work even undefended")
	}

	// On: f of 3f+1 attestations make no survivor, and an attestation of an update that was never
	// committed is refused.
	w := newWorld(t, task())
	w.train(11, 12, 13)
	w.refuse(round.Attest{Node: 4, Round: 1, Holds: []byte{0xff}}, round.ErrBitmap)
	w.refuse(round.Attest{Node: 4, Round: 1, Holds: []byte{0x0f}}, round.ErrBitmap)
	w.do(round.Attest{Node: 4, Round: 1, Holds: []byte{0x07}}) // 13 uploads to nobody
	w.do(round.Attest{Node: 1, Round: 1, Holds: []byte{0x03}}, round.Attest{Node: 2, Round: 1, Holds: []byte{0x03}})
	w.pass()
	if diff := cmp.Diff([]uint64{11, 12}, find[round.AskAggregate](w.effects)[0].Survivors); diff != "" {
		t.Error(diff)
	}
}

// TestAttack11AggregatorLies: an aggregator reveals another model. One wrong bit is enough to be
// named, and whichever of the four lies, the accepted model is right.
func TestAttack11AggregatorLies(t *testing.T) {
	// Off: a single coordinator is believed, see testdata/coordinator.txt.
	for liar := range 4 {
		w := newWorld(t, task())
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		models := []string{"m", "m", "m", "m"}
		models[liar] = "l" // "m" with one bit flipped
		w.aggregate(models...)
		want := []spec.Fault{{Round: 1, Node: uint64(liar + 1), Kind: spec.FaultWrongAggregate, Digest: digest("l")}}
		if diff := cmp.Diff(want, w.Task.Faults); diff != "" {
			t.Errorf("aggregator %d lies: %s", liar+1, diff)
		}
		w.score(800_000, 800_000, 800_000, 800_000)
		if w.Task.Model != digest("m") {
			t.Errorf("aggregator %d lies and the model is %s", liar+1, w.Task.Model.Short())
		}
		for _, m := range find[round.Merit](w.effects) {
			if m.Node == uint64(liar+1) {
				t.Errorf("liar %d gets merit", m.Node)
			}
		}
	}
}

// TestAttack11TwoLiars: more than f liars can stop a round, but their model is not accepted.
// Without 2f+1 equal digests nobody is accused.
func TestAttack11TwoLiars(t *testing.T) {
	w := newWorld(t, task())
	w.train(11, 12, 13, 14)
	w.attest(11, 12, 13, 14)
	w.aggregate("l", "l", "m", "m")
	if w.Round.Phase != spec.PhaseAborted || len(w.Task.Faults) != 0 || w.Task.Model != digest("model-0") {
		t.Errorf("round in phase %s, faults %v; want aborted, none", w.Round.Phase, w.Task.Faults)
	}
}

// TestAttack12Withholding: a trainer uploads its update to some aggregators only. It is in the sum
// exactly if f+1 of them attest it, whichever they are.
func TestAttack12Withholding(t *testing.T) {
	for uploadedTo := range 16 {
		w := newWorld(t, task())
		w.train(11, 12, 13, 14)
		holders := 0
		for a := range 3 { // the first three bitmaps close the phase
			holds := []uint64{11, 12, 13}
			if uploadedTo>>a&1 == 1 {
				holds = append(holds, 14)
				holders++
			}
			w.do(round.Attest{Node: uint64(a + 1), Round: 1, Holds: holding(w.Round, holds...)})
		}
		w.pass()
		if got, want := w.Round.Trainers[3].Survivor, holders >= 2; got != want {
			t.Errorf("held by %d of 4: survives %t, want %t", holders, got, want)
		}
	}
}

// TestAttack14DeadlineGriefing: up to 30% of the trainers stall. The phase ends soon after the
// others have answered.
func TestAttack14DeadlineGriefing(t *testing.T) {
	asked := task()
	asked.Selection.Trainers, asked.Deadlines.Train = 10, 1000*spec.Second
	var trainers []uint64
	for id := range uint64(13) {
		trainers = append(trainers, 11+id)
	}
	phaseBlocks := func(stall int) int64 {
		w := newPreparedWorld(t, asked)
		w.do(round.Select{Trainers: trainers})
		start := w.height
		for w.height < start+8 {
			w.end()
		}
		for _, node := range trainers[stall:] {
			w.do(w.commit(node))
		}
		w.pass()
		return w.height - start
	}
	// Off: if more trainers stall than there are backups, only the deadline ends the phase.
	if got := phaseBlocks(5); got <= 1000 {
		t.Fatalf("5 of 13 stall and the phase takes %d blocks", got)
	}
	for stall := range 5 {
		if got := phaseBlocks(stall); got >= 2*8 {
			t.Errorf("%d of 13 stall and the phase takes %d blocks, want less than twice the 8 of the others", stall, got)
		}
	}
}

// TestAttack14SilenceCostsStanding: a trainer that misses the deadline gets a demerit.
func TestAttack14SilenceCostsStanding(t *testing.T) {
	w := newWorld(t, task())
	for w.height < deadline(w)-1 {
		w.end()
	}
	w.do(w.commit(11), w.commit(12), w.commit(13))
	w.pass()
	var silent []uint64
	for _, d := range find[round.Demerit](w.effects) {
		silent = append(silent, d.Node)
	}
	if diff := cmp.Diff([]uint64{14}, silent); diff != "" {
		t.Error(diff)
	}
}

// TestAttack14SilentCommittee: a member of the committee that never gets ready costs the owner
// time and at most 1/16 of a round's pay. It gets a demerit.
func TestAttack14SilentCommittee(t *testing.T) {
	w := &world{TB: t, State: round.New("althing-test", 1, "owner", task(), spec.DefaultTariff(), at(1)), height: 1}
	w.do(round.Select{Aggregators: members(100, 1, 2, 3, 4), Evaluators: members(100, 5, 6, 7, 8)})
	for node := uint64(3); node <= 8; node++ {
		w.do(round.Ready{Node: node, Digest: digest("model-0")})
	}
	for !w.Task.State.Final() {
		w.end()
	}
	want := []round.Demerit{{Node: 1, Why: "silent in the preparation"}, {Node: 2, Why: "silent in the preparation"}}
	if diff := cmp.Diff(want, find[round.Demerit](w.effects)); diff != "" || w.Task.Refunded < w.Task.Spec.Escrow-w.Task.Spec.PerRound()/16 {
		t.Errorf("refunded %d uthing of %d; demerits (-want +got):\n%s", w.Task.Refunded, w.Task.Spec.Escrow, diff)
	}
}

// settledScore returns the score of a round with these evaluations. The members in absent are
// evaluators of the task that have not answered.
func settledScore(scores []spec.Evaluation, absent ...spec.Member) (spec.PPM, bool) {
	s := round.New("althing-test", 1, "owner", task(), spec.DefaultTariff(), at(1))
	s.Task.State, s.Task.Round, s.Task.Evaluators = spec.TaskRunning, 1, absent
	for _, e := range scores {
		s.Task.Evaluators = append(s.Task.Evaluators, spec.Member{Node: e.Node, Stake: e.Stake, Ready: digest("shard")})
	}
	s.Round = spec.Round{
		Number: 1, Phase: spec.PhaseOpen, Since: at(5).Time, Deadline: at(9).Time, Next: digest("m"), Scores: scores,
		Trainers: []spec.Contribution{{Node: 11, Height: 1, Survivor: true}},
	}
	s, _, err := s.Step(at(9), round.Tick{})
	if err != nil || s.Round.Phase != spec.PhaseSettled {
		panic(fmt.Sprint(s.Round.Phase, err))
	}
	return s.Round.Score, s.Round.Scored
}

// TestAttack16CabalScoring: a cabal of evaluators lies about the score.
func TestAttack16CabalScoring(t *testing.T) {
	// Off: with a mean, one liar with 30% of the stake moves the score far.
	if mean := (30*0 + 35*800_000 + 35*820_000) / 100; mean > 600_000 {
		t.Fatal("the attack does not work even undefended")
	}
	got, scored := settledScore([]spec.Evaluation{
		{Node: 1, Stake: 30, Committed: 6, Revealed: 7, Score: 0},
		{Node: 2, Stake: 35, Committed: 6, Revealed: 7, Score: 800_000},
		{Node: 3, Stake: 35, Committed: 6, Revealed: 7, Score: 820_000},
	})
	if !scored || got != 800_000 {
		t.Errorf("got %s, scored %v", got, scored)
	}

	// On: a cabal with less than a third of the stake never moves the score out of the range of
	// honest scores, whoever else is silent. Its own silence does not prevent a score.
	rapid.Check(t, func(t *rapid.T) {
		var scores []spec.Evaluation
		var absent []spec.Member
		var all, cabal uint64
		low, high, complete := spec.One, spec.PPM(0), true
		for id := range rapid.Uint64Range(1, 9).Draw(t, "evaluators") {
			e := spec.Evaluation{Node: id + 1, Stake: rapid.Uint64Range(1, spec.MaxEscrow/10).Draw(t, "stake"), Committed: 6}
			all += e.Stake
			e.Score = spec.PPM(rapid.Uint32Range(0, uint32(spec.One)).Draw(t, "score"))
			evil := rapid.IntRange(0, 2).Draw(t, "evil") == 0
			answer := rapid.IntRange(0, 9).Draw(t, "answers")
			if evil {
				cabal += e.Stake
			} else {
				e.Score = min(low, 700_000) + e.Score%100_000
				low, high = min(low, 700_000), spec.PPM(799_999)
				complete = complete && answer > 0
			}
			switch {
			case answer == 0:
				absent = append(absent, spec.Member{Node: e.Node, Stake: e.Stake})
				continue
			case answer > 1 || !evil:
				e.Revealed = 7
			}
			scores = append(scores, e)
		}
		if 3*cabal >= all {
			return // the assumption does not hold
		}
		got, scored := settledScore(scores, absent...)
		if complete && !scored {
			t.Fatalf("all honest evaluators have answered and there is no score: %+v", scores)
		}
		if scored && (got < low || got > high) {
			t.Fatalf("the score %s is not between %s and %s: %+v, absent %v", got, low, high, scores, absent)
		}
	})
}

// TestAttack16CabalOfTheReady: a cabal does not become the majority because others are absent. It
// has 32% of the stake, and 80% of the stake that is ready, so round 1 does not open.
func TestAttack16CabalOfTheReady(t *testing.T) {
	w := &world{TB: t, State: round.New("althing-test", 1, "owner", task(), spec.DefaultTariff(), at(1)), height: 1}
	evaluators := members(4, 5, 6, 7, 8)
	evaluators[0].Stake, evaluators[1].Stake = 32, 60
	w.do(round.Select{Aggregators: members(100, 1, 2, 3, 4), Evaluators: evaluators})
	for _, node := range []uint64{1, 2, 3, 4, 5, 7, 8} {
		w.do(round.Ready{Node: node, Digest: digest("model-0")})
	}
	w.end()
	if w.Task.State != spec.TaskPreparing {
		t.Errorf("a task whose cabal holds 80%% of the ready stake is %s", w.Task.State)
	}
}

// TestAttack16ShardChosenLate: an evaluator wants to choose its hold-out rows after it has seen
// models. An evaluator that is not ready when round 1 begins cannot score.
func TestAttack16ShardChosenLate(t *testing.T) {
	play := func(w *world) {
		w.do(round.Select{Trainers: []uint64{11, 12, 13, 14}})
		w.train(11, 12, 13, 14)
		w.attest(11, 12, 13, 14)
		w.aggregate("m", "m", "m", "m")
	}
	for _, defended := range []bool{false, true} {
		w := &world{TB: t, State: round.New("althing-test", 1, "owner", task(), spec.DefaultTariff(), at(1)), height: 1}
		w.do(round.Select{Aggregators: members(100, 1, 2, 3, 4), Evaluators: members(100, 5, 6, 7, 8)})
		for node := uint64(1); node <= 7; node++ {
			w.do(round.Ready{Node: node, Digest: digest("model-0")})
		}
		for w.Task.State == spec.TaskPreparing {
			w.end()
		}
		play(w)
		w.refuse(w.commitScore(8, 500_000), round.ErrNotSelected)
		late := round.Ready{Node: 8, Digest: digest("rows on which the model does well")}
		if w.refuse(late, round.ErrLate); !defended {
			w.Task.Evaluators[3].Ready = late.Digest
		}
		w.score(500_000, 500_000, 500_000)
		play(w)
		if judges := w.Round.Evaluator(8) >= 0; judges == defended {
			t.Errorf("defended %t: the evaluator with a late shard scores: %t", defended, judges)
		}
	}
}
