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

// ParsePPM reads a decimal with at most six digits behind the point, or the same with a
// power of ten, as 1e-3. It never rounds: what is no whole number of ppm is refused.
func ParsePPM(s string) (PPM, error) {
	plain, ok := writtenOut(s)
	if !ok {
		return 0, notMillionths(s)
	}
	n, err := millionths(plain, 32)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%q is too large: want at most 4294.967295", s)
	case err != nil:
		return 0, notMillionths(s)
	}
	return PPM(n), nil
}

// maxPower is the largest power of ten that a number may be written with, up or down.
const maxPower = 99

// writtenOut is a decimal without its power of ten: 0.0015 for 1.5e-3. What has none is as
// it was; ok is false where a power is no whole number of at most two digits, or where
// there is no decimal in front of it.
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

func notMillionths(s string) error {
	return fmt.Errorf("%q is not a decimal with at most six digits behind the point, as 0.001 or 1e-3", s)
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
