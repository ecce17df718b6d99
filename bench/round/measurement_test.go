package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampled(budgeted bool, ms ...int) (r sample) {
	for _, v := range ms {
		r.Rounds = append(r.Rounds, time.Duration(v)*time.Millisecond)
	}
	r.Resident, r.Processes, r.Accuracy = float64(ms[0]), 3, 0.95
	if budgeted {
		r.Budget = &budget{Pause: float64(ms[0]), Serial: 4}
	}
	return r
}

func TestIntervalsLeaveTheFirstOut(t *testing.T) {
	var ends []time.Time
	for _, s := range []int64{0, 9, 10, 12, 15} {
		ends = append(ends, time.Unix(s, 0))
	}
	if d := cmp.Diff([]time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, intervals(ends)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMeasure(t *testing.T) {
	all := []system{systems()[0], {What: deployment}}
	list := measure(all, map[string][]sample{
		"althing-4-50ms":    {sampled(true, 400, 500, 600), sampled(true, 500, 900, 700)},
		"flower-deployment": {sampled(false, 10_000), sampled(false, 7_000)},
	}, 7)
	want := []measurement{
		{
			What: "althing", Name: "althing-4-50ms", Validators: 4, Aggregators: 4, Evaluators: 4, Trainers: 10, PauseMs: 50,
			Processes: 3, Rounds: 6, Seconds: 0.55, Least: 0.4, Most: 0.9, ResidentMiB: 450, Accuracy: 0.95, After: 7,
			ToDeployment: 0.075, // the median of 0.5 / 10 and 0.7 / 7
			Budget:       &budget{Pause: 450, Serial: 4},
		},
		{
			What: "flower-deployment", Name: "flower-deployment", Trainers: 10, Processes: 3, Rounds: 2,
			Seconds: 8.5, Least: 7, Most: 10, ResidentMiB: 8500, Accuracy: 0.95, After: 7, ToDeployment: 1,
		},
	}
	for i := range list {
		list[i].title = ""
	}
	if d := cmp.Diff(want, list, cmp.AllowUnexported(measurement{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTargets(t *testing.T) {
	list := targets(map[string][]sample{
		"althing-4-50ms":    {sampled(false, 400), sampled(false, 400), sampled(false, 500)},
		"flower-deployment": {sampled(false, 10_000), sampled(false, 12_000), sampled(false, 11_000)},
		"before-4-200ms":    {sampled(false, 700)},
		"althing-1-50ms":    {sampled(false, 250)},
	})
	var said []string
	for _, t := range list {
		said = append(said, t.String())
	}
	want := []string{
		"althing-4-50ms, times as fast as flower-deployment: at least 25: 25.0, reached",
		"althing-4-50ms, times as fast as before-4-200ms: at least 2: 1.8, missed",
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestJSON: the fields that scripts read.
func TestJSON(t *testing.T) {
	list := measure([]system{systems()[3]}, map[string][]sample{"althing-4-50ms-rtt50ms": {sampled(true, 400)}}, 7)
	b, err := json.Marshal(list[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"what":"althing"`, `"validators":4`, `"aggregators":4`, `"pause_ms":50`, `"rtt_ms":50`, `"s_per_round":0.4`,
		`"resident_mib":400`, `"ratio_to_deployment":0`, `"ratio_to_start_server":0`, `"budget":{"pause_ms":400`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}

func TestTimes(t *testing.T) {
	for ratio, want := range map[float64]string{0: "", 1: "1", 0.04: "1/25", 0.5: "1/2", 3.14159: "3.14", 250: "250"} {
		if got := times(ratio); got != want {
			t.Errorf("%v: %q, want %q", ratio, got, want)
		}
	}
}

func TestReplaced(t *testing.T) {
	got, err := replaced([]byte("head\n"+begins+"old\n"+ends+"tail\n"), "new\n")
	if want := "head\n" + begins + "new\n" + ends + "tail\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, old := range []string{"", begins, ends + begins, "head\n" + ends} {
		if got, err := replaced([]byte(old), "new\n"); err == nil {
			t.Errorf("%q becomes %q", old, got)
		}
	}
}
