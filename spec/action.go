package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds of a proposal.
const (
	MaxActions   = 16     // of a proposal
	MaxTitle     = 255    // bytes of a proposal's title, and of what a text decides
	MaxSummary   = 10_200 // bytes
	MaxReason    = 256    // bytes, of a removal
	maxAccount   = 128    // bytes of an address
	LatestModel  = "latest"
	actionsField = "actions"
)

// Draft is a proposal as a file says it, before it is submitted.
type Draft struct {
	Title   string   `json:"title" yaml:"title"`
	Summary string   `json:"summary" yaml:"summary"`
	Deposit Amount   `json:"deposit_uthing" yaml:"deposit"` // 0: what a vote needs to begin at once
	Actions []Action `json:"actions" yaml:"actions"`
}

// Amount is an amount in uthing, which a file says in THING.
type Amount uint64

// String is the amount in THING, the shortest decimal that reads back as a.
func (a Amount) String() string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%06d", uint64(a)/Thing, uint64(a)%Thing), "0"), ".")
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

// Action is one thing that a passed proposal does. Exactly one field is set.
type Action struct {
	UpdateModel       *UpdateModel       `json:"update_model,omitempty" yaml:"update_model"`
	AddParticipant    *AddParticipant    `json:"add_participant,omitempty" yaml:"add_participant"`
	RemoveParticipant *RemoveParticipant `json:"remove_participant,omitempty" yaml:"remove_participant"`
	UpdateParams      *UpdateParams      `json:"update_params,omitempty" yaml:"update_params"`
	Mint              *Mint              `json:"mint,omitempty" yaml:"mint"`
	Cancel            *CancelEntry       `json:"cancel,omitempty" yaml:"cancel"`
	// Text is a sentence that is decided and that no program carries out. It stands alone.
	Text string `json:"text,omitempty" yaml:"text"`
	// Unknown is the type of a message of the chain that this program does not know.
	Unknown string `json:"unknown,omitempty" yaml:"-"`
}

// UpdateModel changes the model of a governed task, its hyper-parameters, or both.
type UpdateModel struct {
	Task uint64 `json:"task" yaml:"task"`
	// Base is the version that the proposer judged, a digest; in a file also
	// [LatestModel].
	Base string `json:"base" yaml:"base"`
	// Model is the digest of the weights with which the task goes on, empty: with its own;
	// in a file also the name of a file with them.
	Model    string   `json:"model,omitempty" yaml:"model"`
	Settings Settings `json:"settings,omitempty" yaml:"settings"`
	// Holder is the node that serves Model, beside the task's aggregators; 0: none.
	Holder uint64 `json:"holder,omitempty" yaml:"holder"`
	// Updates is how many updates votes had carried out in the task when this was written.
	Updates uint32 `json:"updates" yaml:"-"`
}

// AddParticipant grants stake to a node that has applied.
type AddParticipant struct {
	Node  uint64 `json:"node" yaml:"node"`
	Grant Amount `json:"grant_uthing" yaml:"grant"`
}

// RemoveParticipant has the stake of a node leave.
type RemoveParticipant struct {
	Node   uint64 `json:"node" yaml:"node"`
	Reason string `json:"reason" yaml:"reason"`
}

// UpdateParams changes rules of one module. In a file, what is not said stays as it is.
type UpdateParams struct {
	Module   string   `json:"module" yaml:"module"`
	Settings Settings `json:"settings" yaml:"settings"`
}

// Mint makes coins.
type Mint struct {
	To     string `json:"to" yaml:"to"`
	Amount Amount `json:"amount_uthing" yaml:"amount"`
}

// CancelEntry takes a passed proposal out of the timelock.
type CancelEntry struct {
	Proposal uint64 `json:"proposal" yaml:"proposal"`
}

// Setting is a parameter and the value that it gets, as people write it.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Before is the value that it has now, where that has been asked for.
	Before string `json:"before,omitempty"`
}

// Settings are some of them, none twice.
type Settings []Setting

