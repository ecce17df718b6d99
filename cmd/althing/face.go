package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/term"

	"github.com/althing-network/althing/spec"
)

// face is how a demonstration is shown.
type face interface {
	waiting(registered, all int)
	selected(task spec.Task, first spec.Round, names map[uint64]string)
	progress(task spec.Task, r spec.Round)
	round(e roundEvent)
	voting(open []ballot) // the votes that run, and what waits in the timelock
	motion(e motionEvent)
	alone(done, all int) // trainers that have trained alone, to compare
	summary(s summary)
}

// face picks one: JSON lines, a live terminal, or plain lines.
func (s *session) face(n network, dir string) face {
	if s.json {
		return lines{json.NewEncoder(s.out)}
	}
	p := &plain{out: s.out}
	until := ""
	if s.home == "" {
		until = " (until it ends; --home keeps them)"
	}
	fmt.Fprintf(s.out, "Althing: %d validators, %d trainers, %d aggregators, %d evaluators, 1 consumer\nhome folders and logs: %s%s\n",
		n.validators, n.trainers, n.aggregators, n.evaluators, dir, until)
	if s.terminal() {
		return &live{plain: p}
	}
	return p
}

// terminal reports whether what is printed can be drawn anew.
func (s *session) terminal() bool {
	f, ok := s.out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// lines prints one JSON object a line.
type lines struct{ *json.Encoder }

func (lines) waiting(int, int)                                  {}
func (lines) selected(spec.Task, spec.Round, map[uint64]string) {}
func (lines) progress(spec.Task, spec.Round)                    {}
func (lines) alone(int, int)                                    {}
func (lines) voting([]ballot)                                   {}
func (l lines) round(e roundEvent)                              { _ = l.Encode(e) }
func (l lines) motion(e motionEvent)                            { _ = l.Encode(e) }
func (l lines) summary(s summary)                               { _ = l.Encode(s) }
