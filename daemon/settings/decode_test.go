package settings_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/daemon/settings"
	"github.com/althing-network/althing/spec"
)

// pause is a time as text.
type pause time.Duration

func (p *pause) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*p = pause(d)
	return err
}

type work struct {
	Kind string `json:"kind"`
}

type limit struct {
	Epsilon string `json:"epsilon"`
}

type rows struct {
	Label  string   `json:"label"`
	Drop   []string `json:"drop"`
	Budget *limit   `json:"budget"`
}

type plain struct {
	Name  string `json:"name"`
	Pause string `json:"-"`
}

// file is a struct of every kind that a configuration has.
type file struct {
	plain
	Pause pause     `json:"pause"`
	Slots uint32    `json:"slots"`
	Disk  spec.Size `json:"disk"`
	Rows  rows      `json:"rows"`
	Works []work    `json:"works"`
	Loud  bool      `json:"loud"`
}

func list() settings.List {
	return settings.List{
		{Name: "name", Want: "a name"},
		{Name: "pause", Want: "a time such as 50ms"},
		{Name: "slots", Want: "a whole number from 0 to 256"},
		{Name: "disk", Want: "a size such as 10GiB"},
		{Name: "rows.label", Want: "a column"},
		{Name: "rows.drop", Want: "a list of columns"},
		{Name: "rows.budget.epsilon", Want: "a decimal"},
		{Name: "works", Want: "a list of objects"},
		{Name: "works.kind", Want: "a kind"},
		{Name: "loud", Want: "true or false"},
	}
}

