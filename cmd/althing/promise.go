package main

import (
	"encoding/json"
	"fmt"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// promise is what a private task promises to each owner whose rows it trains on, if its
// rounds take place and none is aborted, under the adjacency and delta that a limit has where its owner
// says nothing else. What was charged stands in the books.
type promise struct {
	Mode         string         `json:"mode"`
	Mechanism    string         `json:"mechanism"`
	Unit         cost.Unit      `json:"unit"`
	Adjacency    cost.Adjacency `json:"adjacency"`
	HoldsAgainst string         `json:"holds_against"`
	Sampling     string         `json:"sampling"`
	Assumed      []string       `json:"assumed"`
	Rounds       uint32         `json:"rounds"`
	// Epsilon is that of the tightest accountant that is sound for the task; none where no
	// accountant knows a bound.
	Epsilon    *float64           `json:"epsilon,omitempty"`
	Delta      json.Number        `json:"delta"`
	Accountant account.Accountant `json:"accountant,omitempty"`
	Ledger     json.Number        `json:"ledger_epsilon,omitempty"` // which decides when a limit is reached
	Label      string             `json:"label,omitempty"`          // of the least of both

	labels [2]string // that of the accountant's figure, and of the ledger's
}

// promiseOf is the promise of a task; nil where it makes none.
func promiseOf(asked spec.TaskSpec) *promise {
	release, err := terms.Release(asked)
	if err != nil {
		return nil
	}
	limit, err := daemon.Budget{Epsilon: "1", Unit: release.Unit}.Limit() // of which the epsilon plays no part
	if err != nil {
		return nil
	}
	p := &promise{
		Mode: asked.Privacy.Mode, Mechanism: noiseOf(asked), Unit: release.Unit, Adjacency: limit.Adjacency,
		HoldsAgainst: terms.Against(asked), Sampling: terms.Drawn(asked), Assumed: terms.Assumed(asked),
		Rounds: asked.Target.Rounds, Delta: json.Number(limit.Delta.String()),
	}
	if answer, err := epsilonOfReleases(limit, release, uint64(asked.Target.Rounds)); err == nil {
		p.Epsilon, p.Accountant, p.labels[0] = &answer.Epsilon, answer.Accountant, answer.Label()
	}
	if each, err := limit.Cost(release); err == nil {
		if all, err := each.Times(uint64(asked.Target.Rounds)); err == nil {
			if micro, err := epsilonOf(all, limit.Delta); err == nil {
				p.Ledger, p.labels[1] = json.Number(micro.String()), meaning(cost.Limit{Epsilon: micro})
			}
		}
	}
	if (p.Epsilon == nil || p.labels[0] != "") && (p.Ledger == "" || p.labels[1] != "") {
		p.Label = noMeaning
	}
	return p
}

// epsilonOfReleases asks the tightest accountant about equal releases, at a limit's delta.
func epsilonOfReleases(limit cost.Limit, release cost.Release, releases uint64) (account.Answer, error) {
	part, err := account.Released(release, releases)
	if err != nil {
		return account.Answer{}, err
	}
	return account.Plan{Unit: limit.Unit, Adjacency: limit.Adjacency, Parts: []account.Part{part}}.Epsilon(deltaOf(limit))
}

// noiseOf is the mechanism of a private task in words.
func noiseOf(asked spec.TaskSpec) string {
	p := asked.Privacy
	norm := "L2"
	if p.Kind == spec.KindLaplace {
		norm = "L1"
	}
	words := fmt.Sprintf("%s noise of %s times the clip, an %s norm of %s", p.Kind, p.Noise, norm, p.Clip)
	switch p.Mode {
	case spec.PrivacyExample:
		words += fmt.Sprintf(", in each of %d steps a round", p.Steps)
	case spec.PrivacyCentral:
		words += fmt.Sprintf(", in shares of which %d make it whole", asked.Honest())
	}
	return words
}

// rows are the lines of a table about the promise.
func (p *promise) rows(t table, asked spec.TaskSpec) {
	if p == nil {
		t.row("privacy", asked.Privacy.Mode)
		return
	}
	t.row("privacy", fmt.Sprintf("%s: holds against %s", p.Mode, p.HoldsAgainst))
	t.row("", p.Mechanism)
	t.row("", fmt.Sprintf("unit %s, adjacency %s", p.Unit, p.Adjacency))
	t.row("", "sampling: "+p.Sampling)
	if p.Epsilon != nil {
		t.row("", labelled(fmt.Sprintf("%d rounds cost epsilon %s at delta %s by %s", p.Rounds, micros(*p.Epsilon), p.Delta, p.Accountant), p.labels[0]))
	}
	if p.Ledger != "" {
		t.row("", labelled(fmt.Sprintf("%d rounds cost epsilon %s at delta %s by the ledger", p.Rounds, p.Ledger, p.Delta), p.labels[1]))
	}
	if p.Epsilon == nil && p.Ledger == "" {
		t.row("", labelled("no bound on epsilon is known", p.Label))
	}
	for _, a := range p.Assumed {
		t.row("", "assumed: "+a)
	}
}
