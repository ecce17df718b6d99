package train

// backward goes through a convolution backward: it computes the gradients dx by the
// inputs of some rows from those by the outputs.
type backward interface {
	run(dx, dy []float32, rows int)
}

// newBackward is the one of two ways that is faster, or nil where nobody asks. A
// backprojection makes a sum for each pixel, also of the zeros around the gradients,
// a scattering one for each value in each patch: where the kernel is about as large
// as the image, there are few places and many pixels.
func newBackward(p place) backward {
	stride := int(p.Layer.Stride)
	pixels, places := int(p.In.Height*p.In.Width), int(p.Out.Height*p.Out.Width)
	switch {
	case !p.back:
		return nil
	case pixels > 4*places*stride*stride:
		return newScattering(p)
	}
	return newBackprojection(p)
}
