package spec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// PPM is a fraction or a rate in parts per million: 1_000_000 stands for 1. People
// write it as a decimal ("0.95"), the chain computes with the integer.
type PPM uint32

// One is 1, or 100%: 1_000_000 ppm.
const One PPM = 1_000_000

// ParsePPM reads a decimal with at most six digits after the point, also with an exponent
// of ten, such as 1e-3. It never rounds: a value that is not a whole number of ppm is an
// error.
func ParsePPM(s string) (PPM, error) {
	plain, ok := writtenOut(s)
	if !ok {
		return 0, errNotMillionths(s)
	}
	n, err := millionths(plain, 32)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%.64q: want at most 4294.967295", s)
	case err != nil:
		return 0, errNotMillionths(s)
	}
	return PPM(n), nil
}

// maxPower is the largest exponent of ten, positive or negative, that a number may have.
const maxPower = 99

// writtenOut is a decimal without its exponent: 0.0015 for 1.5e-3. A text without an
// exponent comes back unchanged. It is not ok if the exponent is not a whole number of at
// most two digits, or if no decimal precedes it.
func writtenOut(s string) (plain string, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, true
	}
	whole, fraction, point := strings.Cut(s[:i], ".")
	power, err := strconv.Atoi(s[i+1:])
	if err != nil || power < -maxPower || power > maxPower || whole == "" || point && fraction == "" || !digits(whole) || !digits(fraction) {
		return s, false
	}
	all := strings.Repeat("0", max(0, -power)) + whole + fraction + strings.Repeat("0", max(0, power))
	place := len(whole) + max(0, power) // of the point
	if fraction = strings.TrimRight(all[place:], "0"); fraction == "" {
		return all[:place], true
	}
	return all[:place] + "." + fraction, true
}

func errNotMillionths(s string) error {
	return fmt.Errorf("%.64q: want a decimal with at most six digits after the point, such as 0.001 or 1e-3", s)
}

// millionths reads a decimal with at most six digits after the point as a number of
// millionths. The error wraps [strconv.ErrRange] if that does not fit into so many bits.
func millionths(s string, bits int) (uint64, error) {
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || point && fraction == "" || len(fraction) > 6 || !digits(whole) || !digits(fraction) {
		return 0, fmt.Errorf("%.64q: want a decimal with at most six digits after the point, such as 0.001", s)
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

// Percent is p as a percentage for people: "12.5%".
func (p PPM) Percent() string {
	const percent = One / 100
	s := fmt.Sprintf("%d.%04d", p/percent, p%percent)
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

// UnmarshalJSON implements [encoding/json.Unmarshaler]. It reads a number, or the same
// decimal as a string.
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
