package daemon

import (
	"time"

	"github.com/althing-network/althing/client"
)

// formerly is what keeps the keys from before a rotation: the rounds that ran when the
// node was started with new ones, and the time in which peers without a round of their
// own still know the old one.
type formerly struct {
	home   string
	until  time.Time
	rounds map[place]bool // nil: not seen yet
}

// over reports whether the last of the rounds has ended, as the open ones say.
func (f *formerly) over(tasks []client.Duty, now time.Time) bool {
	open := map[place]bool{}
	for _, t := range tasks {
		for _, r := range t.Rounds {
			if at := (place{r.Task, r.Number}); f.rounds == nil || f.rounds[at] {
				open[at] = true
			}
		}
	}
	f.rounds = open
	return len(open) == 0 && now.After(f.until)
}

// endKeys ends the former keys of the node together with the last of their rounds.
func (p *Participant) endKeys(tasks []client.Duty) error {
	if p.formerly == nil || !p.formerly.over(tasks, time.Now()) {
		return nil
	}
	home := p.formerly.home
	p.formerly, p.keys.former = nil, nil
	p.log.Info("former keys have ended with their rounds")
	if p.server != nil {
		if err := p.show(); err != nil {
			return err
		}
	}
	return endFormerKeys(home)
}
