package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writeImages writes a data set in which the position of a bright bar is the label: 1000 images
// to train on and 100 for the hold-out.
func writeImages(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, n := range map[string]int{"train": 1000, "t10k": 100} {
		images := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 3}, uint32(n))
		images = binary.BigEndian.AppendUint32(images, 28)
		images = binary.BigEndian.AppendUint32(images, 28)
		labels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(n))
		for i := range n {
			label := byte(i % 10)
			image := make([]byte, 28*28)
			for j := range 56 {
				image[int(label)*56+j] = byte(200 + (i+j)%50)
			}
			images, labels = append(images, image...), append(labels, label)
		}
		for file, b := range map[string][]byte{"-images-idx3-ubyte": images, "-labels-idx1-ubyte": labels} {
			if err := os.WriteFile(filepath.Join(folder, name+file), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folder
}

func TestRunGoesOnWhereItStopped(t *testing.T) {
	folder := writeImages(t)
	log := filepath.Join(t.TempDir(), "runs.jsonl")
	picture := filepath.Join(t.TempDir(), "curves.svg")
	call := func(more string) (table, progress string) {
		t.Helper()
		o, err := parse(strings.Fields("--data "+folder+" --out "+log+" --plot "+picture+" --split iid --rows E1B10 --rounds 30 --rates 0.2,0.000001 "+more), t.Output())
		if err != nil {
			t.Fatal(err)
		}
		var out, told bytes.Buffer
		if err := run(t.Context(), o, &out, &told); err != nil {
			t.Fatal(err)
		}
		return out.String(), told.String()
	}
	table, progress := call("")
	if strings.Count(progress, "\n") != 2 || !strings.Contains(progress, "rate 0.2: 0.85 in ") {
		t.Errorf("unexpected progress of two rates, of which one learns:\n%s", progress)
	}
	trials := mustOpen(t, log).trials
	if rounds, reached := trials[0].rounds(); !reached || len(trials) != 2 || float64(trials[1].Cap) > rounds+1 {
		t.Errorf("the first rate took %v rounds: want the second to be given up then, not after %d", rounds, trials[1].Cap)
	}
	repeated, progress := call("")
	if diff := cmp.Diff(table, repeated); diff != "" || progress != "" {
		t.Errorf("run again: %s\ntable (-first +repeated):\n%s", progress, diff)
	}
	reported, _ := call("--report --data /nowhere")
	if diff := cmp.Diff(table, reported); diff != "" {
		t.Errorf("table (-first +report):\n%s", diff)
	}
	if printed, _ := call("--json"); !strings.HasPrefix(printed, `{"model":"2nn","split":"iid","epochs":1,"batch":10,"rate":0.2,`) || strings.Count(printed, "\n") != 1 {
		t.Errorf("as JSON: %s", printed)
	}
	if _, progress = call("--seed 2"); strings.Count(progress, "\n") != 2 {
		t.Errorf("another seed must be another run, but the progress is %q", progress)
	}
	if svg, err := os.ReadFile(picture); err != nil || !bytes.HasPrefix(svg, []byte("<svg")) {
		t.Errorf("picture: %v", err)
	}
}

// stopper is a writer for progress that interrupts the run at a line.
type stopper struct {
	bytes.Buffer
	at   string
	stop func()
}

func (s *stopper) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(s.at)) {
		s.stop()
	}
	return s.Buffer.Write(b)
}

func TestInterruptedTrialIsKeptAndRunAgain(t *testing.T) {
	log := filepath.Join(t.TempDir(), "runs.jsonl")
	o, err := parse(strings.Fields("--data "+writeImages(t)+" --out "+log+" --split iid --rows E1B10 --rounds 40 --rates 0.0001"), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := run(ctx, o, io.Discard, &stopper{at: "round 25 of 40", stop: cancel}); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: got %v", err)
	}
	trials := mustOpen(t, log).trials
	if len(trials) != 1 || trials[0].Cap != 25 || len(trials[0].Curve) != 26 {
		t.Fatalf("the log after 25 rounds: %+v", trials)
	}
	if err := run(t.Context(), o, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	repeated := mustOpen(t, log).trials
	if len(repeated) != 2 || repeated[1].Cap != 40 || !cmp.Equal(repeated[1].Curve[:26], trials[0].Curve) {
		t.Errorf("run again: %d trials", len(repeated))
	}
	if r := outcome(o, mustOpen(t, log), o.settings()[0]); r.Cap != 40 || r.Rates != 1 {
		t.Errorf("result after the second run: cap %d, %d rates: want 40, 1", r.Cap, r.Rates)
	}
}

func TestDivergenceIsAResult(t *testing.T) {
	o, err := parse(strings.Fields("--data "+writeImages(t)+" --split iid --rows E1B10 --rounds 20 --rates 4000"), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	var table, told bytes.Buffer
	if err := run(t.Context(), o, &table, &told); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(told.String(), "rate 4000: round ") || !strings.Contains(table.String(), "| E1B10 | 60 | diverged (best 0.") {
		t.Errorf("rate 4000: %s\n%s", told.String(), table.String())
	}
}

// TestSmallRuns: a trial of no round, a plot of one round, and a plot that cannot be written.
func TestSmallRuns(t *testing.T) {
	(&line{w: io.Discard, terminal: true}).show(0, 0.1)
	picture := filepath.Join(t.TempDir(), "curves.svg")
	o, err := parse(strings.Fields("--data "+writeImages(t)+" --split iid --rows E1B10 --rounds 1 --rates 0.2 --plot "+picture), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), o, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if svg, err := os.ReadFile(picture); err != nil || !bytes.HasPrefix(svg, []byte("<svg")) {
		t.Errorf("picture of a round: %v", err)
	}
	o.plot = t.TempDir()
	var told bytes.Buffer
	if err := run(t.Context(), o, io.Discard, &told); err == nil || told.Len() > 0 {
		t.Errorf("--plot names a folder: got error %v after %q, want an error at once", err, told.String())
	}
}
