package train

import (
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// penalty is what is added to the gradient of the loss, after the rows' gradients
// were clipped: it is about the weights and not about the rows.
//
//	g = g + decay w + proximal (w - start)
//
// The first term is the gradient of an L2 penalty, decay/2 |w|^2. The second is
// FedProx's, proximal/2 |w - start|^2, which holds a trainer near the model that
// its round began with (Li et al. 2020, "Federated optimization in heterogeneous
// networks", section 3.2).
type penalty struct {
	kernel          gemm.Kernel
	decay, proximal float32
	start           []float32
	moved           []float32 // from the start; nil where there is no second term
}

func newPenalty(t spec.Training, kernel gemm.Kernel, start []float32) penalty {
	p := penalty{kernel: kernel, decay: float32(model.Fraction(t.WeightDecay)), proximal: float32(model.Fraction(t.Proximal)), start: start}
	if p.proximal != 0 {
		p.moved = make([]float32, len(start))
	}
	return p
}

// add adds parts times the penalty's gradient at some weights. The difference of
// weights comes first: where nothing moved it is 0, and a small gradient is not lost
// between two large terms.
func (p penalty) add(gradient []float32, parts float32, weights []float32) {
	if p.decay != 0 {
		p.kernel.AddScaled(gradient, parts*p.decay, weights)
	}
	if p.proximal != 0 {
		copy(p.moved, weights)
		p.kernel.AddScaled(p.moved, -1, p.start)
		p.kernel.AddScaled(gradient, parts*p.proximal, p.moved)
	}
}
