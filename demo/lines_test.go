package demo

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

// told is what a narrator for people prints about a small demo on some screen.
func told(t *testing.T, screen terminal.Screen) string {
	t.Helper()
	var out bytes.Buffer
	screen.Out = &out
	n := Lines(&screen, func(words ...string) string { return "althing " + strings.Join(words, " ") })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := "/home/ada/.cache/althing/demo-20260101-000000"
	must(n.Begins(&Folder{Dir: dir, record: record{Validators: 1, Trainers: 10, Aggregators: 1, Evaluators: 1}}))
	n.Registering(3, 13, 0)
	n.Registering(3, 13, 12*time.Second)
	task := spec.Task{ID: 1, Spec: spec.TaskSpec{Name: "digits-softmax", Escrow: escrow, Target: spec.Target{Rounds: 12, Accuracy: 950_000}}}
	task.Spec.Model.Kind = spec.ModelSoftmax
	first, names := spec.Round{Task: 1, Number: 1, Phase: spec.PhaseTrain}, map[uint64]string{}
	for i := range uint64(10) {
		names[i+1] = trainerName(int(i))
		first.Trainers = append(first.Trainers, spec.Contribution{Node: i + 1})
	}
	must(n.Selected(task, first, names))
	for i := range 12 {
		r := first
		r.Number = uint64(i + 1)
		n.Progress(Progress{Task: task, Round: r, Silence: time.Duration(i) * time.Second})
		score := spec.PPM(800_000 + 10_000*i)
		must(n.Round(RoundEvent{EndedRound: view.EndedRound{
			Round: r.Number, Phase: spec.PhaseSettled, Accuracy: &score, Holdout: &spec.Holdout{Accuracy: score}, Trainers: 10, Survivors: 8, Blocks: 1,
			LeftOut: []view.LeftOut{{Node: 2, Why: "late: left out"}, {Node: 10, Why: "its update is held by too few aggregators"}},
		}, Seconds: 12.3, names: names}))
	}
	last := first
	last.Number, last.Phase = 12, spec.PhaseSettled
	n.Progress(Progress{Task: task, Round: last, Waits: []string{"trainers: 0 of 5 can serve the task; not: 5 whose data set's privacy budget cannot pay for another round"}})
	n.Comparing(3, 10)
	accuracy := spec.PPM(910_000)
	must(n.Summary(Summary{
		Rounds: 12, Accuracy: &accuracy, ScoredRound: 12, Target: 950_000, State: "spent", Validators: 1, Height: 99, AppHashAgreed: true,
		ModelPath: dir + "/model.safetensors", HoldoutPath: dir + "/evaluator-1/rows.csv", HoldoutRows: 1, HoldoutCorrect: 1,
		Payouts: []Payout{{Node: "trainer-10", Role: "trainer", Amount: 5}, {Node: "trainer-2", Role: "trainer", Amount: 5}},
		Home:    dir, log: dir + "/log.txt", scoreName: view.Accuracy,
	}))
	return out.String()
}

// TestLinesFit: what a demo prints fits a screen of 80 columns, is ASCII where the screen has
// no UTF-8, and is never drawn higher than the screen.
func TestLinesFit(t *testing.T) {
	code := regexp.MustCompile("\x1b\\[([0-9]+)A")
	escape := regexp.MustCompile("\x1b\\[[0-9]*[AJm]")
	for _, size := range [][2]int{{80, 24}, {80, 10}, {80, 6}, {160, 50}, {80, 0}} {
		text := told(t, terminal.Screen{Live: true, Columns: size[0], Lines: size[1]})
		for _, up := range code.FindAllStringSubmatch(text, -1) {
			if n := len(up[1]); size[1] > 0 && (n > 2 || fmt.Sprintf("%02s", up[1]) >= fmt.Sprintf("%02d", size[1])) {
				t.Errorf("%v: a region of %s lines is drawn over", size, up[1])
			}
		}
		text = escape.ReplaceAllString(text, "")
		if i := strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII || r < ' ' && r != '\n' }); i >= 0 {
			t.Errorf("%v: not ASCII from %q on", size, text[i:min(len(text), i+20)])
		}
		for line := range strings.Lines(text) {
			if len(line) > size[0]+1 {
				t.Errorf("%v: wider than the screen: %s", size, line)
			}
		}
		if chart := strings.Contains(text, "accuracy by round"); chart != (size[1] != 10 && size[1] != 6) {
			t.Errorf("%v: there is a chart: %v", size, chart)
		}
	}
	if text := told(t, terminal.Screen{Live: true, UTF8: true, Columns: 80, Lines: 24}); !strings.Contains(text, "┤") {
		t.Error("a screen with UTF-8 has no chart drawn with its characters")
	}
}

// TestLines: the words of a demo have the right number, names are in the order of their
// numbers, and a pipe gets no progress.
func TestLines(t *testing.T) {
	text := told(t, terminal.Screen{})
	for _, want := range []string{
		"network  1 validator, 10 trainers, 1 aggregator, 1 evaluator, 1 consumer\n",
		"train      trainer-1 trainer-2 trainer-3 trainer-4 trainer-5 and 5 more\n",
		"round   1  accuracy 0.8000  hold-out 0.8000  8/10 updates  12.3 s  1 block\n",
		"without trainer-2 (late: left out); trainer-10 (its update is held by too few aggregators)\n",
		"trainer-2 trainer-10\n",
		"result      target not reached, task spent, after 12 rounds",
		"validators  the only one is at height 99\n",
		"right about 1 of 1 hold-out row of one evaluator",
		"/log.txt\n",
		"\ntry it  althing predict --model /home",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "registered") || strings.Contains(text, "no new block") || strings.Contains(text, "\x1b") {
		t.Errorf("a pipe gets progress:\n%s", text)
	}
	live := told(t, terminal.Screen{Live: true, Columns: 80, Lines: 24})
	for _, want := range []string{"3 of 13 nodes registered", "no new block for 12 s", "train      0 of 10 trainers", "3 of 10 trained alone", "\nwaits for trainers: 0 of 5 can serve the task; not: 5 whose data set's privacy\n", Steps()} {
		if !strings.Contains(live, want) {
			t.Errorf("want %q in\n%s", want, live)
		}
	}
}
