package view_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

// Values as large as they get, or nearly.
const (
	longName = "a-hospital-with-a-name-that-is-sixty-four-characters-long-on-oak"
	address  = "althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684"
	height   = 1_234_567_890
	coins    = 987_654_321 * spec.Thing
)

// largeTask is a task with large values, and a round of it.
func largeTask() (spec.Task, spec.Round) {
	digest := spec.DigestOf([]byte("model"))
	t := spec.Task{
		ID: 123_456, Owner: address, State: spec.TaskFailed, Reason: "too few trainers committed in three rounds in a row, and no more rounds are tried",
		Created: height, Closed: height, Accepted: 10_000, Round: 10_000, Model: digest, Score: 912_345, ScoredRound: 9_999, Best: 923_456, BestRound: 9_000, Stale: 12,
		Paid: coins, Refunded: coins, Spec: spec.DefaultTask(),
		Aggregators: []spec.Member{{Node: 123_456, Stake: coins, Ready: digest}}, Evaluators: []spec.Member{{Node: 123_457, Stake: coins}},
		Faults: []spec.Fault{{Node: 123_456, Round: 9_999, Kind: spec.FaultWrongAggregate, Digest: digest, Burned: coins}},
	}
	t.Spec.Name, t.Spec.Escrow, t.Spec.Data.Name, t.Spec.Target.Rounds = longName, coins, longName, 10_000
	t.Spec.Model = spec.Model{Kind: spec.ModelMLP, Inputs: 4096, Hidden: []uint32{4096, 4096}, Classes: 1000, Init: spec.Init{Model: digest, Task: 123_455}}
	t.Spec.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindGaussian, Clip: 63 * spec.One, Noise: 20 * spec.One}
	for range 40 {
		t.Spec.Data.Schema.Columns = append(t.Spec.Data.Schema.Columns, spec.Column{Name: longName, Kind: spec.ColumnNumber})
	}
	t.Spec.Data.Schema.Label, t.Spec.Data.Schema.Classes = longName, []string{longName, "b"}
	r := spec.Round{
		Task: t.ID, Number: 9_999, Phase: spec.PhaseSettled, Base: digest, Next: spec.DigestOf([]byte("next")), Opened: height, Closed: height, Score: 912_345, Scored: true,
		Paid: coins, Validators: coins, Commitments: 2, Committed: []byte{3},
		Trainers: []spec.Contribution{
			{Node: 123_456, Height: height, Samples: 1_234_567, Correct: 1_234_567, Survivor: true},
			{Node: 123_457, Declined: spec.DeclineRows},
			{Node: 123_458, Height: height},
		},
		Aggregates: []spec.Aggregate{{Node: 123_456, Attested: height, Committed: height, Revealed: height, Digest: digest}},
		Scores:     []spec.Evaluation{{Node: 123_457, Stake: coins, Committed: height, Revealed: height, Score: 912_345, Counts: []spec.Count{{Rows: 1_234_567, Correct: 1_234_567}}}},
	}
	return t, r
}

