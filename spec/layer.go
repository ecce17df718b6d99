package spec

import (
	"errors"
	"fmt"
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

// validate reports what is wrong with a layer by itself.
func (l Layer) validate() error {
	dense, conv, pool, drop := l.Kind == LayerDense, l.Kind == LayerConv2D, l.Kind == LayerMaxPool, l.Kind == LayerDropout
	for _, c := range []struct {
		wrong bool
		why   string
	}{
		{!dense && !conv && !pool && !drop && l.Kind != LayerReLU, fmt.Sprintf("unknown kind %q: want dense, conv2d, maxpool, relu or dropout", l.Kind)},
		{!dense && !conv && l.Out > 0, "it has no field out"},
		{!conv && l.Kernel > 0, "it has no field kernel"},
		{!conv && l.Stride > 0, "it has no field stride"},
		{!conv && l.Padding > 0, "it has no field padding"},
		{!pool && l.Size > 0, "it has no field size"},
		{!drop && l.Rate > 0, "it has no field rate"},
		{(dense || conv) && (l.Out == 0 || l.Out > MaxWidth), fmt.Sprintf("out is %d: want 1 to %d", l.Out, MaxWidth)},
		{conv && (l.Kernel == 0 || l.Kernel > MaxKernel), fmt.Sprintf("kernel is %d: want 1 to %d", l.Kernel, MaxKernel)},
		{conv && l.Stride > MaxKernel, fmt.Sprintf("stride is %d: want 1 to %d", l.Stride, MaxKernel)},
		{conv && l.Padding >= l.Kernel, fmt.Sprintf("padding is %d: want less than the kernel, %d", l.Padding, l.Kernel)},
		{pool && (l.Size < 2 || l.Size > MaxKernel), fmt.Sprintf("size is %d: want 2 to %d", l.Size, MaxKernel)},
		{drop && (l.Rate == 0 || l.Rate >= One), fmt.Sprintf("rate is %s: want more than 0 and less than 1", l.Rate)},
	} {
		if c.wrong {
			return errors.New(c.why)
		}
	}
	return nil
}
