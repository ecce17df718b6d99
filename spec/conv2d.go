package spec

import "fmt"

// LayerConv2D is the word for a convolution in a task file.
const LayerConv2D = "conv2d"

// conv2D slides out kernels over an image and puts out a channel each.
func conv2D() kind {
	return kind{
		name:   LayerConv2D,
		fields: []string{"out", "kernel", "stride", "padding"},
		image:  true,
		filled: func(l Layer) Layer {
			l.Stride = max(l.Stride, 1)
			return l
		},
		wrong: func(l Layer) string {
			switch {
			case l.wrongOut() != "":
				return l.wrongOut()
			case l.Kernel == 0 || l.Kernel > MaxKernel:
				return fmt.Sprintf("kernel is %d: want 1 to %d", l.Kernel, MaxKernel)
			case l.Stride > MaxKernel:
				return fmt.Sprintf("stride is %d: want 1 to %d", l.Stride, MaxKernel)
			case l.Padding >= l.Kernel:
				return fmt.Sprintf("padding is %d: want less than the kernel, %d", l.Padding, l.Kernel)
			}
			return ""
		},
		out: convolved,
		weight: func(l Layer, in Image) []int {
			return []int{int(l.Out), int(in.Channels), int(l.Kernel), int(l.Kernel)}
		},
	}
}

func convolved(l Layer, in Image) (out Image, why string) {
	if in.Height+2*l.Padding < l.Kernel || in.Width+2*l.Padding < l.Kernel {
		return out, fmt.Sprintf("a kernel of %d does not fit on the %s that comes in, padded by %d", l.Kernel, in, l.Padding)
	}
	out = Image{
		Height:   (in.Height+2*l.Padding-l.Kernel)/l.Stride + 1,
		Width:    (in.Width+2*l.Padding-l.Kernel)/l.Stride + 1,
		Channels: l.Out,
	}
	under := uint64(out.Height) * uint64(out.Width) * uint64(in.Channels) * uint64(l.Kernel) * uint64(l.Kernel)
	if out.Values() <= MaxWidth && under > MaxPatches {
		return out, fmt.Sprintf("%d values under all places of the kernel: want at most %d", under, MaxPatches)
	}
	return out, ""
}
