package daemon_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/privacy/audit/audittest"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// The audits with enough statistical power take minutes. Run go test ./daemon -v -run with:
//
//	TestAuditOfExample/gaussian -seeds 20 -runs 3 -canaries 5000 -guesses 500
//	TestAuditOfExample/laplace -seeds 20 -canaries 2000 -guesses 1200
var (
	auditSeeds    = flag.Int("seeds", 1, "number of seeds; each runs a whole network")
	auditRuns     = flag.Int("runs", 1, "trainers for each scale of noise")
	auditCanaries = flag.Int("canaries", 500, "canaries per trainer")
	auditGuesses  = flag.Int("guesses", 50, "canaries per trainer about which the auditor guesses")
)

// audited is a task over canaries in the mode example. Training is one step over all rows, so
// each value of the update is the negated value that was released, in quanta. The task claims
// epsilon 1.
func audited(kind string, canaries int) spec.TaskSpec {
	t := sim.DigitsTask(1)
	t.Name, t.Data.Name = "canaries", "canaries"
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(canaries), Classes: 2}
	t.Training = spec.Training{Optimiser: spec.OptimiserSGD, Batch: 32, Epochs: 1, Rate: spec.One, Arithmetic: spec.ArithmeticStrict}
	t.Privacy = spec.Privacy{Mode: spec.PrivacyExample, Kind: kind, Clip: spec.One, Noise: 3_730_632, Rate: spec.One, Steps: 1, Divisor: 1}
	if kind == spec.KindLaplace {
		t.Privacy.Noise = spec.One
	}
	t.Aggregation = spec.DefaultTask().Aggregation
	t.Aggregation.Rule, t.Aggregation.ScaleBits = spec.RuleMean, t.Privacy.Bits(0)
	t.Deadlines.Train, t.Deadlines.Attest = 60*spec.Second, 60*spec.Second
	t.Overlap, t.Retries = false, 0
	return t
}

// auditNetwork is a network in which an audit takes place.
type auditNetwork struct {
	local daemon.Localnet
	names []string // of the trainers
	in    [][]bool // by trainer: which canaries are among its rows
	adder blob.Store
	log   *lines
	chain *client.Client
}

