package main

import (
	"fmt"
	"time"
)

// The kinds of systems.
const (
	althing     = "althing"
	deployment  = "flower-deployment"   // a SuperLink and SuperNodes, which start a process per message
	startServer = "flower-start-server" // start_server and start_client: long-lived processes, all trusted
)

// trainers is the number of trainers of every system. Each has the same shard in all systems.
const trainers = 10

// system is one way to train the demo's model.
type system struct {
	What        string
	Validators  int
	Aggregators int
	Evaluators  int
	Pause       time.Duration // between two blocks
	RTT         time.Duration // round-trip time between two validators, in addition to loopback
	Apart       bool          // one process per home folder; else one process for all, as in the demo
	Traced      bool          // under strace, which counts file syncs
}

// systems lists all measured systems.
func systems() []system {
	four := system{What: althing, Validators: 4, Aggregators: 4, Evaluators: 4}
	one := system{What: althing, Validators: 1, Aggregators: 1, Evaluators: 1}
	with := func(s system, pause, rtt time.Duration, apart bool) system {
		s.Pause, s.RTT, s.Apart = pause, rtt, apart
		return s
	}
	return []system{
		with(four, 50*time.Millisecond, 0, false),
		with(four, 200*time.Millisecond, 0, false),
		with(four, time.Second, 0, false),
		with(four, 50*time.Millisecond, 50*time.Millisecond, false),
		with(four, 50*time.Millisecond, 0, true),
		with(one, 50*time.Millisecond, 0, false),
		with(one, 200*time.Millisecond, 0, false),
		{What: deployment},
		{What: startServer},
	}
}

// name is the name of the system in flags, for example "althing-4-50ms-rtt50ms".
func (s system) name() string {
	if s.Validators == 0 {
		return s.What
	}
	name := fmt.Sprintf("%s-%d-%s", s.What, s.Validators, s.Pause)
	if s.RTT > 0 {
		name += "-rtt" + s.RTT.String()
	}
	if s.Apart {
		name += "-apart"
	}
	if s.Traced {
		name += "-traced"
	}
	return name
}

// title is the name of the system in reports.
func (s system) title() string {
	switch s.What {
	case deployment:
		return "Flower deployment, 10 SuperNodes, a process per message"
	case startServer:
		return "Flower `start_server`, 10 long-lived processes, trusted"
	}
	title := fmt.Sprintf("ours, %s, pause %.0f ms", s.network(), milliseconds(s.Pause))
	if s.What == before {
		title += ", before"
	}
	if s.RTT > 0 {
		title += fmt.Sprintf(", %.0f ms of round trip between validators", milliseconds(s.RTT))
	}
	if s.Apart {
		title += ", each a process"
	}
	return title
}

func (s system) network() string {
	if s.Validators == 1 {
		return "1 validator, 1 aggregator, 1 evaluator"
	}
	return fmt.Sprintf("%d validators, %d aggregators, %d evaluators", s.Validators, s.Aggregators, s.Evaluators)
}

func names(all []system) (list []string) {
	for _, s := range all {
		list = append(list, s.name())
	}
	return list
}
