package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/althing-network/althing/bench/plot"
)

// drawBudget draws how the time of our rounds is spent: one bar for the wall time and, below
// it, one bar for the work of the nodes.
func drawBudget(path string, all []measurement) error {
	p := plot.Bars{Title: "Where a round's time goes", Label: "milliseconds; the black line is the floor: serial blocks × (pause + 1.5 round trips)"}
	for _, m := range all {
		if m.Budget != nil && m.PauseMs < 1000 { // next to a pause of 1 s the other parts are too small to see
			p.Rows = append(p.Rows, m.bars()...)
		}
	}
	if len(p.Rows) == 0 {
		return errors.New("--plot: nothing to draw: no network of ours with a pause below 1 s has a budget")
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(p.WriteSVG(f), f.Close())
}

func (m measurement) bars() []plot.Bar {
	b := m.Budget
	name := fmt.Sprintf("%d validators, %.0f ms", m.Validators, m.PauseMs)
	if m.Validators == 1 {
		name = fmt.Sprintf("1 validator, %.0f ms", m.PauseMs)
	}
	if m.RTTMs > 0 {
		name += fmt.Sprintf(", RTT %.0f ms", m.RTTMs)
	}
	if m.apart {
		name += ", apart"
	}
	bars := []plot.Bar{
		{Name: name, Mark: b.Floor, Parts: []plot.Part{
			{Name: "pause", Value: b.Pause},
			{Name: "proposals and votes", Value: b.Proposal + b.Prevote + b.Precommit},
			{Name: "blocks of waiting", Value: b.Waiting},
		}},
		{Name: "nodes, until the last is done", Slim: true, Parts: []plot.Part{
			{Name: "train", Value: b.Train},
			{Name: "upload", Value: b.Upload},
			{Name: "combine", Value: b.Combine},
			{Name: "score", Value: b.Score},
		}},
	}
	if m.Syncs != nil {
		bars = append(bars, plot.Bar{Name: "syncs, of all together", Slim: true, Parts: []plot.Part{{Name: "file syncs", Value: m.Syncs.Ms}}})
	}
	return bars
}
