package data

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The bounds of what is found out about a column.
const (
	mostValues  = 256     // of a category
	mostClasses = 1 << 10 // of a column that may be the label
)

// study is what is found out about a column while its cells pass.
type study struct {
	numbers, foreign, words, missing int // cells that are numbers, are meant as numbers, are texts, have no value
	min, max, last                   float32
	fraction                         bool           // some number is no integer
	unordered                        bool           // some number is not above the one before it
	texts                            map[string]int // how many cells hold each text; nil where there are none, or too many
	many                             bool           // more different texts than the limit
	limit                            int
	oddForeign, oddWord, oddMissing  string // the first of each, with its place and cause
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
		note(&s.oddMissing, from, column, "the cell is missing")
		s.missing++
		return
	default:
		if s.oddForeign == "" || s.oddWord == "" {
			if why, meant := noNumber(cell); meant {
				s.foreign++
				note(&s.oddForeign, from, column, why.Error())
			} else {
				s.words++
				note(&s.oddWord, from, column, why.Error())
			}
		} else if _, meant := noNumber(cell); meant {
			s.foreign++
		} else {
			s.words++
		}
	}
	s.count(cell)
}

// note keeps the first oddity.
func note(first *string, from source, column int, why string) {
	if *first == "" {
		*first = fmt.Sprintf("%s: %s: %s", from.format().Name, from.place(column), why)
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

// values lists the different texts of a column: where all are numbers by their values,
// each once however it is written, else by their bytes.
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
