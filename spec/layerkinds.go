package spec

import (
	"fmt"
	"strings"
)

// The words of model.layers.kind.
const (
	LayerDense   = "dense"
	LayerConv2D  = "conv2d"
	LayerMaxPool = "maxpool"
	LayerReLU    = "relu"
	LayerDropout = "dropout"
)

// LayerKinds lists the words of model.layers.kind. Each meaning ends with the fields of the
// kind.
func LayerKinds() (words []Word) {
	for _, k := range layerKinds() {
		if len(k.fields) > 0 {
			k.Meaning += "; fields: " + strings.Join(k.fields, ", ")
		}
		words = append(words, k.Word)
	}
	return words
}

// layerKind describes all layers of one kind. Package train computes them.
type layerKind struct {
	Word
	fields []string // fields of [Layer] that the kind uses
	image  bool     // the input must be an image
	flat   bool     // the output is not an image
	// filled sets the defaults of fields that are zero; nil if there are none.
	filled func(l Layer) Layer
	// wrong says what is wrong with the fields of a layer; nil if nothing can be.
	wrong func(l Layer) string
	// out is the shape of the output, or why the layer cannot take this input; nil if the
	// shape does not change.
	out func(l Layer, in Image) (Image, string)
	// weight is the shape of the weights, [out, in, ...]; nil if the kind has none.
	weight func(l Layer, in Image) []int
}

func layerKinds() []layerKind {
	return []layerKind{
		{
			Word:   Word{LayerDense, "each output is a weighted sum of all inputs, plus a bias"},
			fields: []string{"out"},
			flat:   true,
			wrong:  wrongOut,
			out: func(l Layer, _ Image) (Image, string) {
				return Image{Height: 1, Width: 1, Channels: l.Out}, ""
			},
			weight: func(l Layer, in Image) []int { return []int{int(l.Out), in.Values()} },
		},
		{
			Word:   Word{LayerConv2D, "slides square kernels over an image; each gives a channel, whose values are the weighted sum of the pixels under the kernel, plus a bias"},
			fields: []string{"out", "kernel", "stride", "padding"},
			image:  true,
			filled: func(l Layer) Layer {
				l.Stride = max(l.Stride, 1)
				return l
			},
			wrong: wrongKernel,
			out:   convolved,
			weight: func(l Layer, in Image) []int {
				return []int{int(l.Out), int(in.Channels), int(l.Kernel), int(l.Kernel)}
			},
		},
		{
			Word:   Word{LayerMaxPool, "keeps the largest value of each square window of an image, and drops incomplete windows at the edge"},
			fields: []string{"size"},
			image:  true,
			wrong: func(l Layer) string {
				if l.Size < 2 || l.Size > MaxKernel {
					return fmt.Sprintf("size is %d: want 2 to %d", l.Size, MaxKernel)
				}
				return ""
			},
			out: pooled,
		},
		{
			Word: Word{LayerReLU, "replaces negative values by 0"},
		},
		{
			Word:   Word{LayerDropout, "sets a fraction of the values to 0 while a network is trained and scales the others up to keep the mean (Srivastava et al. 2014, section 10)"},
			fields: []string{"rate"},
			wrong: func(l Layer) string {
				if l.Rate == 0 || l.Rate >= One {
					return fmt.Sprintf("rate is %s: want more than 0 and less than 1", l.Rate)
				}
				return ""
			},
		},
	}
}

func wrongOut(l Layer) string {
	if l.Out == 0 || l.Out > MaxWidth {
		return fmt.Sprintf("out is %d: want 1 to %d", l.Out, MaxWidth)
	}
	return ""
}

func wrongKernel(l Layer) string {
	switch {
	case wrongOut(l) != "":
		return wrongOut(l)
	case l.Kernel == 0 || l.Kernel > MaxKernel:
		return fmt.Sprintf("kernel is %d: want 1 to %d", l.Kernel, MaxKernel)
	case l.Stride > MaxKernel:
		return fmt.Sprintf("stride is %d: want 1 to %d", l.Stride, MaxKernel)
	case l.Padding >= l.Kernel:
		return fmt.Sprintf("padding is %d: want less than the kernel, %d", l.Padding, l.Kernel)
	}
	return ""
}

func convolved(l Layer, in Image) (out Image, why string) {
	if in.Height+2*l.Padding < l.Kernel || in.Width+2*l.Padding < l.Kernel {
		return out, fmt.Sprintf("a kernel of %d does not fit on its input of %s, padded by %d", l.Kernel, in, l.Padding)
	}
	out = Image{
		Height:   (in.Height+2*l.Padding-l.Kernel)/l.Stride + 1,
		Width:    (in.Width+2*l.Padding-l.Kernel)/l.Stride + 1,
		Channels: l.Out,
	}
	under := uint64(out.Height) * uint64(out.Width) * uint64(in.Channels) * uint64(l.Kernel) * uint64(l.Kernel)
	if out.Values() <= MaxWidth && under > MaxPatches {
		return out, fmt.Sprintf("the kernel covers %d values over all its positions: want at most %d", under, MaxPatches)
	}
	return out, ""
}

func pooled(l Layer, in Image) (out Image, why string) {
	if in.Height < l.Size || in.Width < l.Size {
		return out, fmt.Sprintf("a window of %d does not fit on its input of %s", l.Size, in)
	}
	return Image{Height: in.Height / l.Size, Width: in.Width / l.Size, Channels: in.Channels}, ""
}