func TestDecode(t *testing.T) {
	text := `{
  "name": "n", "pause": "50ms",
  "slots": 3,
  "disk": "10GiB",
  "rows": {"label": "sick",
           "drop": ["a", "b"],
           "budget": {"epsilon": "8"}},
  "works": [{"kind": "x"},
            {"kind": "y"}],
  "loud": null
}`
	got := file{Loud: true}
	lines, err := settings.Decode([]byte(text), list(), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := file{
		plain: plain{Name: "n"}, Pause: pause(50 * time.Millisecond), Slots: 3, Disk: 10 * spec.GiB,
		Rows: rows{Label: "sick", Drop: []string{"a", "b"}, Budget: &limit{Epsilon: "8"}}, Works: []work{{"x"}, {"y"}}, Loud: true,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(file{})); diff != "" {
		t.Error(diff)
	}
	if lines["name"] != 2 || lines["pause"] != 2 || lines["disk"] != 4 || lines["rows.drop"] != 6 || lines["rows.budget.epsilon"] != 7 || lines["works.kind"] != 9 {
		t.Errorf("fields stand on the lines %v", lines)
	}

	err = lines.Locate(list().Refuse("rows.drop", `"a"`))
	if want := `line 6: rows.drop "a": want a list of columns`; err.Error() != want {
		t.Errorf("a value: %v, want %s", err, want)
	}
	err = lines.Locate(list().Missing("rows.schema"))
	if want := `line 5: rows.schema is missing`; err.Error() != want {
		t.Errorf("a field that is not there: %v, want %s", err, want)
	}
	if other := errors.New("other"); !errors.Is(lines.Locate(other), other) || lines.Locate(nil) != nil {
		t.Error("an error of no field has a line")
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, `line 1: the file is empty: want fields`},
		{"\n\n", `line 3: the file is empty: want fields`},
		{`{`, `line 1: the file ends before its last brace`},
		{"{\n\"name\": \"n\"", `line 2: the file ends before its last brace`},
		{"{\n\"name\": \"n\",\n}", `line 3: this is not JSON at '}': want fields such as`},
		{"{\n\"name\" \"n\"}", `line 2: this is not JSON at '"'`},
		{"{\"name\": 'n'}", `line 1: this is not JSON at '\''`},
		{"{}\n{}", `line 2: this is not JSON at '{'`},
		{`[]`, `line 1: []: want an object in braces`},
		{`"lots"`, `line 1: "lots": want an object in braces`},
		{"{\n\n\"disk\": \"lots\"}", `line 3: disk "lots": want a size such as 10GiB`},
		{`{"disk": 10}`, `line 1: disk 10: want a size such as 10GiB`},
		{`{"slots": -1}`, `line 1: slots -1: want a whole number from 0 to 256`},
		{`{"slots": 1.5}`, `line 1: slots 1.5: want a whole number`},
		{`{"slots": "3"}`, `line 1: slots "3": want a whole number`},
		{`{"slots": 99999999999999999999}`, `line 1: slots 99999999999999999999: want a whole number`},
		{`{"pause": "50"}`, `line 1: pause "50": want a time such as 50ms`},
		{`{"loud": "yes"}`, `line 1: loud "yes": want true or false`},
		{`{"name": {"a": 1}}`, `line 1: name {"a": 1}: want a name`},
		{`{"rows": 3}`, `line 1: rows 3: want an object in braces`},
		{"{\"rows\":\n {\"drop\": \"a\"}}", `line 2: rows.drop "a": want a list of columns`},
		{"{\"rows\": {\n\"budget\": {\n\"epsilon\": 8}}}", `line 3: rows.budget.epsilon 8: want a decimal`},
		{`{"works": {"kind": "x"}}`, `line 1: works {"kind": "x"}: want a list of objects`},
		{"{\"works\": [{\"kind\": \"x\"},\n{\"kind\": 3}]}", `line 2: works.kind 3: want a kind`},
		{`{"works": [3]}`, `line 1: works 3: want an object in braces`},
		{`{"name": "a", "name": "b"}`, `line 1: name: it stands here twice`},
		{"{\n\"nam\": \"n\"}", `line 2: nam: unknown field: did you mean name?`},
		{`{"Name": "n"}`, `line 1: Name: unknown field: did you mean name?`},
		{`{"rows": {"lable": "sick"}}`, `line 1: rows.lable: unknown field: did you mean rows.label?`},
		{`{"label": "sick"}`, `line 1: label: unknown field: did you mean rows.label?`},
		{`{"rows": {"epsilon": "8"}}`, `line 1: rows.epsilon: unknown field: did you mean rows.budget.epsilon?`},
		{`{"colour": "red"}`, `line 1: colour: unknown field: want one of name, pause, slots, disk, rows, works, loud`},
		{`{"rows": {"a colour": "red"}}`, `line 1: rows.a colour: unknown field: want one of label, drop, budget`},
		{`{"Pause": "red"}`, `did you mean pause?`},
		{`{"-": "red"}`, `line 1: -: unknown field`},
		{`{"": "red"}`, `line 1: unknown field`},
		{`{"name": ["` + strings.Repeat("x", 5000) + `"]}`, `xxx...: want a name`},
		{`{"` + strings.Repeat("x", 5000) + `": 1}`, `xxx...: unknown field`},
	} {
		_, err := settings.Decode([]byte(c.text), list(), new(file))
		if _, ok := errors.AsType[*settings.Wrong](err); !ok || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 300 {
			t.Errorf("%.80s: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestListsAreComplete(t *testing.T) {
	for name, list := range map[string]settings.List{"node": settings.Node(), "validator": settings.Validator()} {
		seen := map[string]bool{}
		for _, s := range list {
			if s.Name == "" || s.Want == "" || s.Meaning == "" || seen[s.Name] || strings.ContainsAny(s.Want+s.Meaning, "|\n") {
				t.Errorf("%s: %+v: want a name that no other has, what is wanted and a meaning, on one line of a table", name, s)
			}
			seen[s.Name] = true
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"name": "n", "pause": "50ms", "rows": {"drop": ["a"], "budget": {"epsilon": "8"}}, "works": [{"kind": "x"}]}`))
	f.Add([]byte("{\n\"disk\": \"lots\"}"))
	f.Add([]byte(`{"rows": null, "works": null, "nam": 1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got file
		_, err := settings.Decode(b, list(), &got)
		if err == nil {
			return
		}
		wrong, ok := errors.AsType[*settings.Wrong](err)
		if !ok || wrong.Line < 1 || wrong.Line > 1+strings.Count(string(b), "\n") {
			t.Fatalf("%q: %v: want a line of the file", b, err)
		}
		if text := err.Error(); len(text) > 500 || strings.Contains(text, "\n") {
			t.Fatalf("%q: %q: want one short line", b, text)
		}
	})
}
