package aggregator

import "sync"

// maxReceipted is how many rounds [Receipts] remembers.
const maxReceipted = 64

// Receipts records for which updates a node has given receipts. Once the node attests a
// round it gives no new receipts, and it attests every update that has one. Otherwise a
// trainer could upload while the attestation is on its way, and show a receipt that
// contradicts it. The zero value is ready to use; its methods may be called from many
// goroutines at once.
type Receipts struct {
	mu     sync.Mutex
	rounds []roundReceipts // the newest last
}

type roundReceipts struct {
	place
	trainers map[uint64]bool
	closed   bool
}

// give reports whether a trainer may get a receipt, and records it.
func (r *Receipts) give(at place, trainer uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.ofRound(at)
	if !of.closed {
		of.trainers[trainer] = true
	}
	return of.trainers[trainer]
}

// close ends the receipts of a round, and returns the trainers that have one.
func (r *Receipts) close(at place) map[uint64]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.ofRound(at)
	of.closed = true
	return of.trainers
}

func (r *Receipts) ofRound(at place) *roundReceipts {
	for i := range r.rounds {
		if r.rounds[i].place == at {
			return &r.rounds[i]
		}
	}
	r.rounds = append(r.rounds[max(0, len(r.rounds)-maxReceipted+1):], roundReceipts{place: at, trainers: map[uint64]bool{}})
	return &r.rounds[len(r.rounds)-1]
}
