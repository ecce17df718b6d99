package train

import "github.com/althing-network/althing/spec"

// frame holds an image with zeros around it, channel by channel, and channels
// of its own behind those of the image.
type frame struct {
	image         spec.Image
	margin        int // above and to the left
	height, width int // with the margins
	floats        []float32
}

// newFrame frames images with some zeros above and to the left, and others below
// and to the right.
func newFrame(image spec.Image, before, after, more int) frame {
	f := frame{image: image, margin: before, height: before + int(image.Height) + after, width: before + int(image.Width) + after}
	f.floats = make([]float32, (int(image.Channels)+more)*f.height*f.width)
	return f
}

// at is the index of a value, counted from the corner of the frame.
func (f frame) at(channel, y, x int) int { return (channel*f.height+y)*f.width + x }

func (f frame) channel(i int) []float32 { return f.floats[f.at(i, 0, 0):f.at(i+1, 0, 0)] }

// grid lists the indices of values, channel by channel, row by row: the first
// in the corner of the frame, the next ones step away.
func (f frame) grid(channels, height, width, step int) (indices []int32) {
	indices = make([]int32, 0, channels*height*width+1) // and one more of the caller's
	for channel := range channels {
		for y := range height {
			for x := range width {
				indices = append(indices, int32(f.at(channel, y*step, x*step)))
			}
		}
	}
	return indices
}

// fill puts an image into the frame.
func (f frame) fill(image []float32) {
	width := int(f.image.Width)
	for channel := range int(f.image.Channels) {
		for y := range int(f.image.Height) {
			copy(f.floats[f.at(channel, y+f.margin, f.margin):], image[:width])
			image = image[width:]
		}
	}
}

// take gets the image out of the frame.
func (f frame) take(image []float32) {
	width := int(f.image.Width)
	for channel := range int(f.image.Channels) {
		for y := range int(f.image.Height) {
			copy(image[:width], f.floats[f.at(channel, y+f.margin, f.margin):])
			image = image[width:]
		}
	}
}
