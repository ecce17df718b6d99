package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds of a proposal.
const (
	MaxActions = 16     // of a proposal
	MaxTitle   = 255    // bytes of a title, and of the sentence in a text action
	MaxSummary = 10_200 // bytes of a summary
	MaxReason  = 256    // bytes of the reason for a removal
	maxAccount = 128    // bytes of an address

	// LatestModel stands in a file for the newest version of a task's model.
	LatestModel  = "latest"
	actionsField = "actions"
)

// Draft is a proposal as it is written in a file, before it is submitted.
type Draft struct {
	Title   string   `json:"title" yaml:"title"`
	Summary string   `json:"summary" yaml:"summary"`
	Deposit Amount   `json:"deposit_uthing" yaml:"deposit"` // 0: the amount with which the vote begins at once
	Actions []Action `json:"actions" yaml:"actions"`
}

// Amount is an amount in uthing, which files and people write in THING.
type Amount uint64

// String returns the amount in THING: the shortest decimal that reads back as a.
func (a Amount) String() string {
	return thing(strconv.FormatUint(uint64(a), 10))
}

// UnmarshalYAML implements [yaml.Unmarshaler]; its error names the line.
func (a *Amount) UnmarshalYAML(node *yaml.Node) error {
	n, err := ParseThing(node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	*a = Amount(n)
	return nil
}

// Action is one change that a passed proposal makes. Exactly one field is set.
type Action struct {
	UpdateModel       *UpdateModel       `json:"update_model,omitempty" yaml:"update_model"`
	AddParticipant    *AddParticipant    `json:"add_participant,omitempty" yaml:"add_participant"`
	RemoveParticipant *RemoveParticipant `json:"remove_participant,omitempty" yaml:"remove_participant"`
	UpdateParams      *UpdateParams      `json:"update_params,omitempty" yaml:"update_params"`
	Mint              *Mint              `json:"mint,omitempty" yaml:"mint"`
	Cancel            *CancelEntry       `json:"cancel,omitempty" yaml:"cancel"`
	// Text is a sentence to decide on, which no program carries out. It is the only action of
	// its proposal.
	Text string `json:"text,omitempty" yaml:"text"`
	// Unknown is the type of a chain message that this program does not know.
	Unknown string `json:"unknown,omitempty" yaml:"-"`
}

// UpdateModel changes the model of a governed task, its hyper-parameters, or both.
type UpdateModel struct {
	Task uint64 `json:"task" yaml:"task"`
	// Base is the digest of the version that the proposer has looked at; in a file also
	// [LatestModel].
	Base string `json:"base" yaml:"base"`
	// Model is the digest of the weights with which the task continues; in a file also the
	// name of a file that holds them. If it is empty, the task keeps its own weights.
	Model    string   `json:"model,omitempty" yaml:"model"`
	Settings Settings `json:"settings,omitempty" yaml:"settings"`
	// Holder is a node that serves Model, in addition to the task's aggregators; 0: none.
	Holder uint64 `json:"holder,omitempty" yaml:"holder"`
	// Updates is how many updates by vote the task had when the proposal was written.
	Updates uint32 `json:"updates" yaml:"-"`
}

// AddParticipant grants stake to a node that has applied.
type AddParticipant struct {
	Node  uint64 `json:"node" yaml:"node"`
	Grant Amount `json:"grant_uthing" yaml:"grant"`
}

// RemoveParticipant removes a node: its stake is unbonded.
type RemoveParticipant struct {
	Node   uint64 `json:"node" yaml:"node"`
	Reason string `json:"reason" yaml:"reason"`
}

// UpdateParams changes parameters of one module. Parameters that a file does not name keep
// their values.
type UpdateParams struct {
	Module   string   `json:"module" yaml:"module"`
	Settings Settings `json:"settings" yaml:"settings"`
}

// Mint creates coins and pays them to an account.
type Mint struct {
	To     string `json:"to" yaml:"to"`
	Amount Amount `json:"amount_uthing" yaml:"amount"`
}

// CancelEntry takes a passed proposal out of the timelock.
type CancelEntry struct {
	Proposal uint64 `json:"proposal" yaml:"proposal"`
}

// Setting is a parameter and its new value, as people write it.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Before is the present value; empty if the chain was not asked for it.
	Before string `json:"before,omitempty"`
}

// Settings is a list of settings, each parameter at most once.
type Settings []Setting

// UnmarshalYAML implements [yaml.Unmarshaler]. It reads a mapping of names to values.
func (s *Settings) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		*s = append(*s, Setting{Name: node.Content[i].Value, Value: node.Content[i+1].Value})
	}
	return nil
}

// Kind is the name of the field that is set; empty if none or several are set.
func (a Action) Kind() string {
	kinds := a.kinds()
	if len(kinds) != 1 {
		return ""
	}
	return kinds[0]
}

func (a Action) kinds() (kinds []string) {
	for _, k := range []struct {
		name string
		set  bool
	}{
		{"update_model", a.UpdateModel != nil},
		{"add_participant", a.AddParticipant != nil},
		{"remove_participant", a.RemoveParticipant != nil},
		{"update_params", a.UpdateParams != nil},
		{"mint", a.Mint != nil},
		{"cancel", a.Cancel != nil},
		{"text", a.Text != ""},
		{"unknown", a.Unknown != ""},
	} {
		if k.set {
			kinds = append(kinds, k.name)
		}
	}
	return kinds
}

