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

// The audits with power take minutes, and these flags after go test ./daemon -v -run:
//
//	TestAuditOfExample/gaussian -seeds 20 -runs 3 -canaries 5000 -guesses 500
//	TestAuditOfExample/laplace -seeds 20 -canaries 2000 -guesses 1200
var (
	auditSeeds    = flag.Int("seeds", 1, "fixed seeds of the audits through whole networks")
	auditRuns     = flag.Int("runs", 1, "trainers of each scale of noise")
	auditCanaries = flag.Int("canaries", 500, "canaries of each trainer")
	auditGuesses  = flag.Int("guesses", 50, "canaries of each trainer that are guessed about")
)

// audited is a task of canaries in the mode example: one step over all rows, of which a
// value of the update is a quantum of what was released, negated. It claims epsilon 1.
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

// audition is a network in which an audit takes place.
type audition struct {
	local daemon.Localnet
	names []string // of the trainers
	in    [][]bool // which of their canaries are
	adder blob.Store
	log   *lines
	chain *client.Client
}

// open makes a network of trainers that draw their noise at some scales, from a seed.
func (a *audition) open(t *testing.T, canaries int, scales []*audittest.Samplers, seed uint64) {
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

// round asks all trainers for one round and says whether it was accepted.
func (a *audition) round(t *testing.T, id uint64, task spec.TaskSpec) bool {
	t.Helper()
	task.Selection.Trainers, task.Selection.MinTrainers = uint32(len(a.names)), uint32(len(a.names))
	task.Selection.Aggregators, task.Selection.Evaluators = 1, 1
	open(t, a.chain, a.local.Home("consumer"), task)
	return settled(t, a.chain, id).Accepted == 1
}

// seen is what a trainer's first round shows.
func (a *audition) seen(t *testing.T, i int) audittest.Seen {
	t.Helper()
	return audittest.Seen{In: a.in[i], Released: sentTo(t, a.adder, spec.Slot{Chain: a.local.Chain, Task: 1, Round: 1, Node: uint64(i) + 1})}
}

// TestAuditOfExample: the mode example, from rows in a file to what an aggregator is sent,
// is the mechanism that is charged: half the noise, and 0.7 of it, is found from the
// outside. So it is by the node itself, which has no part in a second private round until
// a person has looked.
func TestAuditOfExample(t *testing.T) {
	if testing.Short() {
		t.Skip("networks take seconds")
	}
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		t.Run(kind, func(t *testing.T) { auditOf(t, kind) })
	}
}

// card is what a task of canaries says of its noise, and what is guessed by it.
type card struct {
	law    privacy.Law
	bound  privacy.Bound
	chance func(audit.Guesses) (float64, error) // of one run, if the card is true
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
	made := []*audittest.Samplers{{Num: 1, Den: 1}, {Num: 7, Den: 10}, {Num: 1, Den: 2}}
	var scales []*audittest.Samplers
	for _, s := range made {
		scales = append(scales, slices.Repeat([]*audittest.Samplers{s}, *auditRuns)...)
	}
	residual, guessed := make([]int, len(made)), make([]int, len(made))
	for seed := range uint64(*auditSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			var a audition
			a.open(t, canaries, scales, seed)
			if !a.round(t, 1, task) {
				t.Fatal("the round is not accepted")
			}
			for i := range made {
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
	for i, s := range made {
		t.Logf("%s, %d/%d of the noise: of %d seeds caught %d times by residuals, %d times by guesses", kind, s.Num, s.Den, *auditSeeds, residual[i], guessed[i])
	}
	if residual[0]+guessed[0] > 0 || residual[1] < *auditSeeds || residual[2] < *auditSeeds {
		t.Errorf("honest noise, 0.7 and half of it is caught by residuals %v times of %d, and by guesses %v times", residual, *auditSeeds, guessed)
	}
	powerful := kind == spec.KindGaussian && *auditRuns == 3 && canaries == 5000 || kind == spec.KindLaplace && canaries == 2000
	if powerful && guessed[2] < *auditSeeds-1 {
		t.Errorf("half the noise is caught %d times of %d by guesses", guessed[2], *auditSeeds)
	}
}

// alarmed wants the alarm of every trainer that lied to be raised, and no private round
// of all of them before each person has looked.
func (a *audition) alarmed(t *testing.T, task spec.TaskSpec, scales []*audittest.Samplers) {
	t.Helper()
	var files []string
	for i, name := range a.names {
		file := filepath.Join(a.local.Home(name), daemon.AlarmFile)
		said, err := os.ReadFile(file)
		if honest := scales[i].Num == scales[i].Den; honest != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s draws %d/%d of its noise, and its home folder says %q (%v)", name, scales[i].Num, scales[i].Den, said, err)
		} else if honest {
			continue
		}
		if !strings.HasPrefix(string(said), "task 1 round 1: the noise is smaller than its law allows") {
			t.Errorf("%s: it says %q", name, said)
		}
		files = append(files, file)
	}
	if line := "level=ERROR msg=\"privacy error: the node takes part in no private round\" node=clinic-3 task=1 round=1 why="; *auditRuns == 1 && !a.log.has(line) {
		t.Errorf("no line has %s", line)
	}
	task.Deadlines.Train = 2 * spec.Second
	if a.round(t, 2, task) {
		t.Error("who has found something wrong takes part in the next private round")
	}
	if line := "level=ERROR msg=\"privacy error: the node takes part in no private round\" node=clinic-3 work=train-2-1 err="; *auditRuns == 1 && !a.log.has(line) {
		t.Errorf("no line has %s", line)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if !a.round(t, 3, task) {
		t.Error("who has looked has no part in a private round")
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
