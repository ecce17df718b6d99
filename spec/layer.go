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
	Kind    string `json:"kind" yaml:"kind"`                           // LayerDense, LayerConv2D, LayerMaxPool, LayerReLU or LayerDropout
	Out     uint32 `json:"out,omitempty" yaml:"out,omitempty"`         // dense: width; conv2d: channels
	Kernel  uint32 `json:"kernel,omitempty" yaml:"kernel,omitempty"`   // conv2d: pixels a side
	Stride  uint32 `json:"stride,omitempty" yaml:"stride,omitempty"`   // conv2d: pixels between two places of the kernel; 0: 1
	Padding uint32 `json:"padding,omitempty" yaml:"padding,omitempty"` // conv2d: pixels of zeros around the image
	Size    uint32 `json:"size,omitempty" yaml:"size,omitempty"`       // maxpool: pixels a side of a window, and between two of them
	Rate    PPM    `json:"rate,omitempty" yaml:"rate,omitempty"`       // dropout: the fraction that is dropped
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

// kind is what is known of all layers of one kind: one file each. What a layer
// computes is in package train.
type kind struct {
	name   string
	fields []string // of [Layer], those it has
	image  bool     // it needs one
	flat   bool     // what it puts out is none
	// filled is a layer with what it does not say; nil where it says all.
	filled func(l Layer) Layer
	// wrong says what is wrong with the fields of a layer.
	wrong func(l Layer) string
	// out is what comes out of a layer, or why nothing does.
	out func(l Layer, in Image) (Image, string)
	// weight is the shape of its weights, [out, in, ...]; nil where it has none.
	weight func(l Layer, in Image) []int
}

func kinds() []kind { return []kind{dense(), conv2D(), maxPool(), relu(), dropout()} }

// kind finds what is known of a layer.
func (l Layer) kind() (kind, string) {
	var names []string
	for _, k := range kinds() {
		if k.name == l.Kind {
			return k, ""
		}
		names = append(names, k.name)
	}
	last := len(names) - 1
	return kind{}, fmt.Sprintf("unknown kind %q: want %s or %s", l.Kind, strings.Join(names[:last], ", "), names[last])
}

// check finds the first field that a layer of this kind has not, or that is wrong.
func (k kind) check(l Layer) string {
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

// same is the out of a layer that keeps the shape of what comes in.
func same(_ Layer, in Image) (Image, string) { return in, "" }
