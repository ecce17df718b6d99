package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Layer is one step of an architecture. Each kind has fields of its own; the
// others stay empty. Between an image and a dense layer the values stay where
// they are: flattening is implied.
type Layer struct {
	Kind    string `json:"kind" yaml:"kind"`                           // one of [LayerKinds]
	Out     uint32 `json:"out,omitempty" yaml:"out,omitempty"`         // values that come out, or channels of an image
	Kernel  uint32 `json:"kernel,omitempty" yaml:"kernel,omitempty"`   // pixels a side
	Stride  uint32 `json:"stride,omitempty" yaml:"stride,omitempty"`   // pixels between two places of the kernel; 0: 1
	Padding uint32 `json:"padding,omitempty" yaml:"padding,omitempty"` // pixels of zeros around the image
	Size    uint32 `json:"size,omitempty" yaml:"size,omitempty"`       // pixels a side of a window, and between two of them
	Rate    PPM    `json:"rate,omitempty" yaml:"rate,omitempty"`       // a fraction of the values
}

// field is a field of a layer that says something.
type field struct{ name, value string }

// said lists the fields that say something, in their order.
func (l Layer) said() []field {
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
	for _, f := range l.said() {
		words = append(words, f.name, f.value)
	}
	return strings.Join(words, " ")
}

// kind finds what is known of a layer.
func (l Layer) kind() (layerKind, string) {
	for _, k := range layerKinds() {
		if k.Name == l.Kind {
			return k, ""
		}
	}
	return layerKind{}, fmt.Sprintf("unknown kind %q: want %s", l.Kind, choice(LayerKinds()))
}

// check finds the first field that a layer of this kind has not, or that is wrong.
func (k layerKind) check(l Layer) string {
	for _, f := range l.said() {
		if !slices.Contains(k.fields, f.name) {
			return "it has no field " + f.name
		}
	}
	if k.wrong == nil {
		return ""
	}
	return k.wrong(l)
}
