package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// told is everything a demo and a prediction may print, in one form.
type told struct {
	Event     string               `json:"event"`
	Task      uint64               `json:"task"`
	Round     uint64               `json:"round"`
	Phase     spec.Phase           `json:"phase"`
	Rounds    uint64               `json:"rounds"`
	Accuracy  float64              `json:"accuracy"`
	Alone     float64              `json:"best_single_trainer"`
	Reached   bool                 `json:"target_reached"`
	Model     spec.Digest          `json:"model"`
	ModelPath string               `json:"model_path"`
	Holdout   string               `json:"holdout_path"`
	Trainers  int                  `json:"trainers"`
	Survivors int                  `json:"survivors"`
	Height    int64                `json:"height"`
	Blocks    int64                `json:"blocks"`
	Nodes     int                  `json:"validators"`
	Agreed    bool                 `json:"app_hash_agreed"`
	Faults    []faultInJSON        `json:"faults"`
	Escrow    uint64               `json:"escrow_uthing"`
	Paid      uint64               `json:"paid_uthing"`
	Refunded  uint64               `json:"refunded_uthing"`
	Burned    uint64               `json:"burned_uthing"`
	Slashed   uint64               `json:"slashed_uthing"`
	Payouts   []demo.Payout        `json:"payouts"`
	Proposals []demo.ProposalEvent `json:"proposals"`
	Epsilon   float64              `json:"epsilon"`
	Delta     float64              `json:"delta"`
	Mechanism string               `json:"mechanism"`
	Unit      string               `json:"unit"`
	Adjacency string               `json:"adjacency"`
	Against   string               `json:"holds_against"`
	Right     int                  `json:"holdout_correct"`
	Rows      int                  `json:"rows"`
	Correct   int                  `json:"correct"`
}

type faultInJSON struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// tell runs a command of this program and reads its JSON lines.
func tell(t *testing.T, want int, args ...string) []told {
	t.Helper()
	var out, stderr bytes.Buffer
	if code := run(context.Background(), append(args, "--json"), &out, &stderr); code != want {
		t.Fatalf("althing %v: exit code %d, want %d\n%s", args, code, want, stderr.String())
	}
	var lines []told
	for s := bufio.NewScanner(&out); s.Scan(); {
		var l told
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s: %v", s.Text(), err)
		}
		lines = append(lines, l)
	}
	return lines
}

// runDemo runs a demo in a folder. Its chain's invariants hold at every height.
func runDemo(t *testing.T, want int, home string, args ...string) []told {
	t.Helper()
	defer watchInvariants(t, home)()
	return tell(t, want, append([]string{"demo", "--home", home}, args...)...)
}

// demonstrate runs a demo and checks what must hold of every demo.
func demonstrate(t *testing.T, want int, args ...string) (rounds []told, summary told, home string) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs a network")
	}
	home = filepath.Join(t.TempDir(), "demo")
	lines := runDemo(t, want, home, args...)
	rounds, summary = slices.DeleteFunc(lines[:len(lines)-1], func(l told) bool { return l.Event == "proposal" }), lines[len(lines)-1]
	paid := uint64(0)
	for _, r := range rounds {
		paid += r.Paid
	}
	if paid != summary.Paid {
		t.Errorf("the rounds paid %d, and the task %d", paid, summary.Paid)
	}
	if last := rounds[len(rounds)-1]; last.Phase == spec.PhaseAborted && summary.Reached { // begun before the target was reached
		rounds = rounds[:len(rounds)-1]
	}
	for i, r := range rounds {
		if r.Event != "round" || r.Round != uint64(i+1) || r.Task != 1 || r.Survivors == 0 || r.Blocks <= 0 {
			t.Errorf("line %d is %+v: want round %d of task 1", i+1, r, i+1)
		}
	}
	if last := rounds[len(rounds)-1]; summary.Event != "summary" || summary.Rounds != uint64(len(rounds)) || summary.Accuracy != last.Accuracy {
		t.Errorf("summary is %+v, last round %+v", summary, last)
	}
	checkMoney(t, summary)
	if !summary.Agreed {
		t.Errorf("validators disagree at height %d", summary.Height)
	}
	b, err := os.ReadFile(summary.ModelPath)
	if err != nil {
		t.Fatal(err)
	}
	if got := spec.DigestOf(b); got != summary.Model {
		t.Errorf("the model in %s is %s, want %s", summary.ModelPath, got, summary.Model)
	}
	predictions := tell(t, 0, "predict", "--model", summary.ModelPath, "--input", summary.Holdout)
	p := predictions[len(predictions)-1]
	if images := math.Round(summary.Accuracy * float64(p.Rows)); p.Rows == 0 || float64(p.Correct) != images || summary.Right != p.Correct {
		t.Errorf("predict gets %d of %d images right, the agreed accuracy %v says %v", p.Correct, p.Rows, summary.Accuracy, images)
	}
	return rounds, summary, home
}

