package spec_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

// wordFields lists the fields of a task file that hold a text, by their dotted names;
// a list stands for the fields of what it lists.
func wordFields(prefix string, of reflect.Type) (names []string) {
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch kind := field.Type; {
		case kind.Kind() == reflect.String:
			names = append(names, prefix+name)
		case kind.Kind() == reflect.Struct:
			names = append(names, wordFields(prefix+name+".", kind)...)
		case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct:
			names = append(names, wordFields(prefix+name+".", kind.Elem())...)
		}
	}
	return names
}

// say sets a field of a task file by its dotted name; in a list, that of the first element.
func say(v reflect.Value, field, word string) {
	first, rest, _ := strings.Cut(field, ".")
	for f, value := range v.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != first {
			continue
		}
		if value.Kind() == reflect.Slice {
			value = value.Index(0)
		}
		if rest == "" {
			value.SetString(word)
		} else {
			say(value, rest, word)
		}
	}
}

// Each field that holds a text is a name or has a list of words.
func TestVocabularyHasEveryField(t *testing.T) {
	want := map[string]bool{ // no words, but names and decimals
		"name": true, "data.name": true, "selection.capability": true, "line": true,
		"data.schema.label": true, "data.schema.label_min": true, "data.schema.label_max": true,
		"data.schema.columns.name": true, "data.schema.columns.min": true, "data.schema.columns.max": true,
	}
	for _, f := range spec.Vocabulary() {
		want[f.Field] = true
	}
	got := map[string]bool{}
	for _, name := range wordFields("", reflect.TypeFor[spec.TaskSpec]()) {
		got[name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-vocabulary +task file):\n%s", diff)
	}
}

// A task with a word that is not in the list is refused, and the error names the list.
func TestVocabularyIsAllThereIs(t *testing.T) {
	unknown := func(field, word string) (spec.FieldError, bool) {
		task, err := spec.ParseTask([]byte(least))
		if err != nil {
			t.Fatal(err)
		}
		if field == "model.layers.kind" || field == "model.loss" {
			task.Model = pictures()
		}
		if strings.HasPrefix(field, "data.") {
			task.Data.Schema = spec.Schema{Label: "sick", Classes: []string{"no", "yes"}, Columns: []spec.Column{{Name: "age", Kind: spec.ColumnNumber}}}
		}
		if word == spec.ColumnCategory {
			task.Data.Schema.Columns[0].Values = []string{"old", "young"}
		}
		say(reflect.ValueOf(&task).Elem(), field, word)
		var wrong *spec.FieldError
		if !errors.As(task.Validate(), &wrong) || !strings.HasPrefix(field, strings.TrimSuffix(wrong.Field, ".1")) {
			return spec.FieldError{}, false
		}
		listed := true
		for _, f := range spec.Vocabulary() {
			for _, w := range f.Words {
				listed = listed && (f.Field != field || strings.Contains(wrong.Why, w.Name))
			}
		}
		return *wrong, listed
	}
	for _, f := range spec.Vocabulary() {
		seen := map[string]bool{}
		for _, w := range f.Words {
			if why, refused := unknown(f.Field, w.Name); refused {
				t.Errorf("%s: %q is refused: %s", f.Field, w.Name, why.Why)
			}
			if w.Name == "" || w.Meaning == "" || seen[w.Name] {
				t.Errorf("%s: %+v has no name or no meaning, or comes twice", f.Field, w)
			}
			seen[w.Name] = true
		}
		if why, refused := unknown(f.Field, "strange"); !refused {
			t.Errorf("%s: an unknown word gives %q: want an error that lists %v", f.Field, why.Why, f.Words)
		}
	}
}

// Every kind of model has layers.
func TestEveryKindOfModelHasLayers(t *testing.T) {
	for _, w := range spec.ModelKinds() {
		with := func(change func(*spec.Model)) spec.Model {
			m := pictures()
			m.Kind, m.Layers, m.Image = w.Name, nil, spec.Image{}
			change(&m)
			return m
		}
		found := false
		for _, m := range []spec.Model{ // each says another field
			with(func(*spec.Model) {}),
			with(func(m *spec.Model) { m.Hidden = []uint32{5} }),
			with(func(m *spec.Model) { m.Image = pictures().Image }),
			with(func(m *spec.Model) { m.Image, m.Layers = pictures().Image, pictures().Layers }),
			with(func(m *spec.Model) { m.Loss, m.Classes = spec.LossMSE, 1 }),
		} {
			stages, err := m.Stages()
			found = found || err == nil && len(stages) > 0
		}
		if !found {
			t.Errorf("no model of the kind %s has layers", w.Name)
		}
	}
}