// open starts a network of trainers, one for each scale of noise. All randomness comes from the
// seed.
func (a *auditNetwork) open(t *testing.T, canaries int, scales []*audittest.Samplers, seed uint64) {
	t.Helper()
	resident := func(name string, roles spec.Role, rows data.Table) {
		r := daemon.Resident{Config: daemon.NodeConfig{Name: name, Roles: roles, Stake: chain.Thing, Slots: 4, Policy: spec.Policy{SoleAggregator: true}}, Funds: 10 * chain.Thing, Serves: roles.Has(spec.Aggregator)}
		if r.Rows = rows; rows.Rows() > 0 {
			r.Config.Data = daemon.Rows{Name: "canaries", File: "rows.csv", Classes: 2}
		}
		if roles.Has(spec.Trainer) {
			r.Config.Data.Budget = &daemon.Budget{Epsilon: "9", Unit: cost.Example}
		}
		a.local.Residents = append(a.local.Residents, r)
	}
	a.log = &lines{}
	a.local = daemon.Localnet{Dir: t.TempDir(), Chain: "althing-audited", Validators: 1, Commit: 20 * time.Millisecond}
	for i := range scales {
		a.names = append(a.names, fmt.Sprintf("clinic-%d", i+1))
		a.in = append(a.in, audit.Coins(rand.NewPCG(seed, uint64(i)), canaries))
		resident(a.names[i], spec.DataProvider|spec.Trainer, audittest.Rows(a.in[i]))
	}
	resident("judge", spec.Evaluator, audittest.Row(canaries, 0, true))
	resident("adder", spec.Aggregator, data.Table{})
	resident("consumer", spec.Consumer, data.Table{})
	if err := a.local.Write(); err != nil {
		t.Fatal(err)
	}
	validators := startAll(t, []string{a.local.Home(a.local.Validator(0))})
	a.chain = dial(t, validators[0])
	reach(t, a.chain, 2)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	t.Cleanup(func() {
		stop()
		group.Wait()
		stopAll(t, validators)
	})
	for i, name := range append(slices.Clone(a.names), "judge", "adder") {
		p, err := daemon.OpenParticipant(ctx, a.local.Home(name), slog.New(slog.NewTextHandler(a.log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if i < len(scales) {
			p.Draw(scales[i], rand.NewChaCha8(spec.Statement("noise of an audit", binary.BigEndian.AppendUint64(nil, seed), []byte(name))))
		}
		a.adder = p.Kept()
		group.Go(func() { _ = p.Run(ctx) })
	}
}

// round runs a task of one round with all trainers and reports whether the round was accepted.
func (a *auditNetwork) round(t *testing.T, id uint64, task spec.TaskSpec) bool {
	t.Helper()
	task.Selection.Trainers, task.Selection.MinTrainers = uint32(len(a.names)), uint32(len(a.names))
	task.Selection.Aggregators, task.Selection.Evaluators = 1, 1
	open(t, a.chain, a.local.Home("consumer"), task)
	return settled(t, a.chain, id).Accepted == 1
}

// seen returns what an auditor sees of a trainer's first round.
func (a *auditNetwork) seen(t *testing.T, i int) audittest.Seen {
	t.Helper()
	return audittest.Seen{In: a.in[i], Released: sentTo(t, a.adder, spec.Slot{Chain: a.local.Chain, Task: 1, Round: 1, Node: uint64(i) + 1})}
}

// TestAuditOfExample: in the mode example, what an aggregator receives has the noise that is
// charged to the budget. An auditor who sees only that detects a trainer that draws half of the
// noise, or 0.7 of it. The node detects it as well: it raises an alarm and takes part in no
// private round until a person has removed the alarm.
func TestAuditOfExample(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a whole network")
	}
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		t.Run(kind, func(t *testing.T) { auditOf(t, kind) })
	}
}

// card is what a task over canaries claims about its noise.
type card struct {
	law    privacy.Law
	bound  privacy.Bound
	chance func(audit.Guesses) (float64, error) // p-value of the guesses of one run, if the claim is true
}

func cardOf(t *testing.T, task spec.TaskSpec) card {
	t.Helper()
	charged, err := terms.Release(task)
	if err != nil {
		t.Fatal(err)
	}
	if noise, laplace := charged.Noise.(cost.Laplace); laplace {
		claim := audit.Approximate{Epsilon: float64(charged.Norm.L1) * float64(noise.Rate.Num) / float64(noise.Rate.Den)}
		return card{
			privacy.DiscreteLaplace{A: privacy.Ratio(noise.Rate)},
			privacy.Bound{Norm: privacy.L1, Limit: charged.Norm.L1},
			func(g audit.Guesses) (float64, error) { return audit.Steinke(g, claim) },
		}
	}
	sigma := charged.Noise.(cost.Gaussian).Sigma
	claim := audit.GDP{Mu: math.Sqrt(float64(charged.Norm.L2Squared)) * float64(sigma.Den) / float64(sigma.Num)}
	return card{
		privacy.RoundedGaussian{Sigma: privacy.Ratio(sigma)},
		privacy.Bound{Norm: privacy.L2, Limit: charged.Norm.L2Squared},
		func(g audit.Guesses) (float64, error) { return audit.OneRun(g, claim) },
	}
}

func auditOf(t *testing.T, kind string) {
	const tau = 0.001
	canaries := *auditCanaries
	task := audited(kind, canaries)
	card := cardOf(t, task)
	noise, err := privacy.NewTable(card.law)
	if err != nil {
		t.Fatal(err)
	}
	gradients, err := audittest.Gradients(canaries, card.bound, uint(task.Privacy.Bits(0)))
	if err != nil {
		t.Fatal(err)
	}
	samplers := []*audittest.Samplers{{Num: 1, Den: 1}, {Num: 7, Den: 10}, {Num: 1, Den: 2}}
	var scales []*audittest.Samplers
	for _, s := range samplers {
		scales = append(scales, slices.Repeat([]*audittest.Samplers{s}, *auditRuns)...)
	}
	residual, guessed := make([]int, len(samplers)), make([]int, len(samplers))
	for seed := range uint64(*auditSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			var a auditNetwork
			a.open(t, canaries, scales, seed)
			if !a.round(t, 1, task) {
				t.Fatal("the round is not accepted")
			}
			for i := range samplers {
				var rounds []audit.Round
				var chances []float64
				for run := range *auditRuns {
					seen := a.seen(t, i**auditRuns+run)
					residuals, err := seen.Residuals(gradients)
					if err != nil {
						t.Fatal(err)
					}
					rounds = append(rounds, audit.Round{Noise: noise, Residuals: residuals})
					guesses, err := seen.Guesses(gradients, card.bound.Norm, *auditGuesses)
					if err != nil {
						t.Fatal(err)
					}
					p, err := card.chance(guesses)
					if err != nil {
						t.Fatal(err)
					}
					chances = append(chances, p)
				}
				verdict, err := audit.Residual(rounds, rand.NewPCG(seed, 3), tau)
				if err != nil {
					t.Fatal(err)
				}
				if verdict.Rejected() != nil {
					residual[i]++
				}
				p, err := audit.Fisher(chances)
				if err != nil {
					t.Fatal(err)
				}
				if p <= tau {
					guessed[i]++
				}
			}
			if seed == 0 && kind == spec.KindGaussian {
				a.alarmed(t, task, scales)
			}
		})
	}
	for i, s := range samplers {
		t.Logf("%s, %d/%d of the noise: detected by residuals for %d of %d seeds, by guesses for %d", kind, s.Num, s.Den, residual[i], *auditSeeds, guessed[i])
	}
	if residual[0]+guessed[0] > 0 || residual[1] < *auditSeeds || residual[2] < *auditSeeds {
		t.Errorf("full noise, 0.7 and half of it: detected by residuals for %v of %d seeds, by guesses for %v; want 0 for full noise and residuals to detect the others", residual, *auditSeeds, guessed)
	}
	powerful := kind == spec.KindGaussian && *auditRuns == 3 && canaries == 5000 || kind == spec.KindLaplace && canaries == 2000
	if powerful && guessed[2] < *auditSeeds-1 {
		t.Errorf("half the noise is detected by guesses for %d of %d seeds, want all but one", guessed[2], *auditSeeds)
	}
}