// largeLists are pages of lists with large values.
func largeLists() map[string]view.Page {
	t, r := largeTask()
	limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 25 * cost.OneEpsilon, Delta: 1}
	epsilon := 17.123456
	budget := view.Budget{
		Dataset: 123_456, Name: longName, Owner: address, Unit: cost.DataSubject, Adjacency: cost.ReplaceOne, Limit: "1234.123456", Delta: "0.000000000000000001",
		Ledger: "1234.123456", Reserved: "1234.123456", Left: "1234.123456", Label: view.NoMeaningfulPrivacy, Epsilon: &epsilon, Accountant: account.PLD,
	}
	profile := spec.Profile{
		Name: longName, Roles: spec.DataProvider | spec.Trainer | spec.Aggregator | spec.Evaluator, Slots: 1000,
		Holdings: []spec.Holding{{Name: longName, Samples: 1_234_567}, {Name: longName}},
	}
	return map[string]view.Page{
		"tasks":     view.Tasks{t, t}.Page(),
		"rounds":    view.Rounds{view.RoundOf(r, nil)}.Page(),
		"nodes":     view.Nodes{{ID: 123_456, Profile: profile, Deposit: spec.Deposit{State: spec.NodeUnbonding, Stake: coins}}}.Page(),
		"lines":     view.Lines{{ID: 123_456, Name: longName, Owner: address, Versions: 123_456, Scored: 123_455, Score: 912_345}}.Page(),
		"versions":  view.Versions{{Number: 123_456, Task: 123_456, Round: 9_999, Height: height, Score: 912_345, Scored: true, Trainers: 2048, Participants: 2112, Base: r.Base, Model: r.Next}}.Page(),
		"data sets": view.Datasets{{ID: 123_456, Owner: address, Registered: height, Description: spec.Description{Name: longName, Features: 65_536, Classes: 1000, Rows: 1_234_567}}}.Page(),
		"budgets":   view.Budgets{budget}.Page(),
		"holders":   view.Holders{{Address: address, Amount: coins}}.Page(),
		"proposals": view.Proposals{{ID: 123_456, Status: spec.ProposalRejected, Title: strings.Repeat(longName, 2), Actions: []spec.Action{{Mint: &spec.Mint{}}, {UpdateModel: &spec.UpdateModel{}}}}}.Page(),
		"charges":   view.Charges{{Dataset: 123_456, Owner: address, Rounds: make([]uint64, 100), Unit: cost.DataSubject, Adjacency: cost.ReplaceOne, Epsilon: &epsilon, Delta: "0.00001", Accountant: account.PLD, Ledger: "17.123456", Spent: "17.123456", Limit: "25", Label: view.NoMeaningfulPrivacy}}.Page(),
		"book":      view.BookRows{view.BookRowOf(1, cost.Row{Number: 123_456, Entry: cost.EntryLimit, Limit: limit})}.Page(),
		"affordable": view.AffordableList{view.AffordableOf(123_456, address, limit, limit.Epsilon, 10_000, 9_999, "selection.owners does not name its owner")}.
			Page(t.Spec, 10_000),
	}
}

// TestLinesFit80Columns draws pages with large values on a terminal of 80 columns. Only a
// line whose text is one word, such as a digest, may be longer.
func TestLinesFit80Columns(t *testing.T) {
	task, round := largeTask()
	node := spec.Node{
		ID: 123_456, Owner: address, Profile: spec.Profile{Name: longName, Endpoint: "https://node.hospital.example.org:26690"},
		Deposit:  spec.Deposit{State: spec.NodeJailed, Stake: coins, Bonded: coins, Granted: coins, JailedUntil: 1_800_000_000_000},
		Standing: spec.Standing{History: []spec.Change{{Task: 123_456, Round: 9_999, Height: height, Reputation: 215_625, Demerit: true, Reason: "update withheld, as far as bitmaps and receipts of all aggregators show"}}},
	}
	file, err := view.TaskFileOf("task.yaml", task.Spec)
	if err != nil {
		t.Fatal(err)
	}
	pages := largeLists()
	pages["task file"] = file.Page()
	pages["closed task"] = view.ClosedTaskOf(task, round).Page()
	pages["payouts"] = view.PayoutsOf(task, []spec.Round{round}).Page()
	pages["round"] = view.RoundOf(round, nil).Page()
	pages["node"] = view.Node{Node: node}.Page()
	pages["supply"] = view.Supply{Supply: client.Supply{Cap: coins, Total: coins, Circulating: coins}}.Page()
	for name, page := range pages {
		var out bytes.Buffer
		if err := (&terminal.Screen{Out: &out, Columns: 80, UTF8: true}).Page(page); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if fields := strings.Fields(line); utf8.RuneCountInString(line) > 80 && len(fields[len(fields)-1]) < 64 {
				t.Errorf("%s: %d columns: %s", name, utf8.RuneCountInString(line), line)
			}
		}
		if testing.Verbose() {
			t.Logf("%s\n%s", name, out.String())
		}
	}
}