// UnmarshalYAML implements [yaml.Unmarshaler]: a mapping of names to values.
func (s *Settings) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		*s = append(*s, Setting{Name: node.Content[i].Value, Value: node.Content[i+1].Value})
	}
	return nil
}

// Kind is the name of the field of an action that is set; empty where it is not one.
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

// Validate reports the first field that is missing or wrong, as a [*FieldError]. Which
// tasks, nodes and versions there are it does not know. It changes nothing.
func (d Draft) Validate() error {
	if err := firstOf(proposalFile,
		check{"title", d.Title == "", "missing: say in a line what is proposed"},
		check{"title", !readable(d.Title, MaxTitle), fmt.Sprintf("want at most %d bytes of printable text on one line", MaxTitle)},
		check{"summary", d.Summary == "", "missing: say what for"},
		check{"summary", !readable(strings.ReplaceAll(d.Summary, "\n", " "), MaxSummary), fmt.Sprintf("want at most %d bytes of printable text", MaxSummary)},
		check{actionsField, len(d.Actions) == 0, "missing: want at least one of " + strings.Join(fieldNamesOf[Action](), ", ")},
		check{actionsField, len(d.Actions) > MaxActions, fmt.Sprintf("%d of them: want at most %d", len(d.Actions), MaxActions)},
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
		return &FieldError{of: proposalFile, Field: at, Why: "want one of " + strings.Join(fieldNamesOf[Action](), ", ")}
	case len(kinds) > 1:
		return &FieldError{of: proposalFile, Field: at, Why: fmt.Sprintf("is %s at once: begin each action with a dash of its own", strings.Join(kinds, " and "))}
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
			check{within + ".grant", a.AddParticipant.Grant == 0, "missing: want the stake in THING that it is granted"})
	case a.RemoveParticipant != nil:
		return firstOf(proposalFile,
			check{within + ".node", a.RemoveParticipant.Node == 0, "missing: want the number of a node"},
			check{within + ".reason", a.RemoveParticipant.Reason == "", "missing: say why it has to leave"},
			check{within + ".reason", !readable(a.RemoveParticipant.Reason, MaxReason), fmt.Sprintf("want at most %d bytes of printable text", MaxReason)})
	case a.Mint != nil:
		return firstOf(proposalFile,
			check{within + ".to", a.Mint.To == "", "missing: want the address of an account"},
			check{within + ".to", !readable(a.Mint.To, maxAccount), "want the address of an account"},
			check{within + ".amount", a.Mint.Amount == 0, "missing: want more than nothing"})
	case a.Cancel != nil:
		return firstOf(proposalFile, check{within + ".proposal", a.Cancel.Proposal == 0, "missing: want the number of a proposal that waits"})
	case a.Unknown != "":
		return &FieldError{of: proposalFile, Field: within, Why: "no file says it"}
	}
	return firstOf(proposalFile,
		check{within, all > 1, "a text stands alone: put the other actions into another proposal"},
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
		check{at + ".settings", len(u.Settings) == 0, "missing: say what changes, of " + namesOf(Parameters(u.Module))},
	); err != nil {
		return err
	}
	return u.Settings.validate(at, Parameters(u.Module))
}

// validate wants settings of some parameters, with values of their units.
func (s Settings) validate(at string, of []Parameter) error {
	for i, setting := range s {
		field := at + ".settings." + setting.Name
		p, known := ParameterNamed(of, setting.Name)
		if !known {
			return &FieldError{of: proposalFile, Field: field, Why: "unknown setting: want one of " + namesOf(of)}
		}
		if slices.ContainsFunc(s[:i], func(former Setting) bool { return former.Name == setting.Name }) {
			return &FieldError{of: proposalFile, Field: field, Why: "said twice"}
		}
		if _, err := p.Parse(setting.Value); err != nil {
			return &FieldError{of: proposalFile, Field: field, Why: err.Error()}
		}
	}
	return nil
}

// readable reports whether a text is short enough, and one line without control characters.
func readable(s string, most int) bool {
	control := func(r rune) bool { return r < ' ' || 0x7f <= r && r < 0xa0 }
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}