// checkMoney wants every uthing of a closed task accounted for: what the supply has lost
// is what deposits have lost, and what was paid is what everybody has earned.
func checkMoney(t *testing.T, s told) {
	t.Helper()
	if s.Escrow == 0 || s.Paid == 0 || s.Paid+s.Refunded+s.Burned != s.Escrow+s.Slashed {
		t.Errorf("paid %d, refunded %d and burned %d are not the escrow %d and what was slashed, %d", s.Paid, s.Refunded, s.Burned, s.Escrow, s.Slashed)
	}
	sum := uint64(0)
	for _, p := range s.Payouts {
		sum += p.Amount
		if p.Node == "" || p.Role == "" || (p.Role != view.EarnsAsValidator && p.Role != view.EarnsForSilence && p.Role != view.EarnsForWaiting) == (p.Reputation == 0) {
			t.Errorf("payout %+v: want who, as what, and a node's reputation", p)
		}
	}
	if sum != s.Paid {
		t.Errorf("everybody has earned %d together: want the %d that were paid", sum, s.Paid)
	}
}

func TestDemoReachesItsTarget(t *testing.T) {
	_, s, _ := demonstrate(t, 0, "--target", "0.9")
	if !s.Reached || s.Accuracy < 0.9 || s.Nodes != 4 || s.Trainers != 10 || len(s.Faults) != 0 {
		t.Errorf("summary is %+v", s)
	}
	if s.Accuracy <= s.Alone {
		t.Errorf("accuracy %v is not above the best trainer's alone, %v", s.Accuracy, s.Alone)
	}
}

// A trusted coordinator is the same network with one validator and one aggregator.
func TestDemoOfATrustedCoordinator(t *testing.T) {
	_, s, _ := demonstrate(t, 0, "--validators", "1", "--aggregators", "1", "--target", "0.9", "--trainers", "4")
	if !s.Reached || s.Nodes != 1 || s.Trainers != 4 {
		t.Errorf("summary is %+v", s)
	}
}

// TestDemoSameSeed: two runs with one seed end in the same model, on chains of other names
// whose nodes registered in whatever order they came up; another seed gives another model.
func TestDemoSameSeed(t *testing.T) {
	if testing.Short() {
		t.Skip("runs whole networks")
	}
	model := func(seed string) spec.Digest {
		lines := runDemo(t, 0, t.TempDir(), "--validators", "1", "--trainers", "4", "--aggregators", "1", "--evaluators", "1",
			"--model", "softmax", "--rounds", "2", "--target", "0", "--seed", seed)
		return lines[len(lines)-1].Model
	}
	first := model("7")
	if again := model("7"); again != first {
		t.Errorf("the second run ends in %s, the first in %s", again.Short(), first.Short())
	}
	if model("8") == first {
		t.Error("another seed gives the same model")
	}
}

func TestDemoOfASmallCNN(t *testing.T) {
	_, s, _ := demonstrate(t, 0, "--model", "cnnsmall", "--trainers", "4", "--target", "0.9", "--validators", "1")
	if !s.Reached || s.Trainers != 4 {
		t.Errorf("summary is %+v", s)
	}
}

