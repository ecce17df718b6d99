package model_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// smallHeader is the whole JSON header of a file of the small model.
const smallHeader = `{"__metadata__":{"format":"althing/1","model":"{\"kind\":\"mlp\",\"inputs\":3,\"hidden\":[2],\"classes\":2,\"seed\":7}"},` +
	`"layers.0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},` +
	`"layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},` +
	`"layers.1.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[32,48]},` +
	`"layers.1.bias":{"dtype":"F32","shape":[2],"data_offsets":[48,56]}}`

// file assembles a safetensors file of the small model's 14 weights.
func file(header string, weights []float32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for _, v := range weights {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// padded rounds a header up to a multiple of eight bytes.
func padded(header string) string {
	return header + strings.Repeat(" ", (8-len(header)%8)%8)
}

func count14() []float32 {
	return []float32{0, 1, -2, 3.5, 1e-40, math.MaxFloat32, 6, 7, 8, 9, 10, 11, 12, float32(math.Copysign(0, -1))}
}

func TestEncodeBytes(t *testing.T) {
	got, err := model.File{Model: small(), Weights: count14()}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file(padded(smallHeader), count14()), got); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestFileRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := architectures().Draw(t, "model")
		n, err := model.Size(m)
		if err != nil {
			t.Fatal(err)
		}
		weights := rapid.SliceOfN(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32), n, n).Draw(t, "weights")
		want := model.File{Model: m, Weights: weights}
		copy(want.State[:], rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(t, "state"))
		b, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := model.Open(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, got.Model); diff != "" {
			t.Fatalf("architecture (-want +got):\n%s", diff)
		}
		if got.State != want.State {
			t.Fatalf("state %s, want %s", got.State, want.State)
		}
		for i := range weights {
			if math.Float32bits(got.Weights[i]) != math.Float32bits(weights[i]) {
				t.Fatalf("weight %d is %v, want %v", i, got.Weights[i], weights[i])
			}
		}
		if size, err := want.Size(); err != nil || size != int64(len(b)) {
			t.Fatalf("file size %d (%v), want %d", size, err, len(b))
		}
		if digest, err := want.Digest(); err != nil || digest != spec.DigestOf(b) {
			t.Fatalf("digest %s (%v), want %s", digest, err, spec.DigestOf(b))
		}
		if header := binary.LittleEndian.Uint64(b); header%8 != 0 {
			t.Fatalf("header of %d bytes: want a multiple of eight", header)
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	whole := file(padded(smallHeader), count14())
	change := func(from, to string) []byte {
		header := strings.Replace(smallHeader, from, to, 1)
		if header == smallHeader {
			t.Fatalf("the header does not hold %s", from)
		}
		return file(padded(header), count14())
	}
	weight := func(v float32) []byte {
		w := count14()
		w[3] = v
		return file(padded(smallHeader), w)
	}
	long := binary.LittleEndian.AppendUint64(nil, 1<<40)
	for _, test := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "too few for a header"},
		{"no header", whole[:7], "too few for a header"},
		{"half a header", whole[:40], "truncated"},
		{"header too long", append(long, whole[8:]...), "not the length of a safetensors header"},
		{"weight missing", whole[:len(whole)-4], "52 bytes of weights: want 56"},
		{"half a weight missing", whole[:len(whole)-2], "54 bytes of weights: want 56"},
		{"trailing byte", append(bytes.Clone(whole), 0), "57 bytes of weights: want 56"},
		{"not JSON", change(`{"__metadata__"`, `["__metadata__"`), "canonical"},
		{"overlapping tensors", change("[24,32]", "[20,28]"), "canonical"},
		{"a hole between tensors", change("[24,32]", "[28,36]"), "canonical"},
		{"missing tensor", change(`"layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},`, ""), "canonical"},
		{"extra tensor", change(`"layers.0.weight":`, `"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"layers.0.weight":`), "canonical"},
		{"wrong type", change("F32", "I32"), "canonical"},
		{"wrong shape", change("[2,3]", "[3,2]"), "canonical"},
		{"space in the header", change(",", ", "), "canonical"},
		{"header not padded", file(smallHeader, count14()), "canonical"},
		{"header padded twice", file(padded(smallHeader)+"        ", count14()), "canonical"},
		{"other format", change("althing/1", "althing/2"), "canonical"},
		{"other seed", change(`\"seed\":7`, `\"seed\":8`), "it is mlp 3-2-2 seed 8: want mlp 3-2-2 seed 7"},
		{"other architecture", change(`\"inputs\":3`, `\"inputs\":4`), "it is mlp 4-2-2 seed 7"},
		{"a state that is no digest", change(`"model":`, `"state":"12","model":`), "header is not the canonical one"},
		{"a state of zeros", change(`"model":`, `"state":"`+strings.Repeat("0", 64)+`","model":`), "header is not the canonical one"},
		{"NaN", weight(float32(math.NaN())), "weight 3 is NaN"},
		{"infinite", weight(float32(math.Inf(1))), "weight 3 is +Inf"},
		{"minus infinite", weight(float32(math.Inf(-1))), "weight 3 is -Inf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := model.Decode(small(), spec.Data{}, test.b)
			if !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v: want one that says %q", err, test.want)
			}
			if got.Weights != nil {
				t.Error("weights are returned with the error")
			}
			if _, err := model.Open(test.b); !errors.Is(err, model.ErrModel) && test.name != "other seed" {
				t.Errorf("open: error %v: want %v", err, model.ErrModel)
			}
		})
	}
}

