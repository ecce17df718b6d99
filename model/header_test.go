package model_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// stated are models by the text with which a header states them. Each field of an
// architecture is set in at least one of them.
func stated() map[string]spec.Model {
	return map[string]spec.Model{
		`{"kind":"softmax","inputs":1,"classes":2,"seed":0}`: {
			Kind: spec.ModelSoftmax, Inputs: 1, Classes: 2,
		},
		`{"kind":"mlp","inputs":3,"hidden":[2,5],"classes":2,"seed":18446744073709551615}`: {
			Kind: spec.ModelMLP, Inputs: 3, Hidden: []uint32{2, 5}, Classes: 2, Seed: math.MaxUint64,
		},
		`{"kind":"cnnsmall","inputs":40,"image":{"height":5,"width":4,"channels":2},"classes":3,"seed":1}`: {
			Kind: spec.ModelCNNSmall, Inputs: 40, Image: spec.Image{Height: 5, Width: 4, Channels: 2}, Classes: 3, Seed: 1,
		},
		`{"kind":"layers","inputs":48,"image":{"height":6,"width":8,"channels":1},"layers":[` +
			`{"kind":"conv2d","out":2,"kernel":3,"stride":2,"padding":1},{"kind":"relu"},{"kind":"maxpool","size":3},` +
			`{"kind":"dropout","rate":0.000001},{"kind":"dropout","rate":0.25},{"kind":"dense","out":2}` +
			`],"loss":"mse","classes":2,"seed":7}`: {
			Kind: spec.ModelLayers, Inputs: 48, Image: spec.Image{Height: 6, Width: 8, Channels: 1}, Layers: []spec.Layer{
				{Kind: spec.LayerConv2D, Out: 2, Kernel: 3, Stride: 2, Padding: 1},
				{Kind: spec.LayerReLU},
				{Kind: spec.LayerMaxPool, Size: 3},
				{Kind: spec.LayerDropout, Rate: 1},
				{Kind: spec.LayerDropout, Rate: 250_000},
				{Kind: spec.LayerDense, Out: 2},
			}, Loss: spec.LossMSE, Classes: 2, Seed: 7,
		},
	}
}

// blank is the file of a model with weights of zero.
func blank(t testing.TB, m spec.Model, state spec.Digest) []byte {
	t.Helper()
	n, err := model.Size(m)
	if err != nil {
		t.Fatal(err)
	}
	b, err := model.File{Model: m, Weights: make([]float32, n), State: state}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// headerIn is the JSON in front of a file.
func headerIn(b []byte) string {
	return string(b[8:][:binary.LittleEndian.Uint64(b)])
}

// TestHeaderStatesEveryField: every field of an architecture is encoded in the header and
// decoded from it.
func TestHeaderStatesEveryField(t *testing.T) {
	said := map[string]bool{}
	for want, m := range stated() {
		b := blank(t, m, spec.Digest{})
		var h struct {
			Metadata map[string]string `json:"__metadata__"`
		}
		if err := json.Unmarshal([]byte(headerIn(b)), &h); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"format": "althing/1", "model": want}, h.Metadata); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
		got, err := model.Open(b)
		if diff := cmp.Diff(m, got.Model); err != nil || diff != "" {
			t.Errorf("%v (-encoded +decoded):\n%s", err, diff)
		}
		noteFields(said, reflect.ValueOf(m))
	}
	delete(said, "spec.Model.Access") // who may have a model is no part of the architecture
	for name := range said {          // nor is where its weights come from
		if strings.HasPrefix(name, "spec.Init.") || name == "spec.Model.Init" {
			delete(said, name)
		}
	}
	for name, something := range said {
		if !something {
			t.Errorf("no model of this test has a value in the field %s: add one", name)
		}
	}
}

// noteFields records which fields of a struct, and of the structs in it, are not zero.
func noteFields(said map[string]bool, v reflect.Value) {
	for field, value := range v.Fields() {
		name := v.Type().String() + "." + field.Name
		said[name] = said[name] || !value.IsZero()
		switch {
		case value.Kind() == reflect.Struct:
			noteFields(said, value)
		case value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct:
			noteFields(said, reflect.Zero(value.Type().Elem()))
			for i := range value.Len() {
				noteFields(said, value.Index(i))
			}
		}
	}
}