// TestDemoOfIDXFiles trains on a folder as MNIST comes: the digits set, written so.
func TestDemoOfIDXFiles(t *testing.T) {
	digits, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "images")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name string, magic, dimensions []uint32, values []byte) {
		var b []byte
		for _, n := range append(magic, dimensions...) {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		if err := os.WriteFile(filepath.Join(folder, name), append(b, values...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, cut := range map[string][2]int{"train": {0, 1400}, "t10k": {1400, 1797}} {
		var pixels, classes []byte
		for i := cut[0]; i < cut[1]; i++ {
			for _, x := range digits.Row(i) {
				pixels = append(pixels, byte(255*x))
			}
			classes = append(classes, byte(digits.Y[i]))
		}
		n := uint32(cut[1] - cut[0])
		write(name+"-images-idx3-ubyte", []uint32{0x803}, []uint32{n, 8, 8}, pixels)
		write(name+"-labels-idx1-ubyte", []uint32{0x801}, []uint32{n}, classes)
	}
	rounds, s, home := demonstrate(t, 3, "--data", folder, "--model", "cnnsmall", "--trainers", "3", "--target", "1", "--rounds", "1", "--validators", "1")
	if len(rounds) != 1 || s.Trainers != 3 {
		t.Errorf("summary is %+v after %d rounds", s, len(rounds))
	}
	// The hold-out is the folder's own, dealt out to four evaluators.
	held := 0
	for i := range 4 {
		rows, err := data.Open(filepath.Join(home, fmt.Sprintf("evaluator-%d", i+1), "rows"), 10)
		if err != nil {
			t.Fatal(err)
		}
		held += rows.Rows()
	}
	if held != 397 {
		t.Errorf("evaluators hold %d rows: want 397", held)
	}
}

func TestDemoThatMissesItsTarget(t *testing.T) {
	rounds, s, _ := demonstrate(t, 3, "--model", "softmax", "--target", "1", "--rounds", "2", "--trainers", "4", "--validators", "1")
	if s.Reached || len(rounds) != 2 {
		t.Errorf("summary is %+v after %d rounds", s, len(rounds))
	}
}

// TestAttack11AggregatorLies: with one liar of four aggregators the run succeeds
// and the liar is named; with two of four nothing is agreed on, and the consumer
// has all but less than one round's pay back.
func TestAttack11AggregatorLies(t *testing.T) {
	_, s, _ := demonstrate(t, 0, "--liar", "1", "--target", "0.9", "--trainers", "5")
	if !s.Reached || len(s.Faults) != 1 || s.Faults[0] != (faultInJSON{"aggregator-1", spec.FaultWrongAggregate}) {
		t.Errorf("reached %v, faults %v: want aggregator-1 named and no other", s.Reached, s.Faults)
	}
	earned := func(name string) uint64 {
		return s.Payouts[slices.IndexFunc(s.Payouts, func(p demo.Payout) bool { return p.Node == name })].Amount
	}
	if s.Burned == 0 || earned("aggregator-1") >= earned("aggregator-2") {
		t.Errorf("burned %d, the liar earned %d and aggregator-2 %d: want it to lose", s.Burned, earned("aggregator-1"), earned("aggregator-2"))
	}
	lines := runDemo(t, 3, filepath.Join(t.TempDir(), "demo"), "--liar", "2", "--force", "--trainers", "4", "--model", "softmax")
	s = lines[len(lines)-1]
	checkMoney(t, s)
	if s.Reached || s.Rounds != 0 || s.Paid >= s.Escrow/26 {
		t.Errorf("two liars of four: %+v, want no round and a refund but for fees, which are less than a round's pay", s)
	}
}

// TestDemoGoverned: while it trains, a network votes on a smaller learning rate, on a node
// that joins and earns, on one that leaves, and on coins for which nobody votes.
func TestDemoGoverned(t *testing.T) {
	_, s, _ := demonstrate(t, 0, "--govern")
	var got []string
	for _, p := range s.Proposals {
		got = append(got, fmt.Sprintf("%s %s", p.Action, p.Status))
		if p.ID == 0 || p.Height == 0 || p.Total == 0 {
			t.Errorf("proposal %+v: want a number, a height and what could have voted", p)
		}
	}
	want := []string{"update_model executed", "add_participant executed", "remove_participant executed", "mint rejected"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("proposals (-want +got):\n%s", diff)
	}
	earned := func(name string) bool {
		return slices.ContainsFunc(s.Payouts, func(p demo.Payout) bool { return p.Node == name && p.Amount > 0 })
	}
	if !earned(demo.Guest) || !earned("trainer-10") {
		t.Errorf("payouts are %+v: want the newcomer and who has left to have earned", s.Payouts)
	}
	if last := s.Proposals[len(s.Proposals)-1]; !strings.Contains(last.Reason, "quorum not reached") {
		t.Errorf("nobody voted: %+v", last)
	}
}

func TestDemoRefuses(t *testing.T) {
	rows := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(rows, []byte("a,label\n"+strings.Repeat("0,0\n1,1\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--validators", "0"},
		{"--validators", "200"}, // which took 17 GB
		{"--validators", "17"},
		{"--trainers", "257"},
		{"--aggregators", "34"},
		{"--evaluators", "32"},
		{"--commit-timeout", "0s"},
		{"--commit-timeout", "-1s"},
		{"--alpha", "NaN"},
		{"--alpha", "Inf"},
		{"--target", "NaN"},
		{"--trainers", "0"},
		{"--aggregators", "3"},
		{"--rounds", "0"},
		{"--target", "1.5"},
		{"--alpha", "0"},
		{"--liar", "5"},
		{"--liar", "2"},
		{"--liar", "1", "--aggregators", "1"},
		{"--model", "rnn"},
		{"--model", "cnn", "--data", rows},
		{"--data", t.TempDir()},
		{"--data", "no-such-file.csv"},
		{"--trainers", strconv.Itoa(spec.MaxTrainers)}, // there are fewer rows than that
	} {
		var out, stderr bytes.Buffer
		home := filepath.Join(t.TempDir(), "demo")
		if code := run(t.Context(), append([]string{"demo", "--home", home}, args...), &out, &stderr); code != 1 || !bytes.HasPrefix(stderr.Bytes(), []byte("althing: error: ")) {
			t.Errorf("demo %v: exit code %d, %q: want 1 and one error", args, code, stderr.String())
		}
		if _, err := os.Stat(home); err == nil {
			t.Errorf("demo %v left a folder behind", args)
		}
	}
}
