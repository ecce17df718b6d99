package model

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/althing-network/althing/spec"
)

// maxResavedHeader bounds the header of a file that another program wrote, in bytes.
const maxResavedHeader = 1 << 20

// foreignTensor is the entry of one tensor in the header of any safetensors file.
type foreignTensor struct {
	DType   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"` // begin and end, in bytes of the data
}

// OpenResaved reads a model that another program has loaded and saved again, for example the
// safetensors library. Such a header has another order of tensors, other white space, other
// metadata. If [Open] accepts the bytes, OpenResaved returns the same model. The architecture
// comes from the metadata "model"; if that is lost, it is derived from the shapes of dense
// layers, as softmax, linear or mlp. A file with a scale needs the metadata "rows", too,
// because only that names the scaled columns. Layers may be named "layers.N.weight" or, as in
// nn.Sequential, "N.weight".
//
// It is for users of a model. Nodes read the models that they agree on only by [Decode] and
// [Open], because a resaved model has other bytes than the canonical ones.
func OpenResaved(b []byte) (File, error) {
	if f, err := Open(b); err == nil {
		return f, nil
	}
	metadata, tensors, data, err := readForeign(b)
	if err != nil {
		return File{}, err
	}
	if tensors, err = withLayoutNames(tensors); err != nil {
		return File{}, err
	}
	m, err := architectureOf(metadata, tensors)
	if err != nil {
		return File{}, err
	}
	d, err := parseRows(metadata["rows"])
	if err != nil {
		return File{}, fmt.Errorf("%w: rows: %w", ErrModel, err)
	}
	_, scaled := tensors["rows.shift"]
	if scaled && d.Schema.IsZero() {
		return File{}, fmt.Errorf("%w: its metadata %q, which names its columns, is lost: %s", ErrModel, "rows", keepMetadata)
	}
	f := File{Model: m, Data: StatedRows(d)}
	layout, err := Layout(m)
	if err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrModel, err)
	}
	if f.Weights, err = tensors.takeAll(layout, data); err != nil {
		return File{}, err
	}
	if scaled {
		values, err := tensors.takeAll(scaleTensors(f.Data, 0), data)
		if err != nil {
			return File{}, err
		}
		f.Scale = scaleOf(f.Data, values)
	}
	if rest := slices.Sorted(maps.Keys(tensors)); len(rest) > 0 {
		return File{}, fmt.Errorf("%w: %s has no tensor %q", ErrModel, describe(m), rest[0])
	}
	return f, f.validate()
}

const keepMetadata = "save it with its original metadata"

// tensorTable are the tensors of a file by name.
type tensorTable map[string]foreignTensor

// takeAll removes the tensors of a layout and returns their values in its order.
func (f tensorTable) takeAll(layout []Tensor, data []byte) ([]float32, error) {
	var all []float32
	for _, t := range layout {
		values, err := f.take(t.Name, t.Shape, data)
		if err != nil {
			return nil, err
		}
		all = append(all, values...)
	}
	return all, nil
}

// take removes a tensor and returns its values.
func (f tensorTable) take(name string, shape []int, data []byte) ([]float32, error) {
	t, ok := f[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: there is no tensor %q", ErrModel, name)
	case t.DType != "F32":
		return nil, fmt.Errorf("%w: tensor %q is %s: want F32", ErrModel, name, t.DType)
	case !slices.Equal(t.Shape, shape):
		return nil, fmt.Errorf("%w: tensor %q has the shape %v: want %v", ErrModel, name, t.Shape, shape)
	case t.Offsets[0] > t.Offsets[1] || t.Offsets[1] > uint64(len(data)):
		return nil, fmt.Errorf("%w: tensor %q has the offsets %v in %d bytes of data", ErrModel, name, t.Offsets, len(data))
	}
	n := 1
	for _, side := range shape {
		n *= side
	}
	values, err := readFloats(data[t.Offsets[0]:t.Offsets[1]], n)
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", name, err)
	}
	delete(f, name)
	return values, nil
}

