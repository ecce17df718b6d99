package train

import "github.com/althing-network/althing/spec"

// frame holds an image padded with zeros, channel by channel. It may have extra
// channels behind those of the image.
type frame struct {
	image         spec.Image
	margin        int // zeros above the image, and to the left of it
	height, width int // of the frame
	floats        []float32
}

// newFrame makes a frame with before zeros above and to the left of the image, and
// after zeros below and to the right.
func newFrame(image spec.Image, before, after, extraChannels int) frame {
	f := frame{image: image, margin: before, height: before + int(image.Height) + after, width: before + int(image.Width) + after}
	f.floats = make([]float32, (int(image.Channels)+extraChannels)*f.height*f.width)
	return f
}

// at is the index in floats of a value; y and x count from the frame's top left corner.
func (f frame) at(channel, y, x int) int { return (channel*f.height+y)*f.width + x }

func (f frame) channel(i int) []float32 { return f.floats[f.at(i, 0, 0):f.at(i+1, 0, 0)] }

// grid lists the indices of height x width values per channel, channel by channel, row
// by row. It begins at the frame's top left corner; neighbours are step apart.
func (f frame) grid(channels, height, width, step int) (indices []int32) {
	indices = make([]int32, 0, channels*height*width+1) // room for one more: newConv2D appends it
	for channel := range channels {
		for y := range height {
			for x := range width {
				indices = append(indices, int32(f.at(channel, y*step, x*step)))
			}
		}
	}
	return indices
}

// fill copies an image into the frame.
func (f frame) fill(image []float32) {
	width := int(f.image.Width)
	for channel := range int(f.image.Channels) {
		for y := range int(f.image.Height) {
			copy(f.floats[f.at(channel, y+f.margin, f.margin):], image[:width])
			image = image[width:]
		}
	}
}

// copyTo copies the frame's image to image.
func (f frame) copyTo(image []float32) {
	width := int(f.image.Width)
	for channel := range int(f.image.Channels) {
		for y := range int(f.image.Height) {
			copy(image[:width], f.floats[f.at(channel, y+f.margin, f.margin):])
			image = image[width:]
		}
	}
}
