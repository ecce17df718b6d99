package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Lines are the line numbers of the fields of a file, by the name of the field.
type Lines map[string]int

// Locate adds the line to an error that is, or wraps, a [*Wrong]. For a field that is not in
// the file it adds the line of the object around the field, if there is one.
func (l Lines) Locate(err error) error {
	wrong, ok := errors.AsType[*Wrong](err)
	if !ok || wrong.Line > 0 {
		return err
	}
	located := *wrong
	for name := wrong.Name; name != "" && located.Line == 0; name, _ = cutLast(name) {
		located.Line = l[name]
	}
	return &located
}

// Decode reads a JSON object into a struct with the fields of a list. Fields that are not in
// the file keep their values in the struct. Unlike [json.Unmarshal] it refuses a field that
// is unknown, differs in upper and lower case, or occurs twice. Its error is a [*Wrong].
func Decode(file []byte, list List, into any) (Lines, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(file, &whole); err != nil {
		return nil, malformed(file, err)
	}
	d := decoder{file: file, list: list, lines: Lines{}}
	return d.lines, d.object("", whole, bytes.Index(file, whole), reflect.ValueOf(into).Elem())
}

// malformed says on which line a file stops being JSON.
func malformed(file []byte, err error) error {
	wrong := &Wrong{Line: 1, Why: "this is not JSON", Want: `fields such as "name": "trainer-1" in braces, with a comma between two of them`}
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return wrong
	}
	at := min(int(syntax.Offset), len(file))
	wrong.Line = lineOf(file, at)
	switch {
	case len(bytes.TrimSpace(file)) == 0:
		wrong.Why = "the file is empty"
	case at == len(file) && strings.Contains(syntax.Error(), "unexpected end"):
		wrong.Why, wrong.Want = "the file ends before its last brace", ""
	case at > 0:
		wrong.Why = fmt.Sprintf("this is not JSON at %q", rune(file[at-1]))
	}
	return wrong
}

// lineOf is the line of a byte of a file.
func lineOf(file []byte, at int) int {
	return 1 + bytes.Count(file[:max(0, min(at, len(file)))], []byte("\n"))
}

// decoder reads one file.
type decoder struct {
	file  []byte
	list  List
	lines Lines
}

// object reads the fields of one object, whose text begins at byte start of the file.
func (d *decoder) object(name string, text json.RawMessage, start int, into reflect.Value) error {
	tokens := json.NewDecoder(bytes.NewReader(text))
	opening, err := tokens.Token()
	if err != nil {
		return err
	}
	if opening != json.Delim('{') {
		return &Wrong{Line: lineOf(d.file, start), Name: name, Given: short(text), Want: "an object in braces"}
	}
	seen := map[string]bool{}
	for tokens.More() {
		token, err := tokens.Token()
		if err != nil {
			return err
		}
		key, line := token.(string), lineOf(d.file, start+int(tokens.InputOffset()))
		full := key
		if name != "" {
			full = name + "." + key
		}
		var value json.RawMessage
		if err := tokens.Decode(&value); err != nil {
			return err
		}
		if seen[key] {
			return &Wrong{Line: line, Name: full, Why: "it stands here twice"}
		}
		seen[key] = true
		field, found := fieldOf(into, key)
		if !found {
			return d.unknown(name, full, line)
		}
		d.lines[full] = line
		if err := d.value(full, value, start+int(tokens.InputOffset())-len(value), line, field); err != nil {
			return err
		}
	}
	return nil
}

// unknown is the error of a field that is not in the list.
func (d *decoder) unknown(object, name string, line int) error {
	wrong := &Wrong{Line: line, Name: name, Why: "unknown field"}
	if meant := d.list.nearest(name); meant != "" {
		wrong.Why += ": did you mean " + meant + "?"
	} else {
		wrong.Want = "one of " + strings.Join(d.list.below(object), ", ")
	}
	if len(name) > maxShown {
		wrong.Name = short([]byte(name))
	}
	return wrong
}

// value reads one value.
func (d *decoder) value(name string, text json.RawMessage, start, line int, into reflect.Value) error {
	absent := string(text) == "null"
	switch {
	case into.Kind() == reflect.Pointer && into.Type().Elem().Kind() == reflect.Struct:
		if absent {
			return nil
		}
		into.Set(reflect.New(into.Type().Elem()))
		return d.object(name, text, start, into.Elem())
	case into.Kind() == reflect.Struct && !readsItself(into) && !absent:
		return d.object(name, text, start, into)
	case into.Kind() == reflect.Slice && into.Type().Elem().Kind() == reflect.Struct && !absent:
		return d.objects(name, text, start, into)
	}
	if err := json.Unmarshal(text, into.Addr().Interface()); err != nil {
		wrong := d.list.Refuse(name, short(text))
		wrong.Line = line
		return wrong
	}
	return nil
}

// objects reads a list of objects.
func (d *decoder) objects(name string, text json.RawMessage, start int, into reflect.Value) error {
	tokens := json.NewDecoder(bytes.NewReader(text))
	opening, err := tokens.Token()
	if err != nil {
		return err
	}
	if opening != json.Delim('[') {
		return &Wrong{Line: lineOf(d.file, start), Name: name, Given: short(text), Want: d.list.Want(name)}
	}
	for tokens.More() {
		var item json.RawMessage
		if err := tokens.Decode(&item); err != nil {
			return err
		}
		element := reflect.New(into.Type().Elem()).Elem()
		if err := d.object(name, item, start+int(tokens.InputOffset())-len(item), element); err != nil {
			return err
		}
		into.Set(reflect.Append(into, element))
	}
	return nil
}

// readsItself reports whether a struct reads its own text.
func readsItself(v reflect.Value) bool {
	_, ok := reflect.TypeAssert[json.Unmarshaler](v.Addr())
	return ok
}

// fieldOf is the field of a struct that has a name in the file. A field of the struct itself
// takes precedence over one of an embedded struct.
func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	var best []int
	for _, f := range reflect.VisibleFields(v.Type()) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name && name != "-" && tag != "" && (best == nil || len(f.Index) < len(best)) {
			best = f.Index
		}
	}
	if best == nil {
		return reflect.Value{}, false
	}
	return v.FieldByIndex(best), true
}

// maxShown is how many bytes of a wrong value an error shows.
const maxShown = 48

// short is a text on one line that fits into an error.
func short(text []byte) string {
	words := strings.Join(strings.Fields(string(text)), " ")
	if len(words) > maxShown {
		words = strings.ToValidUTF8(words[:maxShown], "") + "..."
	}
	return words
}
