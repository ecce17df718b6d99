package spec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// PPM is a fraction or a rate in parts per million: 1_000_000 is one. People
// write it as a decimal ("0.95"), the chain reads only the integer.
type PPM uint32

// One is the whole, 1_000_000 ppm.
const One PPM = 1_000_000

// ParsePPM reads a decimal with at most six digits behind the point.
func ParsePPM(s string) (PPM, error) {
	n, err := millionths(s, 32)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%q is too large: want at most 4294.967295", s)
	}
	return PPM(n), err
}

// millionths reads a decimal with at most six digits behind the point as an integer of so
// many bits. The error is [strconv.ErrRange] where it does not fit.
func millionths(s string, bits int) (uint64, error) {
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || point && fraction == "" || len(fraction) > 6 || !digits(whole) || !digits(fraction) {
		return 0, fmt.Errorf("%q is not a decimal with at most six digits behind the point, as 0.001", s)
	}
	return strconv.ParseUint(whole+fraction+strings.Repeat("0", 6-len(fraction)), 10, bits)
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// String is the shortest decimal that reads back as p.
func (p PPM) String() string {
	s := fmt.Sprintf("%d.%06d", p/One, p%One)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Percent is the same for people: "12.5%".
func (p PPM) Percent() string {
	const each = One / 100
	s := fmt.Sprintf("%d.%04d", p/each, p%each)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + "%"
}

// MarshalText implements [encoding.TextMarshaler].
func (p PPM) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *PPM) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePPM(string(text))
	return err
}

// MarshalJSON implements [encoding/json.Marshaler]: a number, 0.95.
func (p PPM) MarshalJSON() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it reads a number, and
// the same decimal as a string.
func (p *PPM) UnmarshalJSON(data []byte) error {
	return p.UnmarshalText([]byte(strings.Trim(string(data), `"`)))
}

// MarshalYAML implements [yaml.Marshaler]: a number without quotes.
func (p PPM) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: p.String()}, nil
}

// UnmarshalYAML implements [yaml.Unmarshaler]; its error names the line.
func (p *PPM) UnmarshalYAML(node *yaml.Node) (err error) {
	if *p, err = ParsePPM(node.Value); err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	return nil
}
