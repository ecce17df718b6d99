package data

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of the distinct texts that are counted per column.
const (
	maxValues  = 256     // of a category
	maxClasses = 1 << 10 // of a column that may be the label
)

// study collects statistics of a column while its cells are read.
type study struct {
	numbers, foreign, words, missing int // cells that are numbers, look like foreign numbers (1,5), are texts, are empty
	min, max, last                   float32
	fraction                         bool           // some number is not an integer
	unordered                        bool           // the numbers do not strictly increase
	texts                            map[string]int // number of cells per text; nil if there are none, or too many
	many                             bool           // more distinct texts than the limit
	limit                            int
	oddForeign, oddWord, oddMissing  error // the first cell of each kind, with its place and cause
	oddText                          error // the first text that is not UTF-8
}

// add studies the next cell.
func (s *study) add(cell string, from source, column int) {
	x, ok := number(cell)
	switch {
	case ok:
		if s.numbers == 0 {
			s.min, s.max = x, x
		}
		s.min, s.max = min(s.min, x), max(s.max, x)
		s.unordered = s.unordered || s.numbers > 0 && x <= s.last
		s.fraction = s.fraction || x != float32(math.Trunc(float64(x)))
		s.last = x
		s.numbers++
	case missing(cell):
		note(&s.oddMissing, from, column, errors.New("the cell is missing"))
		s.missing++
		return
	case !utf8.ValidString(cell):
		note(&s.oddText, from, column, errNotUTF8)
	case separators(cell) != "" || tooLarge(cell):
		if s.foreign++; s.oddForeign == nil {
			note(&s.oddForeign, from, column, noNumber(cell))
		}
	default:
		if s.words++; s.oddWord == nil {
			note(&s.oddWord, from, column, noNumber(cell))
		}
	}
	s.count(cell)
}

// note keeps the first error of a kind.
func note(first *error, from source, column int, why error) {
	if *first == nil {
		*first = fmt.Errorf("%s: %s: %w", from.format().Name, from.place(column), why)
	}
}

func (s *study) count(cell string) {
	if s.many {
		return
	}
	if n, known := s.texts[cell]; known {
		s.texts[cell] = n + 1
		return
	}
	if len(s.texts) == s.limit {
		s.texts, s.many = nil, true
		return
	}
	if s.texts == nil {
		s.texts = make(map[string]int)
	}
	s.texts[strings.Clone(cell)] = 1
}

// values lists the distinct texts of a column. If all are numbers, they are sorted and
// counted by value, however they are written; otherwise by their bytes.
func (s *study) values() []Count {
	counts := make([]Count, 0, len(s.texts))
	for text, rows := range s.texts {
		counts = append(counts, Count{text, rows})
	}
	if s.words+s.foreign > 0 {
		slices.SortFunc(counts, func(a, b Count) int { return bytes.Compare([]byte(a.Text), []byte(b.Text)) })
		return counts
	}
	value := func(c Count) float64 {
		x, _ := number(c.Text)
		return float64(x)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(value(a), value(b)), cmp.Compare(len(a.Text), len(b.Text)), cmp.Compare(a.Text, b.Text))
	})
	distinct := counts[:0]
	for _, c := range counts {
		if n := len(distinct); n > 0 && value(distinct[n-1]) == value(c) {
			distinct[n-1].Rows += c.Rows
		} else {
			distinct = append(distinct, c)
		}
	}
	return distinct
}
