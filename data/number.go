package data

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// missing reports whether a cell stands for a missing value.
func missing(cell string) bool {
	switch cell {
	case "", "NA", "N/A", "NaN", "nan", "null", "?":
		return true
	}
	return false
}

// number parses a cell that is a decimal within the range of a float32.
func number(cell string) (x float32, ok bool) {
	if cell == "" || cell[0] > '9' { // most cells that are not numbers begin with a letter
		return 0, false
	}
	v, err := strconv.ParseFloat(cell, 32)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || !decimal(cell) {
		return 0, false
	}
	return float32(v), true
}

// decimal refuses what only Go takes for a number: 0x1p-2 and 1_000.
func decimal(cell string) bool { return !strings.ContainsAny(cell, "xX_") }

// noNumber says why a cell is not a number.
func noNumber(cell string) error {
	separated := separators(cell)
	switch {
	case missing(cell):
		return errors.New("the cell is missing")
	case !utf8.ValidString(cell):
		return errNotUTF8
	case separated != "":
		return fmt.Errorf("%.64q has %s: write numbers with a decimal point and without thousands separators", cell, separated)
	case tooLarge(cell):
		return fmt.Errorf("%.64q is too large for a float32, whose largest number is %v", cell, float32(math.MaxFloat32))
	}
	return fmt.Errorf("%.64q is not a finite number", cell)
}

// tooLarge reports whether a cell is a decimal beyond what a float32 can hold.
func tooLarge(cell string) bool {
	if cell == "" || cell[0] > '9' || !decimal(cell) {
		return false
	}
	_, err := strconv.ParseFloat(cell, 32)
	return errors.Is(err, strconv.ErrRange)
}

// separators describes the separators of a number in another country's notation; empty if
// the cell is not one.
func separators(cell string) (what string) {
	body := strings.TrimLeft(cell, "+-")
	if exponent := strings.IndexAny(body, "eE"); exponent > 0 {
		body = body[:exponent]
	}
	if body == "" || body[0] < '0' || body[0] > '9' {
		return ""
	}
	whole, fraction, comma := strings.Cut(body, ",")
	switch {
	case comma && digits(whole) && digits(fraction) && grouped(body, ",") && whole[0] != '0':
		return "a thousands separator or a decimal comma"
	case comma && digits(whole) && digits(fraction):
		return "a decimal comma"
	case grouped(whole, ".") && (comma && digits(fraction) || !comma && strings.Count(whole, ".") > 1):
		return "thousands separators"
	}
	whole, fraction, point := strings.Cut(body, ".")
	for _, separator := range []string{",", "'", " ", "_", "\u00a0", "\u202f", "\u2019"} {
		if grouped(whole, separator) && (!point || digits(fraction)) {
			return "thousands separators"
		}
	}
	return ""
}

// grouped reports whether the digits are in groups of three.
func grouped(text, separator string) bool {
	first, rest, more := strings.Cut(text, separator)
	if !more || !digits(first) || len(first) > 3 {
		return false
	}
	for group := range strings.SplitSeq(rest, separator) {
		if len(group) != 3 || !digits(group) {
			return false
		}
	}
	return true
}

// digits reports whether a text consists of one or more digits.
func digits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// errNotUTF8 says that a text is not UTF-8.
var errNotUTF8 = errors.New("the text is not UTF-8, but perhaps Latin-1 or Windows-1252: save the file as UTF-8")