// With these structs encoding/json writes the header of format althing/1. They are separate
// from the program's structs, so a change of those cannot change this expected result.
type (
	jsonModel struct {
		Kind    string      `json:"kind"`
		Inputs  uint32      `json:"inputs"`
		Hidden  []uint32    `json:"hidden,omitempty"`
		Image   jsonImage   `json:"image,omitzero"`
		Layers  []jsonLayer `json:"layers,omitempty"`
		Loss    string      `json:"loss,omitempty"`
		Classes uint32      `json:"classes"`
		Seed    uint64      `json:"seed"`
	}
	jsonImage struct {
		Height   uint32 `json:"height"`
		Width    uint32 `json:"width"`
		Channels uint32 `json:"channels"`
	}
	jsonLayer struct {
		Kind    string      `json:"kind"`
		Out     uint32      `json:"out,omitempty"`
		Kernel  uint32      `json:"kernel,omitempty"`
		Stride  uint32      `json:"stride,omitempty"`
		Padding uint32      `json:"padding,omitempty"`
		Size    uint32      `json:"size,omitempty"`
		Rate    json.Number `json:"rate,omitempty"`
	}
	jsonMetadata struct {
		Format string `json:"format"`
		Model  string `json:"model"`
		Rows   string `json:"rows,omitempty"`
		State  string `json:"state,omitempty"`
	}
	jsonTensor struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
)

// jsonHeader is a header as encoding/json writes it.
func jsonHeader(t testing.TB, m spec.Model, metadata jsonMetadata, tensors []model.Tensor) string {
	t.Helper()
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var layers []jsonLayer
	for _, l := range m.Layers {
		j := jsonLayer{Kind: l.Kind, Out: l.Out, Kernel: l.Kernel, Stride: l.Stride, Padding: l.Padding, Size: l.Size}
		if l.Rate != 0 {
			j.Rate = json.Number(strings.TrimRight(fmt.Sprintf("0.%06d", l.Rate), "0"))
		}
		layers = append(layers, j)
	}
	metadata.Model = text(jsonModel{m.Kind, m.Inputs, m.Hidden, jsonImage(m.Image), layers, m.Loss, m.Classes, m.Seed})
	b := `{"__metadata__":` + text(metadata)
	for _, x := range tensors {
		b += "," + text(x.Name) + ":" + text(jsonTensor{"F32", x.Shape, [2]int{4 * x.Offset, 4 * (x.Offset + x.Len)}})
	}
	return padded(b + "}")
}

func TestHeaderIsWhatEncodingJSONWrites(t *testing.T) {
	check := func(t *testing.T, m spec.Model, state spec.Digest) {
		t.Helper()
		tensors, err := model.Layout(m)
		if err != nil {
			t.Fatal(err)
		}
		metadata := jsonMetadata{Format: "althing/1"}
		if !state.IsZero() {
			metadata.State = state.String()
		}
		if diff := cmp.Diff(jsonHeader(t, m, metadata, tensors), headerIn(blank(t, m, state))); diff != "" {
			t.Fatalf("header (-encoding/json +ours):\n%s", diff)
		}
	}
	for _, m := range stated() {
		check(t, m, spec.Digest{})
		check(t, m, spec.Digest{0xab, 31: 0xcd})
	}
	empty := small()
	empty.Layers = []spec.Layer{} // says no more than nil
	check(t, empty, spec.Digest{})
	rapid.Check(t, func(rt *rapid.T) {
		var state spec.Digest
		copy(state[:], rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(rt, "state"))
		check(t, architectures().Draw(rt, "model"), state)
	})
}

// TestStateHeaderIsWhatEncodingJSONWrites: the same for the header of a state. The caller
// chooses the names of its tensors, so quotes and backslashes in them must be escaped.
func TestStateHeaderIsWhatEncodingJSONWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := architectures().Draw(rt, "model")
		n, err := model.Size(m)
		if err != nil {
			rt.Fatal(err)
		}
		names := rapid.SliceOfN(rapid.StringMatching(`[a-z_"\\é /:{}]*`), 0, 3).Draw(rt, "names")
		var tensors []model.Tensor
		var moments [][]float32
		for i, name := range names {
			tensors = append(tensors, model.Tensor{Name: name, Shape: []int{n}, Offset: i * n, Len: n})
			moments = append(moments, make([]float32, n))
		}
		b, err := model.EncodeState(m, names, moments)
		if err != nil {
			rt.Fatal(err)
		}
		want := jsonHeader(t, m, jsonMetadata{Format: "althing-state/1"}, tensors)
		if diff := cmp.Diff(want, headerIn(b)); diff != "" {
			rt.Fatalf("header (-encoding/json +ours):\n%s", diff)
		}
		if got, err := model.DecodeState(m, names, bytes.Clone(b)); err != nil || len(got) != len(names) {
			rt.Fatalf("%d moments come back (%v)", len(got), err)
		}
	})
}
