// Package modelpb is the wire form of the registry of models: generated from
// proto/althing/model/v1, with conversions to and from the plain types of package spec. It
// is not where anything is validated beyond its shape: that is spec's.
package modelpb

import (
	"fmt"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// LineFromSpec is the wire form of a line.
func LineFromSpec(l spec.Line) Line {
	return Line{
		Id: l.ID, Owner: l.Owner, Name: l.Name, Model: taskpb.ModelFromSpec(l.Model), Created: l.Created,
		Tasks: l.Tasks, Versions: l.Versions, Scored: l.Scored, Score: uint32(l.Score), Cards: l.Cards,
	}
}

// ToSpec is the line in plain types.
func (m *Line) ToSpec() spec.Line {
	return spec.Line{
		ID: m.Id, Owner: m.Owner, Name: m.Name, Model: m.Model.ToSpec(), Created: m.Created,
		Tasks: m.Tasks, Versions: m.Versions, Scored: m.Scored, Score: spec.PPM(m.Score), Cards: m.Cards,
	}
}

// VersionFromSpec is the wire form of a version.
func VersionFromSpec(v spec.Version) Version {
	out := Version{
		Line: v.Line, Number: v.Number, Model: v.Model[:], Task: v.Task, Round: v.Round, Proposal: v.Proposal,
		Height: v.Height, Score: uint32(v.Score), Scored: v.Scored, Trainers: v.Trainers, Participants: v.Participants,
	}
	if !v.Base.IsZero() {
		out.Base = v.Base[:]
	}
	return out
}

// ToSpec is the version in plain types.
func (m *Version) ToSpec() (spec.Version, error) {
	model, err := spec.DigestFrom(m.Model)
	if err != nil {
		return spec.Version{}, fmt.Errorf("version %d of line %d: model: %w", m.Number, m.Line, err)
	}
	base, err := spec.DigestFrom(m.Base)
	if err != nil {
		return spec.Version{}, fmt.Errorf("version %d of line %d: base: %w", m.Number, m.Line, err)
	}
	return spec.Version{
		Line: m.Line, Number: m.Number, Model: model, Task: m.Task, Round: m.Round, Proposal: m.Proposal,
		Height: m.Height, Score: spec.PPM(m.Score), Scored: m.Scored, Trainers: m.Trainers, Participants: m.Participants,
		Base: base,
	}, nil
}

// CardFromSpec is the wire form of a card.
func CardFromSpec(c spec.Card) Card {
	return Card{Line: c.Line, Number: c.Number, Text: c.Text, Height: c.Height}
}

// ToSpec is the card in plain types.
func (m *Card) ToSpec() spec.Card {
	return spec.Card{Line: m.Line, Number: m.Number, Text: m.Text, Height: m.Height}
}
