package train

import (
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// penalty adds the gradients of weight decay and of FedProx to the gradient of the loss,
// after the rows' gradients were clipped: it depends on the weights, not on the rows.
//
//	g = g + decay w + proximal (w - start)
//
// The first term is the gradient of the L2 penalty decay/2 |w|^2. The second is the
// gradient of FedProx's penalty proximal/2 |w - start|^2, which keeps a trainer near the
// model that its round began with (Li et al. 2020, "Federated optimization in
// heterogeneous networks", section 3.2).
type penalty struct {
	kernel          gemm.Kernel
	decay, proximal float32
	start           []float32
	difference      []float32 // w - start; nil if proximal is 0
}

func newPenalty(t spec.Training, kernel gemm.Kernel, start []float32) penalty {
	p := penalty{kernel: kernel, decay: float32(model.Fraction(t.WeightDecay)), proximal: float32(model.Fraction(t.Proximal)), start: start}
	if p.proximal != 0 {
		p.difference = make([]float32, len(start))
	}
	return p
}

// add adds the penalty's gradient at the weights, times divisor. It computes w - start
// first: that is exactly 0 at the start, so a small gradient is not rounded away between
// two large terms.
func (p penalty) add(gradient []float32, divisor float32, weights []float32) {
	if p.decay != 0 {
		p.kernel.AddScaled(gradient, divisor*p.decay, weights)
	}
	if p.proximal != 0 {
		copy(p.difference, weights)
		p.kernel.AddScaled(p.difference, -1, p.start)
		p.kernel.AddScaled(gradient, divisor*p.proximal, p.difference)
	}
}