// alarmed checks that every trainer with too little noise has raised an alarm, and that no
// private round of all trainers is accepted until the alarms have been removed.
func (a *auditNetwork) alarmed(t *testing.T, task spec.TaskSpec, scales []*audittest.Samplers) {
	t.Helper()
	var files []string
	for i, name := range a.names {
		file := filepath.Join(a.local.Home(name), daemon.AlarmFile)
		said, err := os.ReadFile(file)
		if honest := scales[i].Num == scales[i].Den; honest != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s draws %d/%d of its noise: got alarm file %q (%v)", name, scales[i].Num, scales[i].Den, said, err)
		} else if honest {
			continue
		}
		if !strings.HasPrefix(string(said), "task 1 round 1: the noise is smaller than its law allows") {
			t.Errorf("%s: got alarm %q", name, said)
		}
		files = append(files, file)
	}
	if line := "level=ERROR msg=\"privacy error: the node takes part in no private round\" node=clinic-3 task=1 round=1 why="; *auditRuns == 1 && !a.log.has(line) {
		t.Errorf("the log has no line with %s", line)
	}
	task.Deadlines.Train = 2 * spec.Second
	if a.round(t, 2, task) {
		t.Error("a node with an alarm took part in the next private round")
	}
	if line := "level=ERROR msg=\"privacy error: the node takes part in no private round\" node=clinic-3 work=train-2-1 err="; *auditRuns == 1 && !a.log.has(line) {
		t.Errorf("the log has no line with %s", line)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if !a.round(t, 3, task) {
		t.Error("after the alarms were removed, the private round was not accepted")
	}
}

// TestAlarmOutlastsARestart: what was raised is still so for whoever opens the home folder
// anew, until the file is gone; a file that nobody can read counts.
func TestAlarmOutlastsARestart(t *testing.T) {
	home := t.TempDir()
	first := daemon.AlarmOf(home)
	if err := first.Raised(); err != nil {
		t.Errorf("nothing was raised: %v", err)
	}
	if err := first.Raise("the noise is gone"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, daemon.AlarmFile)
	for _, alarm := range []role.Alarm{first, daemon.AlarmOf(home)} {
		if err := alarm.Raised(); err == nil || err.Error() != "privacy error: the noise is gone; find out why (docs/privacy.md), then remove the file privacy-error in the node's home folder" {
			t.Errorf("it says %v", err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := first.Raised(); err != nil {
		t.Errorf("a person has looked: %v", err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := first.Raised(); err == nil {
		t.Error("what nobody can read does not count")
	}
	gone := daemon.AlarmOf(filepath.Join(home, "gone"))
	if err := gone.Raise("something"); err == nil {
		t.Error("there is no folder to say it in")
	}
	if err := gone.Raised(); err == nil || !strings.Contains(err.Error(), "something") {
		t.Errorf("what could not be written is forgotten: %v", err)
	}
}

// sentTo is what a trainer sent to an aggregator, negated.
func sentTo(t *testing.T, s blob.Store, slot spec.Slot) []int64 {
	t.Helper()
	e, err := s.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: slot})
	if err != nil {
		t.Fatal(err)
	}
	b, err := role.ReadBlob(t.Context(), s, e.Digest)
	if err != nil {
		t.Fatal(err)
	}
	h, err := model.ReadUpdateHeader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	values := make([]int32, h.Count)
	if _, err := binary.Decode(b[len(b)-4*len(values):], binary.LittleEndian, values); err != nil {
		t.Fatal(err)
	}
	released := make([]int64, len(values))
	for i, v := range values {
		released[i] = -int64(v)
	}
	return released
}
