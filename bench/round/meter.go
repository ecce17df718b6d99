package main

import (
	"time"

	"github.com/althing-network/althing/bench/process"
)

// meter records the peak memory of processes. A measurement slows them down, so the meter
// measures at most every meterInterval.
type meter struct {
	running   *process.Group
	measured  time.Time
	peak      float64 // MiB
	processes int     // number of processes at the peak
}

const meterInterval = 500 * time.Millisecond

func (m *meter) measure() {
	if time.Since(m.measured) < meterInterval {
		return
	}
	if mib, count := m.running.Resident(); mib > m.peak {
		m.peak, m.processes = mib, count
	}
	m.measured = time.Now()
}
