package spec

import "fmt"

// LayerMaxPool is the word for a max-pool in a task file.
const LayerMaxPool = "maxpool"

// maxPool keeps the largest value of each square window of an image.
func maxPool() kind {
	return kind{
		name:   LayerMaxPool,
		fields: []string{"size"},
		image:  true,
		wrong: func(l Layer) string {
			if l.Size < 2 || l.Size > MaxKernel {
				return fmt.Sprintf("size is %d: want 2 to %d", l.Size, MaxKernel)
			}
			return ""
		},
		out: func(l Layer, in Image) (Image, string) {
			if in.Height < l.Size || in.Width < l.Size {
				return Image{}, fmt.Sprintf("a window of %d does not fit on the %s that comes in", l.Size, in)
			}
			return Image{Height: in.Height / l.Size, Width: in.Width / l.Size, Channels: in.Channels}, ""
		},
	}
}
