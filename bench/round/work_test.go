package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// The other side gets the settings, the model and the rows of ours.
func TestExport(t *testing.T) {
	network, folder := t.TempDir(), t.TempDir()
	task := spec.DefaultTask()
	task.Name, task.Escrow, task.Data.Name, task.Target.Rounds = "t", 1000, "d", 3
	task.Model = spec.Model{Kind: spec.ModelMLP, Inputs: 2, Hidden: []uint32{3}, Classes: 2, Seed: 5}
	task.Training.Batch, task.Training.Epochs, task.Training.Rate = 10, 2, 300_000
	write := func(task spec.TaskSpec) {
		b, err := yaml.Marshal(task)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(network, "task.yaml"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(task)
	rows := data.Table{X: []float32{0.5, 1, -2, 0.25}, Y: []int32{1, 0}, Features: 2, Classes: 2}
	for _, role := range []string{"trainer", "evaluator"} {
		for i := range trainers {
			home := filepath.Join(network, role+"-"+string("1234567890"[i]))
			if i == 9 {
				home = filepath.Join(network, role+"-10")
			}
			if err := os.Mkdir(home, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := data.Save(filepath.Join(home, "rows.csv"), rows); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := export(network, folder, 7, 2); err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var got settings
	if err := json.Unmarshal(read("settings.json"), &got); err != nil {
		t.Fatal(err)
	}
	want := settings{Inputs: 2, Hidden: []uint32{3}, Classes: 2, Batch: 10, Epochs: 2, Rate: 0.3, Rounds: 7, Trainers: 10, Evaluators: 2}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("settings (-want +got):\n%s", d)
	}
	start, err := model.Init(task.Model)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(start, floats(read("model-0"))); d != "" {
		t.Errorf("model 0 (-want +got):\n%s", d)
	}
	if d := cmp.Diff(rows.X, floats(read("trainer-10.x"))); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]byte{1, 0, 0, 0, 0, 0, 0, 0}, read("evaluator-2.y")); d != "" {
		t.Errorf("labels (-want +got):\n%s", d)
	}
	task.Training.Optimiser = spec.OptimiserMomentum
	task.Training.Momentum = 900_000
	write(task)
	if err := export(network, folder, 7, 2); err == nil || !strings.Contains(err.Error(), "want mlp and sgd") {
		t.Errorf("a task that flower/app.py cannot train: got error %v, want one", err)
	}
}

func floats(b []byte) (values []float32) {
	for ; len(b) > 0; b = b[4:] {
		values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return values
}

func TestReadEnded(t *testing.T) {
	const first, second = `{"round": 0, "accuracy": 0.25, "at": 1700000000.5}` + "\n", `{"round": 1, "accuracy": 0.5, "at": 1700000001}` + "\n"
	all, err := readEnded([]byte(first + second + second[:9])) // and a line that is being written
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]ended{{0, 0.25, 1700000000.5}, {1, 0.5, 1700000001}}, all); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for text, want := range map[string]string{second: "about round 1", first + "x\n": "line 2", "{}\n{}\n": "line 2 is about round 0"} {
		if _, err := readEnded([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// As in the demo, a guest stays away, and validators come first.
func TestHomes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"aggregator-1", "guest-1", "trainer-1", "validator-1", "validator-2"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "task.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := homes(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"validator-1", "validator-2", "aggregator-1", "trainer-1"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