func TestOpenRefusesAnImpossibleArchitecture(t *testing.T) {
	for _, header := range []string{
		strings.Replace(smallHeader, `\"inputs\":3`, `\"inputs\":0`, 1),
		strings.Replace(smallHeader, `\"inputs\":3`, `\"inputs\":4000000000`, 1),
		strings.Replace(smallHeader, "mlp", "cnn", 1),
		strings.Replace(smallHeader, `\"seed\":7`, `\"seed\":07`, 1),
		strings.Replace(smallHeader, `\"seed\":7`, `\"seed\":7,\"extra\":1`, 1),
	} {
		if _, err := model.Open(file(padded(header), count14())); !errors.Is(err, model.ErrModel) {
			t.Errorf("error %v for %s", err, header)
		}
	}
}

// TestOpenTakesNoMemoryForMissingWeights: a header that promises many weights in a file
// without them does not make Open allocate memory for them.
func TestOpenTakesNoMemoryForMissingWeights(t *testing.T) {
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 1023, Classes: 4096}
	b, err := model.File{Model: m, Weights: make([]float32, 4<<20)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	head := b[:len(b)-16<<20]
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = model.Open(head)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), "0 bytes of weights: want 16777216") {
		t.Errorf("error %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("a header alone takes %d bytes of memory", took)
	}
}

func TestEncodeRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := (model.File{Model: small(), Weights: make([]float32, 13)}).EncodeTo(&b); !errors.Is(err, model.ErrModel) {
		t.Errorf("13 weights for 14: error %v", err)
	}
	bad := count14()
	bad[13] = float32(math.NaN())
	if err := (model.File{Model: small(), Weights: bad}).EncodeTo(&b); !errors.Is(err, model.ErrModel) {
		t.Errorf("NaN: error %v", err)
	}
	if b.Len() != 0 {
		t.Errorf("%d bytes are written before the error", b.Len())
	}
	if _, err := (model.File{Model: spec.Model{}, Weights: nil}).Encode(); err == nil {
		t.Error("a model without a kind is encoded")
	}
	r, w := io.Pipe()
	if err := r.CloseWithError(io.ErrClosedPipe); err != nil {
		t.Fatal(err)
	}
	if err := (model.File{Model: small(), Weights: count14()}).EncodeTo(w); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a failed write gives %v", err)
	}
}

// FuzzDecode opens any bytes as a model: an accepted file encodes to the same bytes.
func FuzzDecode(f *testing.F) {
	whole := file(padded(smallHeader), count14())
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(file(smallHeader, nil))
	f.Add([]byte{})
	softmax := spec.Model{Kind: spec.ModelSoftmax, Inputs: 1, Classes: 2}
	b, err := model.File{Model: softmax, Weights: []float32{1, 2, 3, 4}}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	if b, err = (model.File{Model: softmax, Weights: []float32{1, 2, 3, 4}, State: spec.Digest{1}}).Encode(); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	for _, m := range stated() {
		f.Add(blank(f, m, spec.Digest{2}))
	}
	for _, file := range tabular(f) {
		b, err := file.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := model.Open(b)
		if err != nil {
			if !errors.Is(err, model.ErrModel) {
				t.Fatalf("error %v does not wrap %v", err, model.ErrModel)
			}
			return
		}
		encoded, err := got.Encode()
		if err != nil || !bytes.Equal(encoded, b) {
			t.Fatalf("an accepted file encodes to other bytes (%v)", err)
		}
		if _, err := model.Decode(got.Model, got.Data, b); err != nil {
			t.Fatalf("Open accepts a file that Decode refuses: %v", err)
		}
	})
}
