package spec

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Time is network time in milliseconds. It is 1 at the first block of a network and grows
// from block to block by the rules of round.Clock: while the chain stands still, no network
// time passes. 0 stands for never.
type Time int64

// After is t plus a duration.
func (t Time) After(d Duration) Time { return t + Time(d) }

// String is how long the network had run by then: "1h2m3.004s".
func (t Time) String() string { return Duration(t).String() }

// Duration is a span of network time in milliseconds. People write it with units, such as
// "90s", "10m" or "1h30m".
type Duration int64

// The usual durations.
const (
	Millisecond Duration = 1
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
)

// unit is a unit in which people write durations.
type unit struct {
	name   string
	length Duration
}

// units lists the units, the longest first.
func units() []unit { return []unit{{"h", Hour}, {"m", Minute}, {"s", Second}, {"ms", Millisecond}} }

// ParseDuration reads one or more numbers, each with its unit, such as "1h30m" or "1.5s".
// A duration that is not a whole number of milliseconds, or does not fit into 64 bits, is
// an error.
func ParseDuration(s string) (Duration, error) {
	rest, negative := strings.CutPrefix(s, "-")
	var sum Duration
	for first := true; first || rest != ""; first = false {
		number, afterNumber := span(rest, "0123456789.")
		name, next := span(afterNumber, "hms")
		i := slices.IndexFunc(units(), func(u unit) bool { return u.name == name })
		if i < 0 {
			return 0, fmt.Errorf("%.64q: want numbers with units, such as 90s, 10m or 48h", s)
		}
		part, err := multiply(number, units()[i].length)
		if err != nil {
			return 0, fmt.Errorf("%.64q: %w", s, err)
		}
		if sum += part; sum < 0 {
			return 0, fmt.Errorf("%.64q: want at most %s", s, Duration(math.MaxInt64))
		}
		rest = next
	}
	if negative {
		sum = -sum
	}
	return sum, nil
}

// span splits a text after its leading characters of a set.
func span(s, set string) (front, rest string) {
	rest = strings.TrimLeft(s, set)
	return s[:len(s)-len(rest)], rest
}

// multiply is a decimal times a unit.
func multiply(number string, unit Duration) (Duration, error) {
	whole, fraction, point := strings.Cut(number, ".")
	fraction = strings.TrimRight(fraction, "0")
	digits, err := strconv.ParseInt(whole+fraction, 10, 64)
	switch {
	case whole == "" || point && strings.HasSuffix(number, ".") || err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, errors.New("want a number in front of each unit, such as 1.5h")
	case err != nil || digits > math.MaxInt64/int64(unit):
		return 0, fmt.Errorf("want numbers that add up to at most %s", Duration(math.MaxInt64))
	}
	d := Duration(digits) * unit
	for range fraction {
		if d%10 != 0 {
			return 0, errors.New("want a whole number of milliseconds")
		}
		d /= 10
	}
	return d, nil
}

// String is a text that reads back as d: "10m", "1h30m", "1.5s", "250ms".
func (d Duration) String() string {
	var text strings.Builder
	left := d
	if d < 0 {
		text.WriteByte('-')
		left = -d
	}
	for _, u := range units() {
		if n := left / u.length; n > 0 || d == 0 && u.length == Second {
			fmt.Fprintf(&text, "%d%s", n, u.name)
			left -= n * u.length
		}
	}
	return text.String()
}

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

// UnmarshalYAML implements [yaml.Unmarshaler]; its error names the line.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	if err := d.UnmarshalText([]byte(node.Value)); err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	return nil
}
