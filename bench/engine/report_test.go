package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompare(t *testing.T) {
	var m measurement
	m.compare([]float64{100, 330, 80}, []float64{200, 300, 100})
	want := measurement{Ratio: 0.8, Low: 0.5, High: 1.1, Ours: 100, Torch: 200}
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMedianKeepsTheOrder(t *testing.T) {
	v := []float64{3, 1, 4, 2}
	if m := median(v); m != 2.5 {
		t.Errorf("median %v, want 2.5", m)
	}
	if d := cmp.Diff([]float64{3, 1, 4, 2}, v); d != "" {
		t.Errorf("the values moved (-want +got):\n%s", d)
	}
}

func TestLineOfJSON(t *testing.T) {
	var b bytes.Buffer
	m := measurement{Model: "cnn", Batch: 10, Mode: "fused", Kernel: "avx512", Ratio: 0.93, Ours: 1, Torch: 1}
	if err := report(&b, true, []measurement{m, m}); err != nil {
		t.Fatal(err)
	}
	line := `{"model":"cnn","batch":10,"mode":"fused","kernel":"avx512","ratio":0.93,"ours":1,"torch":1,"low":0,"high":0,"loss_difference":0}` + "\n"
	if d := cmp.Diff(line+line, b.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	if err := report(&b, false, []measurement{{Model: "cnn", Batch: 10, Mode: "strict", Kernel: "avx2", Ratio: 0.5, Ours: 300, Torch: 600, StrictOfFused: 0.75}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if d := cmp.Diff([]string{"cnn", "10", "avx2", "strict", "300", "600", "0.50", "0.00", "0.00", "0.75"}, strings.Fields(lines[1])); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTargets(t *testing.T) {
	all := []measurement{
		{Model: "cnn", Batch: 10, Mode: "fused", Kernel: "avx2", Ratio: 0.4},
		{Model: "cnn", Batch: 10, Mode: "strict", Kernel: "avx2", Ratio: 2, StrictOfFused: 0.6},
		{Model: "cnn", Batch: 10, Mode: "fused", Kernel: "avx512", Ratio: 0.8},
		{Model: "cnn", Batch: 10, Mode: "strict", Kernel: "avx512", Ratio: 0.3, StrictOfFused: 0.9},
		{Model: "softmax", Batch: 32, Mode: "fused", Kernel: "avx512", Ratio: 2.5},
		{Model: "mlp", Batch: 50, Mode: "fused", Kernel: "avx512", Ratio: 2.5},
	}
	var got []string
	for _, target := range targets(all) {
		got = append(got, target.String())
	}
	want := []string{
		"softmax, batch 32, fused to PyTorch: at least 3: 2.50, missed",
		"cnn, batch 10, fused to PyTorch: at least 0.7 (aim 0.9): 0.80, reached",
		"strict to fused, median: at least 0.7: 0.75, reached",
		"strict to fused, everywhere: at least 0.5: 0.60, reached",
		"avx2 to PyTorch, every model: at least 0.5: 0.40, missed",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if none := targets(nil); len(none) != 0 {
		t.Errorf("nothing was measured, and %v", none)
	}
}
