package spec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

const proposalFile = `title: Train more carefully
summary: |
  The loss oscillates.
  See round 7.
deposit: 250.5
actions:
  - update_model:
      task: 1
      base: latest
      model: larger.safetensors
      settings:
        training.rate: 0.05
        training.batch: 32
  - add_participant: {node: 3, grant: 100}
  - remove_participant: {node: 4, reason: It serves nothing.}
  - update_params: {module: node, settings: {stakes.trainer.min: 20, jail_seconds: 600}}
  - mint: {to: althing1x, amount: 5}
  - cancel: {proposal: 3}
`

func TestParseProposal(t *testing.T) {
	want := spec.Draft{
		Title: "Train more carefully", Summary: "The loss oscillates.\nSee round 7.\n", Deposit: 250_500_000,
		Actions: []spec.Action{
			{UpdateModel: &spec.UpdateModel{Task: 1, Base: spec.LatestModel, Model: "larger.safetensors", Settings: spec.Settings{
				{Name: "training.rate", Value: "0.05"}, {Name: "training.batch", Value: "32"},
			}}},
			{AddParticipant: &spec.AddParticipant{Node: 3, Grant: spec.Amount(100 * spec.Thing)}},
			{RemoveParticipant: &spec.RemoveParticipant{Node: 4, Reason: "It serves nothing."}},
			{UpdateParams: &spec.UpdateParams{Module: "node", Settings: spec.Settings{{Name: "stakes.trainer.min", Value: "20"}, {Name: "jail_seconds", Value: "600"}}}},
			{Mint: &spec.Mint{To: "althing1x", Amount: spec.Amount(5 * spec.Thing)}},
			{Cancel: &spec.CancelEntry{Proposal: 3}},
		},
	}
	got, err := spec.ParseProposal([]byte(proposalFile))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for i, kind := range []string{"update_model", "add_participant", "remove_participant", "update_params", "mint", "cancel"} {
		if got.Actions[i].Kind() != kind {
			t.Errorf("action %d is %s, want %s", i+1, got.Actions[i].Kind(), kind)
		}
	}
	text, err := spec.ParseProposal([]byte("title: t\nsummary: s\nactions: [text: Cards shall be written.]\n"))
	if err != nil || text.Actions[0].Text != "Cards shall be written." || text.Actions[0].Kind() != "text" {
		t.Errorf("%+v (%v)", text, err)
	}
}

