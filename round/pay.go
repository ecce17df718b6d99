package round

import "github.com/althing-network/althing/spec"

// Earning is what a node earns in a round.
type Earning struct {
	Node   uint64
	Amount uint64 // uthing
}

// Earnings says who earns what for a round: its survivors share what the task pays
// for a round equally. A round that was stopped because the one before it reached the
// target has cut some trainers off, so each survivor earns what it would have had all
// that were asked survived: nobody gains by being one of few. What the division leaves
// over stays in the escrow until the task closes.
func Earnings(task spec.TaskSpec, r spec.Round) []Earning {
	survivors := r.Survivors()
	sharing := uint64(survivors)
	if r.Next.IsZero() {
		sharing = uint64(r.Asked)
	}
	earnings := make([]Earning, 0, survivors)
	for _, t := range r.Trainers {
		if t.Survivor {
			earnings = append(earnings, Earning{Node: t.Node, Amount: task.PerRound() / sharing})
		}
	}
	return earnings
}

// Held is what the escrow still holds for a task, in uthing.
func Held(t spec.Task) uint64 { return t.Spec.Escrow - t.Paid - t.Refunded }
