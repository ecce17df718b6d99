package settings

import (
	"fmt"
	"slices"
	"strings"
)

// Setting is one field of a configuration file.
type Setting struct {
	Name    string // with the names of the objects around it: "data.file"
	Default string // value of a field that is left out, as the file would have it; empty: none
	Want    string // the values that are accepted, with their unit and bounds
	Meaning string
}

// List is all fields of a configuration file, in the order in which they are written.
type List []Setting

// Find returns the field with a name.
func (l List) Find(name string) (Setting, bool) {
	i := slices.IndexFunc(l, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return l[i], true
}

// Want is what a field accepts.
func (l List) Want(name string) string {
	s, _ := l.Find(name)
	return s.Want
}

// Default is the value of a field that a file leaves out.
func (l List) Default(name string) string {
	s, _ := l.Find(name)
	return s.Default
}

// Refuse says that a field does not accept a value, which is given as the file has it.
func (l List) Refuse(name, given string) *Wrong {
	return &Wrong{Name: name, Given: given, Want: l.Want(name)}
}

// Missing says that a field has no value and needs one.
func (l List) Missing(name string) *Wrong { return l.Refuse(name, "") }

// nearest is the field that an unknown name probably means; empty if no field is similar.
func (l List) nearest(name string) string {
	best, fewest := "", min(max(2, len(name)/4), len(name)/2) // more edits make another word
	_, own := cutLast(name)
	for _, s := range l {
		edits := distance(strings.ToLower(name), s.Name)
		if _, last := cutLast(s.Name); last == own { // the right field, in the wrong object
			edits = min(edits, 1)
		}
		if edits <= fewest && (best == "" || edits < fewest) {
			best, fewest = s.Name, edits
		}
	}
	return best
}

// below lists the names of the fields of an object; the object of the whole file is
// named "".
func (l List) below(object string) (names []string) {
	for _, s := range l {
		rest := s.Name
		if object != "" {
			var inside bool
			if rest, inside = strings.CutPrefix(s.Name, object+"."); !inside {
				continue
			}
		}
		if first, _, _ := strings.Cut(rest, "."); !slices.Contains(names, first) {
			names = append(names, first)
		}
	}
	return names
}

// cutLast splits a name before its last part.
func cutLast(name string) (object, last string) {
	if at := strings.LastIndex(name, "."); at >= 0 {
		return name[:at], name[at+1:]
	}
	return "", name
}

// distance is the least number of letters to insert, delete or replace that turns a into
// b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Wrong is a mistake in a configuration file.
type Wrong struct {
	Line  int    // counted from 1; 0: not known
	Name  string // of the field; empty: the file as a whole
	Given string // as the file has it; empty: nothing is there
	Want  string // empty: Why says enough
	Why   string // what is wrong, where what is wanted does not say it
}

// Error names line and field, what is given and what is wanted.
func (w *Wrong) Error() string {
	var b strings.Builder
	if w.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", w.Line)
	}
	b.WriteString(w.Name)
	switch {
	case w.Given != "" && w.Name != "":
		fmt.Fprintf(&b, " %s", w.Given)
	case w.Given != "":
		b.WriteString(w.Given)
	case w.Why == "" && w.Name != "":
		b.WriteString(" is missing")
	}
	text := b.String()
	for _, part := range []string{w.Why, wanted(w.Want)} {
		switch {
		case part == "":
		case text == "" || strings.HasSuffix(text, ": "):
			text += part
		default:
			text += ": " + part
		}
	}
	return text
}

func wanted(what string) string {
	if what == "" {
		return ""
	}
	return "want " + what
}
