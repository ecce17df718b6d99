package taskpb

import "github.com/althing-network/althing/spec"

func dataFromSpec(d spec.Data) Data {
	return Data{
		Name: d.Name, MinSamples: d.MinSamples, MinHoldout: d.MinHoldout,
		Features: d.Features, Missing: d.Missing, Schema: schemaFromSpec(d.Schema),
	}
}

func (m *Data) toSpec() spec.Data {
	return spec.Data{
		Name: m.Name, MinSamples: m.MinSamples, MinHoldout: m.MinHoldout,
		Features: m.Features, Missing: m.Missing, Schema: m.Schema.toSpec(),
	}
}

func schemaFromSpec(s spec.Schema) *Schema {
	if s.IsZero() {
		return nil
	}
	out := &Schema{Label: s.Label, Classes: s.Classes, Min: string(s.Min), Max: string(s.Max)}
	for _, c := range s.Columns {
		out.Columns = append(out.Columns, Column{Name: c.Name, Kind: c.Kind, Values: c.Values, Min: string(c.Min), Max: string(c.Max)})
	}
	return out
}

func (m *Schema) toSpec() (s spec.Schema) {
	if m == nil {
		return s
	}
	s = spec.Schema{Label: m.Label, Classes: m.Classes, Min: spec.Decimal(m.Min), Max: spec.Decimal(m.Max)}
	for _, c := range m.Columns {
		s.Columns = append(s.Columns, spec.Column{Name: c.Name, Kind: c.Kind, Values: c.Values, Min: spec.Decimal(c.Min), Max: spec.Decimal(c.Max)})
	}
	return s
}

func countsFromSpec(list []spec.Count) (out []Count) {
	for _, t := range list {
		out = append(out, Count{Rows: t.Rows, Correct: t.Correct})
	}
	return out
}

func countsToSpec(list []Count) (out []spec.Count) {
	for _, t := range list {
		out = append(out, spec.Count{Rows: t.Rows, Correct: t.Correct})
	}
	return out
}
