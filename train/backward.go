package train

// convBackward is the backward pass of a convolution: it computes the gradients dx by the
// inputs of the rows from the gradients dy by their outputs.
type convBackward interface {
	run(dx, dy []float32, rows int)
}

// newConvBackward chooses the faster of two implementations; it is nil if nothing needs
// the input gradient. A backprojection computes one sum per pixel, including the zeros
// around the gradients. A scattering computes one sum per value of each patch; it is faster
// if the kernel is about as large as the image, so that there are few positions and many
// pixels.
func newConvBackward(p layerConfig) convBackward {
	stride := int(p.Layer.Stride)
	pixels, positions := int(p.In.Height*p.In.Width), int(p.Out.Height*p.Out.Width)
	switch {
	case !p.needsInputGradient:
		return nil
	case pixels > 4*positions*stride*stride:
		return newScattering(p)
	}
	return newBackprojection(p)
}
