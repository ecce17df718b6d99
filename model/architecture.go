package model

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// architecture is what a header states of a model that [Validate] accepts: JSON
// without spaces, with the fields in the order of this function. Empty fields are left
// out, except inputs, classes and seed.
func architecture(m spec.Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"kind":%s,"inputs":%d`, quote(m.Kind), m.Inputs)
	if len(m.Hidden) > 0 {
		fmt.Fprintf(&b, `,"hidden":[%s]`, list(m.Hidden, func(width uint32) string { return fmt.Sprint(width) }))
	}
	if m.Image != (spec.Image{}) {
		fmt.Fprintf(&b, `,"image":{"height":%d,"width":%d,"channels":%d}`, m.Image.Height, m.Image.Width, m.Image.Channels)
	}
	if len(m.Layers) > 0 {
		fmt.Fprintf(&b, `,"layers":[%s]`, list(m.Layers, layer))
	}
	if m.Loss != "" {
		fmt.Fprintf(&b, `,"loss":%s`, quote(m.Loss))
	}
	fmt.Fprintf(&b, `,"classes":%d,"seed":%d}`, m.Classes, m.Seed)
	return b.String()
}

// layer is what a header states of a layer: its kind, and the fields that are not 0.
func layer(l spec.Layer) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"kind":%s`, quote(l.Kind))
	for _, field := range []struct {
		name  string
		value uint32
	}{{"out", l.Out}, {"kernel", l.Kernel}, {"stride", l.Stride}, {"padding", l.Padding}, {"size", l.Size}} {
		if field.value != 0 {
			fmt.Fprintf(&b, `,"%s":%d`, field.name, field.value)
		}
	}
	if l.Rate != 0 {
		fmt.Fprintf(&b, `,"rate":%s`, l.Rate) // the shortest decimal
	}
	b.WriteByte('}')
	return b.String()
}

// list writes the items of a JSON array.
func list[T any](items []T, write func(T) string) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = write(item)
	}
	return strings.Join(texts, ",")
}

// quote writes a JSON string. Headers hold words, digests and JSON, of which only
// quotes and backslashes need to be escaped.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// parseArchitecture reads the text of [architecture]. It also accepts other JSON: a caller
// that needs the canonical text encodes the model again and compares.
func parseArchitecture(text string) (m spec.Model, err error) {
	var stated struct {
		Kind   string   `json:"kind"`
		Inputs uint32   `json:"inputs"`
		Hidden []uint32 `json:"hidden"`
		Image  struct {
			Height   uint32 `json:"height"`
			Width    uint32 `json:"width"`
			Channels uint32 `json:"channels"`
		} `json:"image"`
		Layers []struct {
			Kind    string      `json:"kind"`
			Out     uint32      `json:"out"`
			Kernel  uint32      `json:"kernel"`
			Stride  uint32      `json:"stride"`
			Padding uint32      `json:"padding"`
			Size    uint32      `json:"size"`
			Rate    json.Number `json:"rate"`
		} `json:"layers"`
		Loss    string `json:"loss"`
		Classes uint32 `json:"classes"`
		Seed    uint64 `json:"seed"`
	}
	if err := json.Unmarshal([]byte(text), &stated); err != nil {
		return m, err
	}
	m = spec.Model{
		Kind: stated.Kind, Inputs: stated.Inputs, Hidden: stated.Hidden, Image: spec.Image(stated.Image),
		Loss: stated.Loss, Classes: stated.Classes, Seed: stated.Seed,
	}
	for _, s := range stated.Layers {
		l := spec.Layer{Kind: s.Kind, Out: s.Out, Kernel: s.Kernel, Stride: s.Stride, Padding: s.Padding, Size: s.Size}
		if s.Rate != "" {
			if l.Rate, err = spec.ParsePPM(s.Rate.String()); err != nil {
				return m, fmt.Errorf("rate: %w", err)
			}
		}
		m.Layers = append(m.Layers, l)
	}
	return m, nil
}
