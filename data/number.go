package data

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// missing reports whether a cell says that it has no value.
func missing(cell string) bool {
	switch cell {
	case "", "NA", "N/A", "NaN", "nan", "null", "?":
		return true
	}
	return false
}

// number is the value of a cell that is a decimal and that a float32 can hold.
func number(cell string) (x float32, ok bool) {
	if cell == "" || cell[0] > '9' { // most of what is no number begins with a letter
		return 0, false
	}
	v, err := strconv.ParseFloat(cell, 32)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || hexadecimal(cell) {
		return 0, false
	}
	return float32(v), true
}

// hexadecimal tells 0x1p-2 from decimals.
func hexadecimal(cell string) bool { return len(cell) > 2 && strings.ContainsAny(cell[1:3], "xX") }

// noNumber says why a cell is no number. It is meant as one where it is a decimal that
// others write otherwise, or that is too large.
func noNumber(cell string) (why error, meant bool) {
	const point = "write numbers with a decimal point and without thousands separators"
	like := func(pattern string) bool { return len(cell) <= 64 && regexp.MustCompile(pattern).MatchString(cell) }
	switch _, err := strconv.ParseFloat(cell, 32); {
	case missing(cell):
		return errors.New("the cell is missing"), false
	case !utf8.ValidString(cell):
		return errNotUTF8, false
	case errors.Is(err, strconv.ErrRange) && !hexadecimal(cell):
		return fmt.Errorf("%.64q is too large for a float32, whose largest number is %v", cell, float32(math.MaxFloat32)), true
	case like(`^[+-]?[1-9]\d{0,2},\d{3}$`):
		return fmt.Errorf("%q has a thousands separator or a decimal comma: %s", cell, point), true
	case like(`^[+-]?\d+,\d+([eE][+-]?\d+)?$`):
		return fmt.Errorf("%q has a decimal comma: %s", cell, point), true
	case like(`^[+-]?\d{1,3}([,' _\x{a0}\x{202f}\x{2019}]\d{3})+(\.\d+)?$`), like(`^[+-]?\d{1,3}(\.\d{3})+,\d+$`), like(`^[+-]?\d{1,3}(\.\d{3}){2,}$`):
		return fmt.Errorf("%q has thousands separators: %s", cell, point), true
	}
	return fmt.Errorf("%.64q is not a finite number", cell), false
}

// errNotUTF8 is why a text cannot be read.
var errNotUTF8 = errors.New("the text is not UTF-8, but perhaps Latin-1 or Windows-1252: save the file as UTF-8")
