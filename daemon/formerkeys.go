package daemon

import (
	"time"

	"github.com/althing-network/althing/client"
)

// formerKeys says how long the keys from before a rotation are still used: until the rounds that
// ran when the node was started with new keys have ended, and until the caches of peers that
// still have the old key have expired.
type formerKeys struct {
	home   string
	until  time.Time
	rounds map[place]bool // nil: not known yet
}

// expired reports whether the last of these rounds has ended, given the open tasks.
func (f *formerKeys) expired(tasks []client.Duty, now time.Time) bool {
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

// endKeys deletes the former keys of the node once the last of their rounds has ended.
func (p *Participant) endKeys(tasks []client.Duty) error {
	if p.formerKeys == nil || !p.formerKeys.expired(tasks, time.Now()) {
		return nil
	}
	home := p.formerKeys.home
	p.formerKeys, p.keys.former = nil, nil
	p.log.Info("former keys are deleted: their rounds have ended")
	if p.server != nil {
		if err := p.showKeys(); err != nil {
			return err
		}
	}
	return endFormerKeys(home)
}
