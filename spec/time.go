package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Time is network time in milliseconds. It begins with 1 ms at the first block of a
// network and grows from block to block as package round's Clock says: a chain that
// stands still does not grow older. 0 stands for never.
type Time int64

// After is the time when a duration has passed since t.
func (t Time) After(d Duration) Time { return t + Time(d) }

// String is how long the network had run by then: "1h2m3.004s".
func (t Time) String() string { return Duration(t).String() }

// Duration is a stretch of network time in milliseconds. People write it with a unit,
// as "90s", "10m" or "1h30m".
type Duration int64

// Millisecond, Second, Minute and Hour are durations to reckon with.
const (
	Millisecond Duration = 1
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
)

// unit is a unit in which people write durations.
type unit struct {
	name string
	long Duration
}

// units lists them, the longest first.
func units() []unit { return []unit{{"h", Hour}, {"m", Minute}, {"s", Second}, {"ms", Millisecond}} }

// ParseDuration reads one or more numbers, each with its unit, as in "1h30m" or
// "1.5s". What is no whole number of milliseconds, or more than 64 bits hold, is an
// error.
func ParseDuration(s string) (Duration, error) {
	rest, negative := strings.CutPrefix(s, "-")
	var sum Duration
	for again := true; again; again = rest != "" {
		number, behind := span(rest, "0123456789.")
		name, next := span(behind, "hms")
		i := slices.IndexFunc(units(), func(u unit) bool { return u.name == name })
		if i < 0 {
			return 0, fmt.Errorf("%q is no duration: want numbers with units, as in 90s, 10m or 48h", s)
		}
		part, err := multiply(number, units()[i].long)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", s, err)
		}
		if sum += part; sum < 0 {
			return 0, fmt.Errorf("%q is too long", s)
		}
		rest = next
	}
	if negative {
		sum = -sum
	}
	return sum, nil
}

// span cuts the characters of a set off the front of a text.
func span(s, set string) (front, rest string) {
	rest = strings.TrimLeft(s, set)
	return s[:len(s)-len(rest)], rest
}

// multiply is a decimal times a unit.
func multiply(number string, long Duration) (Duration, error) {
	whole, fraction, point := strings.Cut(number, ".")
	fraction = strings.TrimRight(fraction, "0")
	digits, err := strconv.ParseInt(whole+fraction, 10, 64)
	switch {
	case whole == "" || point && strings.HasSuffix(number, "."):
		return 0, fmt.Errorf("%q is no number", number)
	case err != nil || digits > math.MaxInt64/int64(long):
		return 0, fmt.Errorf("%q is too much, or no number", number)
	}
	d := Duration(digits) * long
	for range fraction {
		if d%10 != 0 {
			return 0, fmt.Errorf("%q is no whole number of milliseconds", number)
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
		if n := left / u.long; n > 0 || d == 0 && u.long == Second {
			fmt.Fprintf(&text, "%d%s", n, u.name)
			left -= n * u.long
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