// readForeign splits any safetensors file into metadata, tensors and their bytes.
func readForeign(b []byte) (metadata map[string]string, tensors tensorTable, data []byte, err error) {
	if len(b) < lengthSize {
		return nil, nil, nil, fmt.Errorf("%w: %d bytes are too few for a header", ErrModel, len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxResavedHeader || n > uint64(len(b)-lengthSize) {
		return nil, nil, nil, fmt.Errorf("%w: its first eight bytes are not the length of a safetensors header", ErrModel)
	}
	var head map[string]json.RawMessage
	if err := json.Unmarshal(b[lengthSize:lengthSize+n], &head); err != nil {
		return nil, nil, nil, fmt.Errorf("%w: header is not JSON: %w", ErrModel, err)
	}
	tensors = make(tensorTable, len(head))
	for name, text := range head {
		if name == "__metadata__" {
			err = json.Unmarshal(text, &metadata)
		} else {
			var t foreignTensor
			err = json.Unmarshal(text, &t)
			tensors[name] = t
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("%w: header of %q: %w", ErrModel, name, err)
		}
	}
	return metadata, tensors, b[lengthSize+n:], nil
}

// withLayoutNames renames tensors of nn.Sequential, which numbers all layers ("0.weight",
// "2.weight"), to the names of [Layout], which numbers only layers with weights.
func withLayoutNames(tensors tensorTable) (tensorTable, error) {
	places := map[int]bool{}
	for name := range tensors {
		if place, _, ok := parseSequentialName(name); ok {
			places[place] = true
		}
	}
	order, renamed := slices.Sorted(maps.Keys(places)), make(tensorTable, len(tensors))
	for name, t := range tensors {
		if place, parameter, ok := parseSequentialName(name); ok {
			at, _ := slices.BinarySearch(order, place)
			name = fmt.Sprintf("layers.%d.%s", at, parameter)
		}
		if _, twice := renamed[name]; twice {
			return nil, fmt.Errorf("%w: two tensors are named %q", ErrModel, name)
		}
		renamed[name] = t
	}
	return renamed, nil
}

// parseSequentialName parses the name of a layer's weight or bias in nn.Sequential.
func parseSequentialName(name string) (place int, parameter string, ok bool) {
	number, parameter, found := strings.Cut(name, ".")
	place, err := strconv.Atoi(number)
	return place, parameter, found && err == nil && place >= 0 && strconv.Itoa(place) == number && (parameter == "weight" || parameter == "bias")
}

// architectureOf returns the architecture that a file states in its metadata or, without
// that, by the shapes of its layers.
func architectureOf(metadata map[string]string, tensors tensorTable) (m spec.Model, err error) {
	if text := metadata["model"]; text != "" {
		m, err = parseArchitecture(text)
		if err != nil {
			return m, fmt.Errorf("%w: architecture: %w", ErrModel, err)
		}
	} else if m, err = perceptronOf(tensors); err != nil {
		return m, fmt.Errorf("%w: its metadata %q is lost, and %w: %s", ErrModel, "model", err, keepMetadata)
	}
	if err := Validate(m); err != nil {
		return m, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return m, nil
}

// perceptronOf derives the architecture from the shapes of dense layers.
func perceptronOf(tensors tensorTable) (m spec.Model, err error) {
	for {
		name := fmt.Sprintf("layers.%d.weight", len(m.Hidden))
		t, ok := tensors[name]
		switch {
		case !ok && len(m.Hidden) == 0:
			return m, errors.New("there is no dense layer")
		case !ok:
			last := len(m.Hidden) - 1
			m.Kind, m.Classes, m.Hidden = spec.ModelMLP, m.Hidden[last], m.Hidden[:last]
			if last == 0 {
				m.Kind, m.Hidden = spec.ModelSoftmax, nil
			}
			if m.Regression() {
				m.Loss = spec.LossMSE
			}
			if m.Regression() && last == 0 {
				m.Kind = spec.ModelLinear
			}
			return m, nil
		case len(t.Shape) != 2:
			return m, fmt.Errorf("%q has the shape %v: want the two dimensions of a dense layer", name, t.Shape)
		case t.Shape[0] < 1 || t.Shape[0] > spec.MaxWidth || t.Shape[1] < 1 || t.Shape[1] > spec.MaxWidth:
			return m, fmt.Errorf("%q has the shape %v: want sides of 1 to %d", name, t.Shape, spec.MaxWidth)
		case len(m.Hidden) == 0:
			m.Inputs = uint32(t.Shape[1])
		}
		m.Hidden = append(m.Hidden, uint32(t.Shape[0]))
	}
}
