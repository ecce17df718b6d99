package view

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// Promise is what a private task promises to each owner of rows that it trains on, if all its
// rounds take place. It is counted with the default adjacency and the default delta of a
// limit. The books show what was really charged.
type Promise struct {
	Mode         string         `json:"mode"`
	Mechanism    string         `json:"mechanism"`
	Unit         cost.Unit      `json:"unit"`
	Adjacency    cost.Adjacency `json:"adjacency"`
	HoldsAgainst string         `json:"holds_against"`
	Sampling     string         `json:"sampling"`
	Assumed      []string       `json:"assumed"`
	Rounds       uint32         `json:"rounds"`
	// Epsilon is by the tightest accountant that is sound for the task; nil where no
	// accountant knows a bound.
	Epsilon    *float64           `json:"epsilon,omitempty"`
	Delta      json.Number        `json:"delta"`
	Accountant account.Accountant `json:"accountant,omitempty"`
	Ledger     json.Number        `json:"ledger_epsilon,omitempty"` // this one decides when a limit is reached
	Label      string             `json:"label,omitempty"`          // of the smaller epsilon

	accountantLabel, ledgerLabel string
}

// PromiseOf is the promise of a task; nil where it makes none.
func PromiseOf(task spec.TaskSpec) *Promise {
	release, err := terms.Release(task)
	if err != nil {
		return nil
	}
	limit := cost.Limit{Unit: release.Unit, Adjacency: cost.ZeroOut, Epsilon: cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	if limit.Validate() != nil {
		return nil
	}
	p := &Promise{
		Mode: task.Privacy.Mode, Mechanism: noiseText(task), Unit: release.Unit, Adjacency: limit.Adjacency,
		HoldsAgainst: terms.Against(task), Sampling: terms.Drawn(task), Assumed: terms.Assumed(task),
		Rounds: task.Target.Rounds, Delta: json.Number(limit.Delta.String()),
	}
	if answer, err := epsilonOfReleases(limit, release, uint64(task.Target.Rounds)); err == nil {
		p.Epsilon, p.Accountant, p.accountantLabel = &answer.Epsilon, answer.Accountant, answer.Label()
	}
	if each, err := limit.Cost(release); err == nil {
		if all, err := each.Times(uint64(task.Target.Rounds)); err == nil {
			if epsilon, err := EpsilonAt(all, limit.Delta); err == nil {
				p.Ledger, p.ledgerLabel = json.Number(epsilon.String()), limitLabel(cost.Limit{Epsilon: epsilon})
			}
		}
	}
	if (p.Epsilon == nil || p.accountantLabel != "") && (p.Ledger == "" || p.ledgerLabel != "") {
		p.Label = NoMeaningfulPrivacy
	}
	return p
}

// NoMeaningfulPrivacy labels a limit, or a loss, above [cost.Meaningless].
const NoMeaningfulPrivacy = "no meaningful privacy"

// limitLabel is [NoMeaningfulPrivacy] where a limit protects nothing, else empty.
func limitLabel(l cost.Limit) string {
	if l.Epsilon > cost.Meaningless {
		return NoMeaningfulPrivacy
	}
	return ""
}

// withLabel is a text with its label, if it has one.
func withLabel(text, label string) string {
	if label == "" {
		return text
	}
	return text + ", " + label
}

// epsilonOfReleases asks the tightest accountant about equal releases, at a limit's delta.
func epsilonOfReleases(limit cost.Limit, release cost.Release, releases uint64) (account.Answer, error) {
	part, err := account.Released(release, releases)
	if err != nil {
		return account.Answer{}, err
	}
	plan := account.Plan{Unit: limit.Unit, Adjacency: limit.Adjacency, Parts: []account.Part{part}}
	return plan.Epsilon(deltaOf(limit))
}

// deltaOf is the delta of a limit as accountants take it.
func deltaOf(l cost.Limit) float64 {
	delta, _ := new(big.Rat).SetFrac64(int64(l.Delta), int64(cost.OneDelta)).Float64()
	return delta
}

// EpsilonAt is what was lost at a delta: the smallest limit, in whole micros of epsilon,
// that the loss fits into.
func EpsilonAt(lost cost.Amount, delta cost.Delta) (cost.Epsilon, error) {
	const nanosOfMicro = cost.OneNano / cost.Nano(cost.OneEpsilon)
	nanos, _, err := lost.At(delta)
	return cost.Epsilon((nanos + nanosOfMicro - 1) / nanosOfMicro), err
}

// noiseText is the mechanism of a private task.
func noiseText(task spec.TaskSpec) string {
	p := task.Privacy
	norm := "L2"
	if p.Kind == spec.KindLaplace {
		norm = "L1"
	}
	text := fmt.Sprintf("%s noise of %s times the clip, an %s norm of %s", p.Kind, p.Noise, norm, p.Clip)
	switch p.Mode {
	case spec.PrivacyExample:
		text += fmt.Sprintf(", in each of %d steps per round", p.Steps)
	case spec.PrivacyCentral:
		text += fmt.Sprintf(", in shares: %d of them make up the whole noise", task.NoiseShares())
	}
	return text
}

// promiseRows are the rows about the promise of a task, which is nil where it makes none.
func (p *Part) promiseRows(promise *Promise, task spec.TaskSpec) {
	if promise == nil {
		p.Row("privacy", task.Privacy.Mode)
		return
	}
	p.Row("privacy", fmt.Sprintf("%s: holds against %s", promise.Mode, promise.HoldsAgainst))
	p.Row("", promise.Mechanism)
	p.Row("", fmt.Sprintf("unit %s, adjacency %s", promise.Unit, promise.Adjacency))
	p.Row("", "sampling: "+promise.Sampling)
	if promise.Epsilon != nil {
		p.Row("", withLabel(fmt.Sprintf("%d rounds cost epsilon %s at delta %s by %s", promise.Rounds, EpsilonText(*promise.Epsilon), promise.Delta, promise.Accountant), promise.accountantLabel))
	}
	if promise.Ledger != "" {
		p.Row("", withLabel(fmt.Sprintf("%d rounds cost epsilon %s at delta %s by the ledger", promise.Rounds, promise.Ledger, promise.Delta), promise.ledgerLabel))
	}
	if promise.Epsilon == nil && promise.Ledger == "" {
		p.Row("", withLabel("no bound on epsilon is known", promise.Label))
	}
	for _, a := range promise.Assumed {
		p.Row("", "assumed: "+a)
	}
}