// Validate reports the first field that is missing or wrong, as a [*FieldError]. It does not
// check whether the tasks, nodes and versions that the draft names exist. It changes nothing.
func (d Draft) Validate() error {
	if err := firstOf(proposalFile,
		check{"title", d.Title == "", "missing: want one line that says what is proposed"},
		check{"title", !readable(d.Title, MaxTitle), fmt.Sprintf("want at most %d bytes of printable text on one line", MaxTitle)},
		check{"summary", d.Summary == "", "missing: want a text that says why"},
		check{"summary", !readable(strings.ReplaceAll(d.Summary, "\n", " "), MaxSummary), fmt.Sprintf("want at most %d bytes of printable text", MaxSummary)},
		check{actionsField, len(d.Actions) == 0, "missing: want at least one of " + strings.Join(fieldNamesOf[Action](), ", ")},
		check{actionsField, len(d.Actions) > MaxActions, fmt.Sprintf("%d actions: want at most %d", len(d.Actions), MaxActions)},
	); err != nil {
		return err
	}
	for i, a := range d.Actions {
		if err := a.validate(fmt.Sprintf("%s.%d", actionsField, i+1), len(d.Actions)); err != nil {
			return err
		}
	}
	return nil
}

func (a Action) validate(at string, all int) error {
	kinds := a.kinds()
	switch {
	case len(kinds) == 0:
		return &FieldError{kind: proposalFile, Field: at, Why: "want one of " + strings.Join(fieldNamesOf[Action](), ", ")}
	case len(kinds) > 1:
		return &FieldError{kind: proposalFile, Field: at, Why: fmt.Sprintf("%s are in one action: begin each action with its own dash", strings.Join(kinds, " and "))}
	}
	within := at + "." + kinds[0]
	switch {
	case a.UpdateModel != nil:
		return a.UpdateModel.validate(within)
	case a.UpdateParams != nil:
		return a.UpdateParams.validate(within)
	case a.AddParticipant != nil:
		return firstOf(proposalFile,
			check{within + ".node", a.AddParticipant.Node == 0, "missing: want the number of a node that has applied"},
			check{within + ".grant", a.AddParticipant.Grant == 0, "missing: want the stake to grant, in THING"})
	case a.RemoveParticipant != nil:
		return firstOf(proposalFile,
			check{within + ".node", a.RemoveParticipant.Node == 0, "missing: want the number of a node"},
			check{within + ".reason", a.RemoveParticipant.Reason == "", "missing: want the reason why the node is removed"},
			check{within + ".reason", !readable(a.RemoveParticipant.Reason, MaxReason), fmt.Sprintf("want at most %d bytes of printable text", MaxReason)})
	case a.Mint != nil:
		return firstOf(proposalFile,
			check{within + ".to", a.Mint.To == "", "missing: want the address of an account"},
			check{within + ".to", !readable(a.Mint.To, maxAccount), "want the address of an account"},
			check{within + ".amount", a.Mint.Amount == 0, "missing: want an amount of THING above zero"})
	case a.Cancel != nil:
		return firstOf(proposalFile, check{within + ".proposal", a.Cancel.Proposal == 0, "missing: want the number of a passed proposal that waits in the timelock"})
	case a.Unknown != "":
		return &FieldError{kind: proposalFile, Field: within, Why: "this program cannot submit such an action"}
	}
	return firstOf(proposalFile,
		check{within, all > 1, "a text must be the only action: put the other actions into another proposal"},
		check{within, !readable(a.Text, MaxTitle), fmt.Sprintf("want at most %d bytes of printable text on one line", MaxTitle)})
}

func (u UpdateModel) validate(at string) error {
	digest := func(s string) bool { _, err := ParseDigest(s); return err == nil }
	if err := firstOf(proposalFile,
		check{at + ".task", u.Task == 0, "missing: want the number of a governed task"},
		check{at + ".base", u.Base == "", "missing: want the digest of a version of the task's model, or " + LatestModel},
		check{at + ".base", u.Base != LatestModel && !digest(u.Base), fmt.Sprintf("%.64q: want %s, or the 64 hexadecimal digits of a digest", u.Base, LatestModel)},
		check{at, u.Model == "" && len(u.Settings) == 0, "changes nothing: want settings, a model, or both"},
	); err != nil {
		return err
	}
	return u.Settings.validate(at, Hyperparameters())
}

func (u UpdateParams) validate(at string) error {
	var modules []string
	for _, m := range Modules() {
		modules = append(modules, m.Name)
	}
	list := strings.Join(modules, ", ")
	if err := firstOf(proposalFile,
		check{at + ".module", u.Module == "", "missing: want one of " + list},
		check{at + ".module", !slices.Contains(modules, u.Module), fmt.Sprintf("unknown module %.64q: want one of %s", u.Module, list)},
		check{at + ".settings", len(u.Settings) == 0, "missing: want new values for some of " + namesOf(Parameters(u.Module))},
	); err != nil {
		return err
	}
	return u.Settings.validate(at, Parameters(u.Module))
}

// validate accepts settings of the given parameters, with values in their units.
func (s Settings) validate(at string, parameters []Parameter) error {
	for i, setting := range s {
		field := at + ".settings." + setting.Name
		p, known := ParameterNamed(parameters, setting.Name)
		if !known {
			return &FieldError{kind: proposalFile, Field: field, Why: "unknown setting: want one of " + namesOf(parameters)}
		}
		if slices.ContainsFunc(s[:i], func(earlier Setting) bool { return earlier.Name == setting.Name }) {
			return &FieldError{kind: proposalFile, Field: field, Why: "appears twice: want it once"}
		}
		if _, err := p.Parse(setting.Value); err != nil {
			return &FieldError{kind: proposalFile, Field: field, Why: err.Error()}
		}
	}
	return nil
}

// readable reports whether a text is one line without control characters, and has at most
// so many bytes.
func readable(s string, maxBytes int) bool {
	return len(s) <= maxBytes && utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}
