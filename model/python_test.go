package model_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/model"
)

// TestPythonOpensTheFile: the reference implementation of safetensors opens a model file.
func TestPythonOpensTheFile(t *testing.T) {
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
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	const script = `
import sys
from safetensors import safe_open
with safe_open(sys.argv[1], framework="numpy") as f:
    print(f.metadata()["format"], f.metadata()["model"])
    for name in sorted(f.keys()):
        tensor = f.get_tensor(name)
        print(name, tensor.dtype, tensor.shape, tensor.tolist())
`
	got, err := exec.CommandContext(t.Context(), python, "-c", script, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	want := `althing/1 {"kind":"mlp","inputs":3,"hidden":[2],"classes":2,"seed":7}
layers.0.bias float32 (2,) [6.0, 7.0]
layers.0.weight float32 (2, 3) [[0.0, 1.0, -2.0], [3.5, 9.99994610111476e-41, 3.4028234663852886e+38]]
layers.1.bias float32 (2,) [12.0, -0.0]
layers.1.weight float32 (2, 2) [[8.0, 9.0], [10.0, 11.0]]
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("python reads (-want +got):\n%s", diff)
	}
}
