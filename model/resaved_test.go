package model_test

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Headers of the small model as another program might write them: biases first, metadata
// behind the tensors or lost, white space, names of nn.Sequential.
const (
	smallKept = `{ "layers.0.bias": {"data_offsets": [0, 8], "shape": [2], "dtype": "F32"},
 "layers.0.weight": {"data_offsets": [8, 32], "shape": [2, 3], "dtype": "F32"},
 "layers.1.bias": {"data_offsets": [32, 40], "shape": [2], "dtype": "F32"},
 "layers.1.weight": {"data_offsets": [40, 56], "shape": [2, 2], "dtype": "F32"},
 "__metadata__": {"model": "{\"kind\":\"mlp\",\"inputs\":3,\"hidden\":[2],\"classes\":2,\"seed\":7}", "format": "pt", "by": "somebody"} }   `
	smallLost       = `{"layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"layers.0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"layers.1.bias":{"dtype":"F32","shape":[2],"data_offsets":[32,40]},"layers.1.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[40,56]}}`
	smallSequential = `{"0.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"2.bias":{"dtype":"F32","shape":[2],"data_offsets":[32,40]},"2.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[40,56]}}`
)

// resaved14 are the weights of the small model with each bias in front of the weights.
func resaved14() []float32 {
	w := count14()
	return []float32{w[6], w[7], w[0], w[1], w[2], w[3], w[4], w[5], w[12], w[13], w[8], w[9], w[10], w[11]}
}

func TestOpenResaved(t *testing.T) {
	seedless := small()
	seedless.Seed = 0
	softmax := spec.Model{Kind: spec.ModelSoftmax, Inputs: 1, Classes: 2}
	for name, c := range map[string]struct {
		b    []byte
		want model.File
	}{
		"canonical":     {file(padded(smallHeader), count14()), model.File{Model: small(), Weights: count14()}},
		"metadata kept": {file(smallKept, resaved14()), model.File{Model: small(), Weights: count14()}},
		"metadata lost": {file(smallLost, resaved14()), model.File{Model: seedless, Weights: count14()}},
		"nn.Sequential": {file(smallSequential, resaved14()), model.File{Model: seedless, Weights: count14()}},
		"one layer": {
			file(`{"layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"layers.0.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}`, []float32{1, 2, 3, 4}),
			model.File{Model: softmax, Weights: []float32{1, 2, 3, 4}},
		},
		"one number": {
			file(`{"layers.0.bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"layers.0.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}`, []float32{1, 2, 3}),
			model.File{Model: spec.Model{Kind: spec.ModelLinear, Inputs: 2, Classes: 1, Loss: spec.LossMSE}, Weights: []float32{1, 2, 3}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := model.Open(c.b); (err == nil) != (name == "canonical") {
				t.Errorf("Open returns %v: want an error for all files but the canonical one", err)
			}
			got, err := model.OpenResaved(c.b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenResavedRefuses(t *testing.T) {
	broken := func(old, by string) []byte { return file(strings.Replace(smallLost, old, by, 1), resaved14()) }
	nan := resaved14()
	nan[2] = float32(math.NaN())
	for want, b := range map[string][]byte{
		"too few for a header":                                               {1},
		"not the length of a safetensors header":                             []byte("a,b,label\n1,2,0\n"),
		"header is not JSON":                                                 file("label   ", nil),
		`header of "layers.0.bias"`:                                          broken(`[0,8]`, `"all"`),
		`there is no tensor "layers.0.bias"`:                                 broken("layers.0.bias", "layers.0.bia"),
		`mlp 3-2-2 seed 0 has no tensor "more"`:                              broken("{", `{"more":{"dtype":"F32","shape":[],"data_offsets":[0,4]},`),
		`tensor "layers.1.bias" is F16: want F32`:                            broken(`"layers.1.bias":{"dtype":"F32"`, `"layers.1.bias":{"dtype":"F16"`),
		`"layers.0.bias" has the shape [1]: want [2]`:                        broken(`"layers.0.bias":{"dtype":"F32","shape":[2]`, `"layers.0.bias":{"dtype":"F32","shape":[1]`),
		`"layers.1.weight" has the shape [2 3]: want [2 2]`:                  broken(`"shape":[2,2]`, `"shape":[2,3]`),
		`has the offsets [40 60] in 56 bytes`:                                broken("[40,56]", "[40,60]"),
		`has the offsets [56 40] in 56 bytes`:                                broken("[40,56]", "[56,40]"),
		`tensor "layers.1.weight": model refused: 12 bytes`:                  broken("[40,56]", "[44,56]"),
		`tensor "layers.0.weight": model refused: weight 0`:                  file(smallLost, nan),
		`"layers.0.weight" has the shape [2 1 1 1]: want the two dimensions`: broken(`"shape":[2,3]`, `"shape":[2,1,1,1]`),
		`metadata "model" is lost, and there is no dense layer`:              file("{}", nil),
		`two tensors are named "layers.0.bias"`:                              broken("{", `{"5.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},`),
		`architecture: invalid character`:                                    broken("{", `{"__metadata__":{"model":"x"},`),
		`"layers.0.weight" has the shape [0 3]`:                              broken(`"shape":[2,3]`, `"shape":[0,3]`),
		`unknown kind "svm"`:                                                 broken("{", `{"__metadata__":{"model":"{\"kind\":\"svm\",\"inputs\":3,\"classes\":2}"},`),
	} {
		if _, err := model.OpenResaved(b); !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v: want %q in it", err, want)
		}
	}
}

// TestPythonSavesTheFileAgain: the reference implementation of safetensors loads a model and
// saves it again, with and without its metadata. Open refuses the new file, and OpenResaved
// finds the same weights.
func TestPythonSavesTheFileAgain(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	if err := exec.CommandContext(t.Context(), python, "-c", "import safetensors.numpy").Run(); err != nil {
		t.Skip("python3 cannot import safetensors.numpy")
	}
	b, err := model.File{Model: small(), Weights: count14()}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	const script = `
import sys
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
path, folder = sys.argv[1:]
with safe_open(path, framework="numpy") as f:
    save_file(load_file(path), folder + "/kept", metadata=f.metadata())
save_file(load_file(path), folder + "/lost")
`
	if out, err := exec.CommandContext(t.Context(), python, "-c", script, path, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"kept", "lost"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := model.Open(b); err == nil {
			t.Errorf("metadata %s: Open accepts the file, want an error", name)
		}
		got, err := model.OpenResaved(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := small()
		if name == "lost" {
			want.Seed = 0
		}
		if diff := cmp.Diff(model.File{Model: want, Weights: count14()}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// FuzzOpenResaved opens any bytes as a resaved model: an accepted model can be encoded and
// opened by Open.
func FuzzOpenResaved(f *testing.F) {
	for _, b := range [][]byte{file(padded(smallHeader), count14()), file(smallKept, resaved14()), file(smallLost, resaved14()), file(smallSequential, resaved14()), {}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := model.OpenResaved(b)
		if err != nil {
			if !errors.Is(err, model.ErrModel) {
				t.Fatalf("error %v does not wrap %v", err, model.ErrModel)
			}
			return
		}
		canonical, err := got.Encode()
		if err != nil {
			t.Fatalf("an accepted model cannot be encoded: %v", err)
		}
		opened, err := model.Open(canonical)
		if err != nil {
			t.Fatalf("Open refuses an encoded model: %v", err)
		}
		if diff := cmp.Diff(got, opened); diff != "" {
			t.Errorf("(-read +encoded and read):\n%s", diff)
		}
	})
}
