package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// Affordable says whether the budget of a data set could pay the rounds of a task.
type Affordable struct {
	Dataset   uint64         `json:"dataset"`
	Owner     string         `json:"owner"`
	Unit      cost.Unit      `json:"unit"`
	Adjacency cost.Adjacency `json:"adjacency"`
	Limit     json.Number    `json:"limit_epsilon"`
	Label     string         `json:"label,omitempty"`
	Delta     json.Number    `json:"delta"`
	Left      json.Number    `json:"left_epsilon"`
	Rounds    uint64         `json:"rounds"`
	Affords   uint64         `json:"affords"`
	Pays      bool           `json:"pays"`
	Why       string         `json:"why,omitempty"` // it does not pay
}

// AffordableOf says that a budget can pay affords of rounds rounds. If it can pay all, why is
// empty.
func AffordableOf(dataset uint64, owner string, limit cost.Limit, left cost.Epsilon, rounds, affords uint64, why string) Affordable {
	return Affordable{
		Dataset: dataset, Owner: owner, Unit: limit.Unit, Adjacency: limit.Adjacency, Limit: json.Number(limit.Epsilon.String()), Label: limitLabel(limit),
		Delta: json.Number(limit.Delta.String()), Left: json.Number(left.String()), Rounds: rounds, Affords: affords, Pays: why == "", Why: why,
	}
}

// shortWhy is why it does not pay, without the figures that other columns have.
func (v Affordable) shortWhy() string {
	if strings.HasPrefix(v.Why, cost.ErrExhausted.Error()) {
		return cost.ErrExhausted.Error()
	}
	return v.Why
}

// AffordableList is the answer for every data set that a task asks for.
type AffordableList []Affordable

// Page lists which data sets could pay a number of rounds of a task.
func (list AffordableList) Page(task spec.TaskSpec, rounds uint64) Page {
	pay := 0
	for _, v := range list {
		if v.Pays {
			pay++
		}
	}
	table := Table([]string{"DATA", "UNIT", "EPSILON", "LEFT", "PAYS", "OWNER", "WHY NOT"}, list, func(v Affordable) []any {
		return []any{v.Dataset, v.Unit, withLabel(v.Limit.String(), v.Label), v.Left, fmt.Sprintf("%d of %d", v.Affords, v.Rounds), v.Owner, Dash(v.Pays, Cell{v.shortWhy(), Bad})}
	})
	summary := fmt.Sprintf("%d of %s of %s could pay %s of task %s", pay, Counted(len(list), "data set"), task.Data.Name, Counted(rounds, "round"), task.Name)
	return of(table, Part{Text: summary})
}
