package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Layer is one step of an architecture. Each kind uses some of the fields; the others are
// zero. An image that enters a dense layer is flattened without a layer for it: its values
// keep their order.
type Layer struct {
	Kind    string `json:"kind" yaml:"kind"`                           // one of [LayerKinds]
	Out     uint32 `json:"out,omitempty" yaml:"out,omitempty"`         // outputs of a dense layer, channels of a convolution
	Kernel  uint32 `json:"kernel,omitempty" yaml:"kernel,omitempty"`   // side of the kernel, in pixels
	Stride  uint32 `json:"stride,omitempty" yaml:"stride,omitempty"`   // step of the kernel, in pixels; 0 stands for 1
	Padding uint32 `json:"padding,omitempty" yaml:"padding,omitempty"` // zeros around the image, in pixels
	Size    uint32 `json:"size,omitempty" yaml:"size,omitempty"`       // side and step of a pooling window, in pixels
	Rate    PPM    `json:"rate,omitempty" yaml:"rate,omitempty"`       // fraction of the values that dropout sets to 0
}

// field is a field of a layer and its value as text.
type field struct{ name, value string }

// fields lists the fields that are not zero, in their order.
func (l Layer) fields() []field {
	all := []field{
		{"out", fmt.Sprint(l.Out)},
		{"kernel", fmt.Sprint(l.Kernel)},
		{"stride", fmt.Sprint(l.Stride)},
		{"padding", fmt.Sprint(l.Padding)},
		{"size", fmt.Sprint(l.Size)},
		{"rate", l.Rate.String()},
	}
	return slices.DeleteFunc(all, func(f field) bool { return f.value == "0" })
}

// String is like "conv2d out 32 kernel 5 padding 2".
func (l Layer) String() string {
	words := []string{l.Kind}
	for _, f := range l.fields() {
		words = append(words, f.name, f.value)
	}
	return strings.Join(words, " ")
}

// kind finds the kind of a layer, or says why there is none.
func (l Layer) kind() (k layerKind, why string) {
	for _, k := range layerKinds() {
		if k.Name == l.Kind {
			return k, ""
		}
	}
	return layerKind{}, fmt.Sprintf("unknown kind %q: want %s", l.Kind, ChoiceOf(LayerKinds()))
}

// check says what is wrong with the first field that is wrong or that this kind of layer
// does not have; empty if all fields are right.
func (k layerKind) check(l Layer) string {
	for _, f := range l.fields() {
		if !slices.Contains(k.fields, f.name) {
			return "a layer of this kind has no field " + f.name
		}
	}
	if k.wrong == nil {
		return ""
	}
	return k.wrong(l)
}
