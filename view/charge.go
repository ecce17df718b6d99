package view

import (
	"encoding/json"
	"fmt"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// Charge is what rounds of a private task cost one data set.
type Charge struct {
	Event     string         `json:"event,omitempty"`
	Task      uint64         `json:"task"`
	Dataset   uint64         `json:"dataset"`
	Owner     string         `json:"owner"`
	Rounds    []uint64       `json:"rounds"`
	Unit      cost.Unit      `json:"unit"`
	Adjacency cost.Adjacency `json:"adjacency"`
	// Epsilon is by the tightest accountant that is sound for these rounds; nil where nothing
	// was charged, and where no accountant knows a bound.
	Epsilon    *float64           `json:"epsilon,omitempty"`
	Delta      json.Number        `json:"delta"`
	Accountant account.Accountant `json:"accountant,omitempty"`
	Ledger     json.Number        `json:"ledger_epsilon"` // of these rounds
	Spent      json.Number        `json:"spent_epsilon"`  // of the book, by all tasks, by the ledger
	Limit      json.Number        `json:"limit_epsilon"`
	Label      string             `json:"label,omitempty"`
}

// Charged is what the chain charged to one data set for rounds of a task, once somebody has
// recomputed it.
type Charged struct {
	Dataset uint64
	Owner   string
	Limit   cost.Limit
	Rounds  []uint64    // in their order
	Each    cost.Amount // cost of each round
	Spent   cost.Amount // of the book, by all tasks
}

// ChargesOf is what was charged for rounds of a private task, with an accountant's epsilon.
func ChargesOf(t spec.Task, charged []Charged) ([]Charge, error) {
	release, err := terms.Release(t.Spec)
	if err != nil {
		return nil, err
	}
	type question struct {
		limit  cost.Limit
		rounds int
	}
	answers := map[question]account.Answer{} // most data sets ask the same question
	list := []Charge{}
	for _, c := range charged {
		v := Charge{
			Task: t.ID, Dataset: c.Dataset, Owner: c.Owner, Rounds: c.Rounds, Unit: c.Limit.Unit, Adjacency: c.Limit.Adjacency,
			Delta: json.Number(c.Limit.Delta.String()), Limit: json.Number(c.Limit.Epsilon.String()), Label: limitLabel(c.Limit),
		}
		rounds, err := c.Each.Times(uint64(len(c.Rounds)))
		if err != nil {
			return nil, err
		}
		for _, loss := range []struct {
			amount cost.Amount
			into   *json.Number
		}{{rounds, &v.Ledger}, {c.Spent, &v.Spent}} {
			epsilon, err := EpsilonAt(loss.amount, c.Limit.Delta)
			if err != nil {
				return nil, err
			}
			*loss.into = json.Number(epsilon.String())
		}
		if n := len(c.Rounds); n > 0 {
			q := question{c.Limit, n}
			answer, known := answers[q]
			if !known {
				answer, err = epsilonOfReleases(c.Limit, release, uint64(n))
				answers[q] = answer
			}
			if err == nil && answer.Accountant != "" {
				v.Epsilon, v.Accountant = &answer.Epsilon, answer.Accountant
			}
		}
		list = append(list, v)
	}
	return list, nil
}

// Charges is a list of charges.
type Charges []Charge

// Page lists the charges.
func (list Charges) Page() Page { return of(chargeTable(list)) }

func chargeTable(list []Charge) Part {
	head := []string{"DATA SET", "ROUNDS", "EPSILON", "LEDGER", "DELTA", "PROTECTS", "SPENT BY ALL TASKS", "OWNER"}
	return Table(head, list, func(c Charge) []any {
		epsilon := "-"
		if c.Epsilon != nil {
			epsilon = fmt.Sprintf("%s by %s", EpsilonText(*c.Epsilon), c.Accountant)
		}
		return []any{
			c.Dataset, len(c.Rounds), epsilon, c.Ledger, c.Delta, fmt.Sprintf("%s, %s", c.Unit, c.Adjacency),
			withLabel(fmt.Sprintf("%s of %s", c.Spent, c.Limit), c.Label), c.Owner,
		}
	})
}
