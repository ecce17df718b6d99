package taskpb

import "github.com/althing-network/althing/spec"

func revisionsFromSpec(list []spec.Revision) (out []Revision) {
	for _, r := range list {
		out = append(out, Revision{Round: r.Round, Proposal: r.Proposal, Training: trainingFromSpec(r.Training), Aggregation: aggregationFromSpec(r.Aggregation)})
	}
	return out
}

func revisionsToSpec(list []Revision) (out []spec.Revision) {
	for _, m := range list {
		out = append(out, spec.Revision{Round: m.Round, Proposal: m.Proposal, Training: m.Training.toSpec(), Aggregation: m.Aggregation.toSpec()})
	}
	return out
}

// nomineeFromSpec returns nil for the zero nominee.
func nomineeFromSpec(n spec.Nominee) *Nominee {
	if n.IsZero() && n.Proposal == 0 && n.Holder == 0 && len(n.Attested) == 0 {
		return nil
	}
	return &Nominee{Proposal: n.Proposal, Model: digest(n.Model), Holder: n.Holder, Attested: n.Attested}
}

func nomineeToSpec(r *digests, m *Nominee) spec.Nominee {
	if m == nil {
		return spec.Nominee{}
	}
	return spec.Nominee{Proposal: m.Proposal, Model: r.read("nominee", m.Model), Holder: m.Holder, Attested: m.Attested}
}

// adoptionFromSpec returns nil for the zero adoption.
func adoptionFromSpec(a spec.Adoption) *Adoption {
	if a == (spec.Adoption{}) {
		return nil
	}
	return &Adoption{Proposal: a.Proposal, Model: digest(a.Model), Round: a.Round}
}

func adoptionToSpec(r *digests, m *Adoption) spec.Adoption {
	if m == nil {
		return spec.Adoption{}
	}
	return spec.Adoption{Proposal: m.Proposal, Model: r.read("adopted", m.Model), Round: m.Round}
}

// SettingsFromSpec is the wire form of hyper-parameters that change.
func SettingsFromSpec(list []spec.Tuning) (out []Setting) {
	for _, t := range list {
		out = append(out, Setting{Name: t.Name, Value: t.Value})
	}
	return out
}

func settingsToSpec(list []Setting) (out []spec.Tuning) {
	for _, m := range list {
		out = append(out, spec.Tuning{Name: m.Name, Value: m.Value})
	}
	return out
}
