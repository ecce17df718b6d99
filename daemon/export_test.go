package daemon

import (
	"context"

	"github.com/althing-network/althing/role"
)

// Try lets a worker do what a machine asks for at each of some heights, and returns
// what it reported.
func Try(ctx context.Context, m role.Machine, heights int64) (reported []error) {
	w := worker{
		agenda: role.Agenda{Machines: []role.Machine{m}}, done: make(chan outcome),
		report: func(_ string, err error) { reported = append(reported, err) },
		stops:  map[string]context.CancelFunc{},
	}
	for now := range heights {
		w.handle(ctx, role.Saw{}, now)
		for len(w.stops) > 0 {
			w.ended(<-w.done, now)
		}
	}
	return reported
}
