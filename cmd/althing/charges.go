package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// charge is what the rounds of a private task cost one data set, recomputed from the chain.
type charge struct {
	Event     string         `json:"event,omitempty"`
	Task      uint64         `json:"task"`
	Dataset   uint64         `json:"dataset"`
	Owner     string         `json:"owner"`
	Rounds    []uint64       `json:"rounds"`
	Unit      cost.Unit      `json:"unit"`
	Adjacency cost.Adjacency `json:"adjacency"`
	// Epsilon is that of the tightest accountant that is sound for these rounds; none where
	// nothing was charged or no accountant knows a bound.
	Epsilon    *float64           `json:"epsilon,omitempty"`
	Delta      json.Number        `json:"delta"`
	Accountant account.Accountant `json:"accountant,omitempty"`
	Ledger     json.Number        `json:"ledger_epsilon"` // of these rounds
	Spent      json.Number        `json:"spent_epsilon"`  // of the book, by all tasks, as the ledger counts
	Limit      json.Number        `json:"limit_epsilon"`
	Label      string             `json:"label,omitempty"`
}

// charges recomputes what rounds of a private task charged; see [daemon.VerifyCharges].
func charges(ctx context.Context, c *client.Client, t spec.Task, rounds []spec.Round) ([]charge, error) {
	found, err := daemon.VerifyCharges(ctx, c, t, rounds)
	if err != nil {
		return nil, err
	}
	release, err := terms.Release(t.Spec)
	if err != nil {
		return nil, err
	}
	type question struct {
		limit  cost.Limit
		rounds int
	}
	answers := map[question]account.Answer{} // most data sets ask the same
	list := []charge{}
	for _, f := range found {
		view := charge{
			Task: t.ID, Dataset: f.Dataset, Owner: f.Owner, Rounds: f.Rounds, Unit: f.Limit.Unit, Adjacency: f.Limit.Adjacency,
			Delta: json.Number(f.Limit.Delta.String()), Limit: json.Number(f.Limit.Epsilon.String()), Label: meaning(f.Limit),
		}
		here, err := f.Each.Times(uint64(len(f.Rounds)))
		if err != nil {
			return nil, err
		}
		for _, of := range []struct {
			lost cost.Amount
			into *json.Number
		}{{here, &view.Ledger}, {f.Spent, &view.Spent}} {
			micro, err := epsilonOf(of.lost, f.Limit.Delta)
			if err != nil {
				return nil, err
			}
			*of.into = json.Number(micro.String())
		}
		if n := len(f.Rounds); n > 0 {
			q := question{f.Limit, n}
			answer, known := answers[q]
			if !known {
				answer, err = epsilonOfReleases(f.Limit, release, uint64(n))
				answers[q] = answer
			}
			if err == nil && answer.Accountant != "" {
				view.Epsilon, view.Accountant = &answer.Epsilon, answer.Accountant
			}
		}
		list = append(list, view)
	}
	return list, nil
}

// chargeRow is a charge as a line of a table.
func chargeRow(c charge) []any {
	var epsilon any = "-"
	if c.Epsilon != nil {
		epsilon = fmt.Sprintf("%s by %s", micros(*c.Epsilon), c.Accountant)
	}
	return []any{
		c.Dataset, len(c.Rounds), epsilon, c.Ledger, c.Delta, fmt.Sprintf("%s, %s", c.Unit, c.Adjacency),
		labelled(fmt.Sprintf("%s of %s", c.Spent, c.Limit), c.Label), c.Owner,
	}
}

// chargeHead names the columns of a table of charges.
func chargeHead() []any {
	return []any{"DATA SET", "ROUNDS", "EPSILON", "LEDGER", "DELTA", "PROTECTS", "SPENT BY ALL TASKS", "OWNER"}
}

// verifyCharges prints what rounds of a private task charged, once it is recomputed.
func (s *session) verifyCharges(ctx context.Context, c *client.Client, t spec.Task, rounds []spec.Round) error {
	list, err := charges(ctx, c, t, rounds)
	if err != nil {
		return fmt.Errorf("task %d: %w", t.ID, err)
	}
	for i := range list {
		list[i].Event = "charged"
	}
	if err := show(s, list, chargeHead(), chargeRow); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.err, "task %d, recomputed: every book has been charged what its rounds say, %s noise, against %s\n", t.ID, t.Spec.Privacy.Kind, terms.Against(t.Spec))
	return err
}