func TestParseProposalNamesLineAndField(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string // in proposalFile
		line     int
		field    string
		why      string
	}{
		"no title":            {"title: Train more carefully\n", "", 1, "title", "missing"},
		"title of two lines":  {"title: Train more carefully", "title: \"a\\nb\"", 1, "title", "one line"},
		"no summary":          {"summary: |\n  The loss oscillates.\n  See round 7.\n", "", 1, "summary", "missing"},
		"no actions":          {proposalFile[strings.Index(proposalFile, "actions"):], "", 1, "actions", "missing"},
		"unknown field":       {"deposit", "depositt", 5, "depositt", "unknown field: want one of title, summary, deposit, actions"},
		"no amount":           {"250.5", "much", 5, "deposit", "want a decimal"},
		"seven digits":        {"250.5", "0.0000001", 5, "deposit", "at most six digits"},
		"unknown action":      {"- mint:", "- print:", 17, "actions.print", "unknown field: want one of update_model, add_participant"},
		"unsaid action":       {"- mint: {to: althing1x, amount: 5}", "- \"-\": x", 17, "actions.-", "unknown field"},
		"unsaid field":        {"task: 1", "updates: 1", 8, "actions.update_model.updates", "unknown field: want one of task, base, model, settings, holder"},
		"two at once":         {"  - cancel", "    cancel", 17, "actions.5", "mint and cancel are in one action"},
		"no task":             {"      task: 1\n", "", 7, "actions.1.update_model.task", "missing"},
		"task is a word":      {"task: 1", "task: one", 8, "actions.update_model.task", "whole number"},
		"no base":             {"      base: latest\n", "", 7, "actions.1.update_model.base", "missing"},
		"base is a word":      {"latest", "newest", 9, "actions.1.update_model.base", "want latest, or the 64"},
		"unknown setting":     {"training.rate", "training.rat", 12, "actions.1.update_model.settings.training.rat", "unknown setting: want one of training.batch"},
		"privacy":             {"training.rate", "privacy.noise", 12, "actions.1.update_model.settings.privacy.noise", "unknown setting"},
		"said twice":          {"training.batch: 32", "training.rate: 0.1", 12, "actions.1.update_model.settings.training.rate", "appears twice"},
		"half a batch":        {"batch: 32", "batch: 32.5", 13, "actions.1.update_model.settings.training.batch", "whole number"},
		"empty value":         {"batch: 32", "batch:", 13, "actions.update_model.settings.training.batch", "empty"},
		"settings in a list":  {"settings:\n        training.rate: 0.05\n        training.batch: 32", "settings: [training.rate]", 11, "actions.update_model.settings", "want names with values"},
		"no reason":           {", reason: It serves nothing.", "", 15, "actions.3.remove_participant.reason", "missing"},
		"unknown module":      {"module: node", "module: bank", 16, "actions.4.update_params.module", "unknown module \"bank\": want one of dao, fee, node, task, timelock"},
		"of another module":   {"stakes.trainer.min", "quorum", 16, "actions.4.update_params.settings.quorum", "unknown setting: want one of stakes.data_provider.min"},
		"said at genesis":     {"stakes.trainer.min: 20", "local: 1", 16, "actions.4.update_params.settings.local", "unknown setting"},
		"nothing is minted":   {"amount: 5", "amount: 0", 17, "actions.5.mint.amount", "missing"},
		"text among others":   {"- cancel: {proposal: 3}", "- text: And so on.", 18, "actions.6.text", "must be the only action"},
		"anchor":              {"task: 1", "task: &n 1", 8, "actions.update_model.task", "anchors and aliases"},
		"another document":    {"  - cancel: {proposal: 3}\n", "---\ntitle: t\n", 18, "", "a second document"},
		"no YAML":             {"deposit: 250.5", "deposit: [", 6, "", ""},
		"action is a word":    {"- cancel: {proposal: 3}", "- cancel", 18, "actions", "want fields"},
		"participant is null": {"- cancel: {proposal: 3}", "- cancel:", 18, "actions.cancel", "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			file := strings.Replace(proposalFile, c.old, c.new, 1)
			if file == proposalFile {
				t.Fatalf("%q is not in the file", c.old)
			}
			_, err := spec.ParseProposal([]byte(file))
			got, ok := errors.AsType[*spec.FieldError](err)
			if !ok {
				t.Fatalf("got %v, want an error that names a line", err)
			}
			if got.Line != c.line || got.Field != c.field || !strings.Contains(got.Why, c.why) || !strings.HasPrefix(err.Error(), "proposal file line ") {
				t.Errorf("got line %d, %s: %s\nwant line %d, %s: %s\nin words: %v", got.Line, got.Field, got.Why, c.line, c.field, c.why, err)
			}
		})
	}
	many := "title: t\nsummary: s\nactions:\n" + strings.Repeat("  - cancel: {proposal: 1}\n", spec.MaxActions+1)
	if _, err := spec.ParseProposal([]byte(many)); err == nil || !strings.Contains(err.Error(), "17 actions: want at most 16") {
		t.Errorf("got %v, want a bound of actions", err)
	}
	if _, err := spec.ParseProposal(nil); err == nil || err.Error() != "proposal file line 1: the file is empty" {
		t.Errorf("got %v", err)
	}
}

