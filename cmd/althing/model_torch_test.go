package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// learnedFrom is a model that one trainer has learned from a table, with the bounds of its
// own rows.
func learnedFrom(path, kind string, r tableFlags) (model.File, error) {
	table, schema, err := r.readTable(path)
	if err != nil {
		return model.File{}, err
	}
	d := spec.Data{Name: "rows", Features: spec.FeaturesStandard, Missing: r.read.Missing, Schema: demo.WithBounds(schema, table)}
	asked := spec.SuggestTask(kind, d)
	f, err := model.Initial(asked)
	if err != nil {
		return f, err
	}
	scaled, err := train.ToScale(f, table)
	if err != nil {
		return f, err
	}
	asked.Training.Epochs = 100
	result, err := train.Engine{}.Train(context.Background(), train.Job{Model: f.Model, Training: asked.Training, Weights: f.Weights, Table: scaled}, nil)
	f.Weights = result.Weights
	return f, err
}

// torchPython finds a Python that can load a model into PyTorch.
func torchPython(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(name); err == nil && exec.CommandContext(t.Context(), path, "-c", "import torch, safetensors.torch").Run() == nil {
			return path
		}
	}
	t.Skip("no python3 can import torch and safetensors")
	return ""
}

const penguins = `island,bill,mass,sex,species
Torgersen,39.1,3750,male,Adelie
Torgersen,39.5,3800,female,Adelie
Biscoe,NA,3250,female,Adelie
Biscoe,46.1,4500,,Gentoo
Biscoe,50,5700,male,Gentoo
Dream,46.5,3500,female,Chinstrap
Dream,50,3900,male,Chinstrap
Dream,51,4000,male,Chinstrap
`

// The lines of Python find the classes, or numbers, that predict finds.
func TestTorchFindsWhatPredictFinds(t *testing.T) {
	python, dir := torchPython(t), t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	birds := put("penguins.csv", penguins)
	impute := func(label string) tableFlags {
		return tableFlags{read: data.Options{Label: label, Missing: spec.MissingImpute}}
	}
	number := impute("mass")
	regression := true
	number.read.Regression = &regression
	for name, c := range map[string]struct {
		rows, kind string
		r          tableFlags
	}{
		"classes":           {"../../data/testdata/tables/label_str.csv", "", tableFlags{}},
		"huge numbers":      {"../../data/testdata/tables/huge_scale.csv", spec.ModelMLP, tableFlags{}},
		"missing cells":     {birds, "", impute("species")},
		"hidden layer":      {birds, spec.ModelMLP, impute("species")},
		"predicted numbers": {birds, "", number},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := learnedFrom(c.rows, c.kind, c.r)
			if err != nil {
				t.Fatal(err)
			}
			b, err := f.Encode()
			if err != nil {
				t.Fatal(err)
			}
			path := put("model.safetensors", string(b))
			lines, _ := runCommand(t, 0, "model", "show", path, "--torch")
			for line := range strings.Lines(lines) {
				if len(line) > 80+len(path) {
					t.Errorf("a line has %d bytes: %s", len(line), line)
				}
			}
			use := lines + `
import csv, sys
print(json.dumps(predict(csv.DictReader(open(sys.argv[1], newline="")))))
`
			out, err := exec.CommandContext(t.Context(), python, "-c", use, c.rows).Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, use)
			}
			var found []any
			if err := json.Unmarshal(out, &found); err != nil {
				t.Fatal(err)
			}
			rows, labelled, err := data.Read(c.rows, f.Data, data.Options{})
			if err != nil {
				t.Fatal(err)
			}
			each, _, err := predictRows(f, rows, labelled)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != len(each) {
				t.Fatalf("PyTorch finds %d rows, predict %d", len(found), len(each))
			}
			for i, p := range each {
				if p.Value != nil {
					const tolerance = 1e-5
					if got := found[i].(float64); math.Abs(got-float64(*p.Value)) > tolerance*math.Abs(float64(*p.Value)) {
						t.Errorf("row %d: PyTorch finds %v, predict %v", p.Row, got, *p.Value)
					}
				} else if found[i] != p.Class {
					t.Errorf("row %d: PyTorch finds %v, predict %v", p.Row, found[i], p.Class)
				}
			}
		})
	}
}

// The lines load every architecture: networks of all kinds of layers give the same classes
// to rows whose columns have places.
func TestTorchLoadsEveryLayer(t *testing.T) {
	python, dir := torchPython(t), t.TempDir()
	digits, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]int, 50)
	for i := range rows {
		rows[i] = 7 * i
	}
	few := digits.Select(rows)
	image := spec.Image{Height: 8, Width: 8, Channels: 1}
	for name, m := range map[string]spec.Model{
		"mlp":      {Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{20, 15}, Classes: 10},
		"cnnsmall": {Kind: spec.ModelCNNSmall, Inputs: 64, Image: image, Classes: 10},
		"layers": {Kind: spec.ModelLayers, Inputs: 64, Image: image, Classes: 10, Layers: []spec.Layer{
			{Kind: spec.LayerConv2D, Out: 4, Kernel: 3, Stride: 2, Padding: 1},
			{Kind: spec.LayerReLU},
			{Kind: spec.LayerMaxPool, Size: 2},
			{Kind: spec.LayerDropout, Rate: 250_000},
			{Kind: spec.LayerDense, Out: 10},
		}},
	} {
		weights, err := model.Init(m)
		if err != nil {
			t.Fatal(err)
		}
		b, err := model.File{Model: m, Weights: weights}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		lines, _ := runCommand(t, 0, "model", "show", path, "--torch")
		x, err := json.Marshal(few.X)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), python, "-c", lines+"\nprint(predict(torch.tensor(json.loads('"+string(x)+"')).reshape(50, 64)))").Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, lines)
		}
		var got []int32
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		want, err := train.Predict(m, weights, few)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: row %d: PyTorch finds %d, predict %d", name, i, got[i], want[i])
			}
		}
	}
}
