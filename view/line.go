package view

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// Lines is a list of lines of models.
type Lines []spec.Line

// Page lists the lines.
func (list Lines) Page() Page {
	return of(Table([]string{"LINE", "NAME", "NEWEST", "SCORED", "OWNER"}, list, func(l spec.Line) []any {
		return []any{l.ID, l.Name, l.Versions, Dash(l.Scored == 0, fmt.Sprintf("%d %s", l.Scored, l.Score)), l.Owner}
	}))
}

// Versions is a list of versions of one line.
type Versions []spec.Version

// Page lists the versions.
func (list Versions) Page() Page {
	return of(Table([]string{"NO", "TASK", "MADE BY", "SCORE", "TRAINERS", "NODES", "HEIGHT", "MODEL", "BASE"}, list, func(v spec.Version) []any {
		return []any{
			v.Number, v.Task, madeBy(v), scoreCell(Score(v.Score, v.Scored)), Dash(v.Round == 0, v.Trainers),
			Dash(v.Round == 0, v.Participants), v.Height, v.Model.Short(), Dash(v.Base.IsZero(), v.Base.Short()),
		}
	}))
}

// madeBy is what published a version.
func madeBy(v spec.Version) string {
	switch {
	case v.Proposal > 0:
		return fmt.Sprintf("proposal %d", v.Proposal)
	case v.Round > 0:
		return fmt.Sprintf("round %d", v.Round)
	}
	return "the seed"
}

// Cards are cards of one line: what its owner says about it.
type Cards []spec.Card

// Page shows the text of each card. Line is the line that they belong to.
func (list Cards) Page(line spec.Line) (page Page) {
	for _, c := range list {
		page.Parts = append(page.Parts,
			Part{Title: fmt.Sprintf("line %d %s, card %d of %d, set at height %d", line.ID, line.Name, c.Number, line.Cards, c.Height)},
			Part{Text: strings.TrimSuffix(c.Text, "\n")})
	}
	return page
}
