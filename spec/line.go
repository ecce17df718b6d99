package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of the model cards of a line.
const (
	MaxCard  = 8 << 10 // bytes of one card
	MaxCards = 256     // cards of one line
)

// Line is all versions of one model, from all tasks that trained it. An owner continues a
// line by creating another task that names it. ID 0 stands for no line.
type Line struct {
	ID       uint64 `json:"id"`
	Owner    string `json:"owner"`    // bech32 account whose tasks publish the versions
	Name     string `json:"name"`     // unique among the lines of its owner
	Model    Model  `json:"model"`    // architecture of every version
	Created  int64  `json:"created"`  // height
	Tasks    uint64 `json:"tasks"`    // tasks that publish into the line, closed ones included
	Versions uint64 `json:"versions"` // versions so far; the newest has this number
	Scored   uint64 `json:"scored"`   // number of the newest version that has a score; 0: no version has one
	Score    PPM    `json:"score"`    // of that version
	Cards    uint32 `json:"cards"`    // cards so far; the newest has this number
}

// Version is one model of a line. It never changes, except that its score is added once.
type Version struct {
	Line         uint64 `json:"line"`
	Number       uint64 `json:"number"` // from 1, without gaps
	Model        Digest `json:"model"`
	Task         uint64 `json:"task"`               // that published it
	Round        uint64 `json:"round"`              // of the task that made it; 0 for a task's first model and for a model adopted by a vote
	Proposal     uint64 `json:"proposal,omitempty"` // whose vote adopted it; 0: no vote did
	Height       int64  `json:"height"`             // at which it was published
	Score        PPM    `json:"score"`              // see Scored
	Scored       bool   `json:"scored"`
	Trainers     uint32 `json:"trainers"`      // updates in it
	Participants uint32 `json:"participants"`  // nodes that served its round: trainers, aggregators, evaluators
	Base         Digest `json:"base,omitzero"` // model it was made from; zero for a task's first model
}

// Card is what the owner of a line states about it: the purpose of the model, the data it
// was trained on, its limits. The network does not check it.
type Card struct {
	Line   uint64 `json:"line"`
	Number uint32 `json:"number"` // from 1, without gaps
	Text   string `json:"text"`   // see [ValidateCard]
	Height int64  `json:"height"`
}

const taskLinePrefix = "task-"

// LineOfTask is the name of the line of a task that names none: "task-7" for task 7.
func LineOfTask(task uint64) string { return taskLinePrefix + strconv.FormatUint(task, 10) }

// TaskOfLine is the task whose line has a name by [LineOfTask]; not ok if the name has
// another form.
func TaskOfLine(name string) (task uint64, ok bool) {
	digits, ok := strings.CutPrefix(name, taskLinePrefix)
	task, err := strconv.ParseUint(digits, 10, 64)
	return task, ok && err == nil && name == LineOfTask(task)
}

// Validate reports the first mistake in the record of a line.
func (l Line) Validate() error {
	switch {
	case l.ID == 0:
		return fmt.Errorf("line 0: want an id from 1")
	case l.Owner == "":
		return fmt.Errorf("line %d has no owner", l.ID)
	case !printable(l.Name):
		return fmt.Errorf("line %d: name %.64q: want 1 to %d bytes of printable text", l.ID, l.Name, maxName)
	case l.Scored > l.Versions:
		return fmt.Errorf("line %d has %d versions, but version %d has a score", l.ID, l.Versions, l.Scored)
	case l.Scored == 0 && l.Score != 0 || l.Score > One:
		return fmt.Errorf("line %d has the score %d: want at most %d, and 0 if no version has one", l.ID, l.Score, One)
	case l.Cards > MaxCards:
		return fmt.Errorf("line %d has %d cards: want at most %d", l.ID, l.Cards, MaxCards)
	}
	if err := l.Model.Validate(); err != nil {
		return fmt.Errorf("line %d: %w", l.ID, err)
	}
	return nil
}

// First reports whether the version is model 0 of a task, which no round has trained.
func (v Version) First() bool { return v.Round == 0 && v.Proposal == 0 }

// Validate reports the first mistake in the record of a version. It does not look at Line,
// Number and Height.
func (v Version) Validate() error {
	switch {
	case v.Task == 0:
		return fmt.Errorf("a version names no task")
	case v.Model.IsZero():
		return fmt.Errorf("a version of task %d has no model", v.Task)
	case v.Round > 0 && v.Proposal > 0:
		return fmt.Errorf("a version of task %d names round %d and proposal %d: want one of them", v.Task, v.Round, v.Proposal)
	case v.First() != v.Base.IsZero():
		return fmt.Errorf("a version of task %d, round %d, proposal %d: want a base for every version but a task's first model, which has none", v.Task, v.Round, v.Proposal)
	case !v.Scored && v.Score != 0 || v.Score > One:
		return fmt.Errorf("a version of task %d has the score %d: want at most %d, and 0 if it was not scored", v.Task, v.Score, One)
	}
	return nil
}

// ValidateCard reports what is wrong with the text of a card. A card is 1 to [MaxCard] bytes
// of UTF-8 without control characters other than tabs and newlines.
func ValidateCard(text string) error {
	switch {
	case text == "" || len(text) > MaxCard:
		return fmt.Errorf("card of %d bytes: want 1 to %d", len(text), MaxCard)
	case !utf8.ValidString(text):
		return fmt.Errorf("card is not valid UTF-8")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if i := strings.IndexFunc(line, func(r rune) bool { return r != '\t' && control(r) }); i >= 0 {
			r, _ := utf8.DecodeRuneInString(line[i:])
			return fmt.Errorf("card has the control character %q after %.32q: want printable text, tabs and newlines", r, line[:i])
		}
	}
	return nil
}

// Difference is the first difference between two models, in words: "model.inputs is 3
// instead of 4", where m has 3. It is empty if there is none.
func (m Model) Difference(other Model) string {
	for _, part := range []struct {
		field     string
		same      bool
		is, wants any
	}{
		{"kind", m.Kind == other.Kind, m.Kind, other.Kind},
		{"inputs", m.Inputs == other.Inputs, m.Inputs, other.Inputs},
		{"hidden", slices.Equal(m.Hidden, other.Hidden), m.Hidden, other.Hidden},
		{"image", m.Image == other.Image, m.Image, other.Image},
		{"layers", len(m.Layers) == len(other.Layers), len(m.Layers), len(other.Layers)},
		{"loss", m.Loss == other.Loss, m.Loss, other.Loss},
		{"classes", m.Classes == other.Classes, m.Classes, other.Classes},
		{"seed", m.Seed == other.Seed, m.Seed, other.Seed},
		{"access", m.Private() == other.Private(), m.Access, other.Access},
	} {
		if !part.same {
			return fmt.Sprintf("model.%s is %v instead of %v", part.field, part.is, part.wants)
		}
	}
	for i := range m.Layers {
		if m.Layers[i] != other.Layers[i] {
			return fmt.Sprintf("model.layers[%d] is %s instead of %s", i, m.Layers[i], other.Layers[i])
		}
	}
	return ""
}
