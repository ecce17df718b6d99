package trainer

import (
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/spec"
)

// Wrong is what the noise check says of a training in the mode example that made one honest
// release of noise and changed the weights from base to local.
func Wrong(asked spec.TaskSpec, noise privacy.Sampler, s *privacy.Stream, base, local []float32) (string, error) {
	n := Noise{Sampler: noise, values: len(base), releases: 1}
	n.Add(s, make([]int64, len(base)))
	n.noteInTraining(asked, base, local)
	return n.fault(nil)
}