// FuzzParseProposal: whatever a file holds, it is read as a valid draft or refused.
func FuzzParseProposal(f *testing.F) {
	f.Add([]byte(proposalFile))
	f.Add([]byte("title: t\nsummary: s\nactions: [text: x]\n"))
	f.Add([]byte("actions: [{update_model: {settings: {? [] : 1}}}]"))
	f.Add([]byte("- \"-\": 1"))
	f.Fuzz(func(t *testing.T, file []byte) {
		draft, err := spec.ParseProposal(file)
		if err != nil {
			return
		}
		if err := draft.Validate(); err != nil {
			t.Errorf("what was read is refused: %v", err)
		}
		for _, a := range draft.Actions {
			if a.Kind() == "" || a.Unknown != "" {
				t.Errorf("%+v is not one action", a)
			}
		}
	})
}

func TestParameters(t *testing.T) {
	for _, c := range []struct {
		unit spec.Unit
		text string
		n    uint64
	}{
		{spec.UnitCount, "32", 32},
		{spec.UnitPart, "0.05", 50_000},
		{spec.UnitThing, "2.5", 2_500_000},
		{spec.UnitThing, "0", 0},
		{spec.UnitSeconds, "600", 600},
		{spec.UnitTime, "1700000000000", 1_700_000_000_000},
	} {
		p := spec.Parameter{Unit: c.unit}
		if n, err := p.Parse(c.text); err != nil || n != c.n || p.Text(n) != c.text {
			t.Errorf("%s %s is read as %d (%v) and written as %s", c.text, c.unit, n, err, p.Text(n))
		}
	}
	for unit, text := range map[spec.Unit]string{
		spec.UnitCount: "010", spec.UnitPart: "1e-7", spec.UnitThing: "-1", spec.UnitSeconds: "10m", spec.UnitTime: "9223372036854775808", spec.UnitAccount: "a\x1bb",
	} {
		if _, err := (spec.Parameter{Unit: unit}).Parse(text); err == nil {
			t.Errorf("%q was read as %s", text, unit)
		}
	}
}

func TestPassing(t *testing.T) {
	rules := spec.VoteRules{Quorum: 250_000, Threshold: 500_000, HighThreshold: 667_000, Veto: 334_000}
	for name, c := range map[string]struct {
		poll spec.Poll
		why  string // empty: passes
	}{
		"nobody has voted":     {spec.Poll{Total: 100}, "quorum not reached: 0% voted, want 25%"},
		"nobody can vote":      {spec.Poll{}, "quorum not reached"},
		"one short":            {spec.Poll{Total: 100, Tally: spec.Tally{Yes: 24}}, "quorum not reached: 24% voted, want 25%"},
		"just enough":          {spec.Poll{Total: 100, Tally: spec.Tally{Yes: 25}}, ""},
		"only abstained":       {spec.Poll{Total: 100, Tally: spec.Tally{Abstain: 90}}, "0% is Yes"},
		"a draw":               {spec.Poll{Total: 100, Tally: spec.Tally{Yes: 30, No: 30}}, "50% is Yes, want more than 50%"},
		"abstain fills quorum": {spec.Poll{Total: 100, Tally: spec.Tally{Yes: 2, No: 1, Abstain: 30}}, ""},
		"vetoed":               {spec.Poll{Total: 100, Tally: spec.Tally{Yes: 60, Veto: 34}}, "36.1702% is veto, want at most 33.4%"},
		"dangerous":            {spec.Poll{Total: 100, Dangerous: true, Tally: spec.Tally{Yes: 60, No: 40}}, "60% is Yes, want more than 66.7%"},
		"all there is":         {spec.Poll{Total: spec.Cap, Dangerous: true, Tally: spec.Tally{Yes: spec.Cap}}, ""},
	} {
		passes, why := c.poll.Passing(rules)
		if passes != (c.why == "") || !strings.Contains(why, c.why) {
			t.Errorf("%s: got %v %q, want %q", name, passes, why, c.why)
		}
	}
}
