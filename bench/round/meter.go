package main

import (
	"time"

	"github.com/althing-network/althing/bench/process"
)

// meter notes the most memory that processes take. Looking costs them time, so it
// does that only now and then.
type meter struct {
	running   *process.Group
	looked    time.Time
	most      float64 // MiB
	processes int     // when it was most
}

const meterPause = 500 * time.Millisecond

func (m *meter) look() {
	if time.Since(m.looked) < meterPause {
		return
	}
	if mib, count := m.running.Resident(); mib > m.most {
		m.most, m.processes = mib, count
	}
	m.looked = time.Now()
}
