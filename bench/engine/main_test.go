package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/train/gemm"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--models", "cnn,mlp", "--batches", "50", "--python", "p", "--json"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]any{[]string{"cnn", "mlp"}, []int{50}, []string{"p"}, true, 7}, []any{o.models, o.batches, o.pythons, o.json, o.rounds}); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, c := range []struct{ flags, want string }{
		{"--models lstm", `unknown model "lstm"`},
		{"--batches 10,x", `--batches "x"`},
		{"--batches 0", `--batches "0"`},
		{"--batches 1000", "want 1 to 320"},
		{"--rounds 0", "--rounds 0: want at least 1"},
		{"--slice 0s", "--slice 0s: want more than 0s"},
		{"cnn", "flags only"},
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(c.flags), &said); err == nil || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: %q, want %q", c.flags, said.String(), c.want)
		}
	}
}

func TestKernels(t *testing.T) {
	for _, k := range kernels(false) {
		if set(k) == "plain" && len(gemm.All()) > 1 {
			t.Errorf("%s is measured without --plain", k)
		}
		if set(k)+" "+mode(k) != k.String() {
			t.Errorf("%s is shown as %s %s", k, set(k), mode(k))
		}
	}
	if d := cmp.Diff(len(gemm.All()), len(kernels(true))); d != "" {
		t.Errorf("all kernels (-want +got):\n%s", d)
	}
}

func TestNoRows(t *testing.T) {
	if _, err := rows(t.TempDir(), tableRows); err == nil {
		t.Error("an empty folder has rows")
	}
}

func TestTasksHaveWholeBatches(t *testing.T) {
	for _, c := range []struct{ batch, want int }{{10, 320}, {32, 320}, {50, 300}, {320, 320}} {
		k, err := newTask("softmax", c.batch, drawn(tableRows))
		if err != nil {
			t.Fatal(err)
		}
		if err := k.job.Table.Validate(); err != nil {
			t.Error(err)
		}
		if n := k.job.Table.Rows(); n != c.want {
			t.Errorf("batch %d: %d rows, want %d", c.batch, n, c.want)
		}
	}
	if _, err := newTask("softmax", 10, drawn(9)); err == nil {
		t.Error("9 rows are a batch of 10")
	}
}

// TestLossFalls: the random rows can be learned, so comparing losses is meaningful.
func TestLossFalls(t *testing.T) {
	for _, name := range []string{"softmax", "mlp"} {
		k, err := newTask(name, 10, drawn(tableRows))
		if err != nil {
			t.Fatal(err)
		}
		losses, err := ours{task: k, kernel: gemm.Best(true)}.losses(t.Context(), 20)
		if err != nil {
			t.Fatal(err)
		}
		if first, last := losses[0], losses[len(losses)-1]; last > 0.99*first {
			t.Errorf("%s: the loss goes from %v to %v", name, first, last)
		}
	}
}

func TestMissingPython(t *testing.T) {
	_, err := findTorch(t.Context(), "/no/such/python", "/nor/this")
	if !errors.Is(err, errNoTorch) || !strings.Contains(err.Error(), "/nor/this") {
		t.Errorf("error %v, want %v", err, errNoTorch)
	}
}

// TestTorch: PyTorch and the engine compute the same training, and a difference is found.
func TestTorch(t *testing.T) {
	child, err := findTorch(t.Context(), "python3", "/usr/bin/python3")
	if errors.Is(err, errNoTorch) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := child.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, name := range []string{"softmax", "mlp", "cnnsmall"} {
		k, err := newTask(name, 10, drawn(tableRows))
		if err != nil {
			t.Fatal(err)
		}
		if err := child.load(k); err != nil {
			t.Fatal(err)
		}
		if _, err := child.train(t.Context(), 1); err != nil { // forgotten afterwards
			t.Fatal(err)
		}
		for _, kernel := range kernels(true) {
			d, err := agreement(t.Context(), ours{task: k, kernel: kernel}, child, checkedSteps)
			if err != nil {
				t.Errorf("%s, %s: %v", name, kernel, err)
			}
			t.Logf("%s, %s: largest difference %.1e", name, kernel, d)
		}
		k.job.Training.Rate += k.job.Training.Rate / 5
		if _, err := agreement(t.Context(), ours{task: k, kernel: gemm.Best(false)}, child, checkedSteps); err == nil {
			t.Errorf("%s: a learning rate 20%% higher is not noticed", name)
		}
	}
}
