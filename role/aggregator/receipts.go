package aggregator

import "sync"

// maxReceipted is of how many rounds [Receipts] remembers what it gave.
const maxReceipted = 64

// Receipts knows for which updates a node has given receipts, until it attests: from then
// on it gives none, and what it attests has all that it gave. Else a trainer could upload
// while the attestation is on its way, and show a receipt that contradicts it. The zero
// one is ready; its methods may be called from many goroutines at once.
type Receipts struct {
	mu     sync.Mutex
	rounds []receipted // the newest last
}

type receipted struct {
	place
	trainers map[uint64]bool
	closed   bool
}

// give reports whether a receipt may be given to a trainer, and takes note of it.
func (r *Receipts) give(at place, trainer uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.of(at)
	if !of.closed {
		of.trainers[trainer] = true
	}
	return of.trainers[trainer]
}

// close ends the receipts of a round, and says who has one.
func (r *Receipts) close(at place) map[uint64]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.of(at)
	of.closed = true
	return of.trainers
}

func (r *Receipts) of(at place) *receipted {
	for i := range r.rounds {
		if r.rounds[i].place == at {
			return &r.rounds[i]
		}
	}
	r.rounds = append(r.rounds[max(0, len(r.rounds)-maxReceipted+1):], receipted{place: at, trainers: map[uint64]bool{}})
	return &r.rounds[len(r.rounds)-1]
}
