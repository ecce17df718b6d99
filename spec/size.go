package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. As text it is a whole number with a unit: 512MiB, 32GiB.
type Size int64

// The units of a [Size].
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
	TiB Size = 1 << 40
)

// sizeUnits are the names of the units, each 1024 times the one before.
func sizeUnits() []string { return []string{"B", "KiB", "MiB", "GiB", "TiB"} }

// String implements [fmt.Stringer] for people, with one decimal place.
func (s Size) String() string {
	unit, i := Size(1), 0
	for ; s/unit >= 1024 && i < len(sizeUnits())-1; i++ {
		unit *= 1024
	}
	if i == 0 {
		return fmt.Sprintf("%d B", int64(s))
	}
	whole, tenths := s/unit, s%unit*10/unit
	return fmt.Sprintf("%d.%d %s", int64(whole), int64(tenths), sizeUnits()[i])
}

// MarshalText implements [encoding.TextMarshaler]; the text is exact.
func (s Size) MarshalText() ([]byte, error) {
	v, i := s, 0
	for ; v != 0 && v%1024 == 0 && i < len(sizeUnits())-1; i++ {
		v /= 1024
	}
	return fmt.Appendf(nil, "%d%s", int64(v), sizeUnits()[i]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Size) UnmarshalText(text []byte) error {
	for i, unit := range sizeUnits() {
		number, found := strings.CutSuffix(string(text), unit)
		if !found || strings.TrimRight(number, "0123456789") != "" { // B ends KiB, too
			continue
		}
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil || v > math.MaxInt64>>(10*i) {
			break
		}
		*s = Size(v << (10 * i))
		return nil
	}
	return fmt.Errorf("size %.64q: want a whole number with a unit of %s, such as 32GiB", text, strings.Join(sizeUnits(), ", "))
}
