package daemon_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/daemon/settings"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

const (
	leastNode      = `{"chain":"c","name":"n","roles":"trainer,data-provider","rpc":["http://127.0.0.1:1"],"listen":"127.0.0.1:2","data":{"name":"d","file":"rows.csv"}}`
	leastValidator = `{"chain":"c","name":"n","p2p":"127.0.0.1:1","rpc":"127.0.0.1:2"}`
)

// loads reads a configuration file in a home folder of its own.
func loads(t *testing.T, name string, text []byte) error {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if name == "node.json" {
		_, err = daemon.LoadNode(home)
	} else {
		_, err = daemon.LoadValidator(home)
	}
	return err
}

// with is a file in which one field has another value, each field on a line of its own.
func with(t *testing.T, file, name, value string) []byte {
	t.Helper()
	whole := map[string]any{}
	if err := json.Unmarshal([]byte(file), &whole); err != nil {
		t.Fatal(err)
	}
	at := whole
	parts := strings.Split(name, ".")
	for i, part := range parts[:len(parts)-1] {
		next, ok := at[part].(map[string]any)
		if !ok {
			next = map[string]any{}
		}
		at[part] = next
		if part == "capabilities" {
			at[part] = []any{next}
			next["kind"] = "k"
		}
		if i == 0 && part == "faucet" {
			next["home"], next["amount_uthing"], next["per_hour"] = "faucet", 1, 1
		}
		if part == "budget" {
			next["epsilon"] = "8"
		}
		at = next
	}
	at[parts[len(parts)-1]] = json.RawMessage(value)
	b, err := json.MarshalIndent(whole, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSettingsListTheFields(t *testing.T) {
	for _, c := range []struct {
		file string
		list settings.List
		of   reflect.Type
	}{
		{"node.json", settings.Node(), reflect.TypeFor[daemon.NodeConfig]()},
		{"validator.json", settings.Validator(), reflect.TypeFor[daemon.ValidatorConfig]()},
	} {
		var listed []string
		for _, s := range c.list {
			listed = append(listed, s.Name)
		}
		fields := leaves(c.of, "")
		if c.file == "validator.json" { // as text, see daemon.LoadValidator
			fields = slices.Insert(fields, slices.Index(fields, "index"), "commit", "gossip")
		}
		if diff := cmp.Diff(fields, listed); diff != "" {
			t.Errorf("%s (-struct +list):\n%s", c.file, diff)
		}
	}
}

// leaves lists the fields of a struct by their dotted names.
func leaves(of reflect.Type, prefix string) (names []string) {
	for f := range of.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" {
			continue
		}
		inner := f.Type
		switch {
		case inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct:
			names = append(names, prefix+tag)
			inner = inner.Elem()
		case inner.Kind() == reflect.Pointer:
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			names = append(names, leaves(inner, prefix+tag+".")...)
		} else {
			names = append(names, prefix+tag)
		}
	}
	return names
}

// TestSettingsHaveTheirBounds: the ranges in the lists are those that are checked.
func TestSettingsHaveTheirBounds(t *testing.T) {
	bounds := regexp.MustCompile(`from (\d+)([A-Za-z]*) to (\d+)([A-Za-z]*)`)
	above := regexp.MustCompile(`above 0s and up to`)
	checked := 0
	for _, c := range []struct {
		file, least string
		list        settings.List
	}{{"node.json", leastNode, settings.Node()}, {"validator.json", leastValidator, settings.Validator()}} {
		for _, s := range c.list {
			var bad, good []string
			if m := bounds.FindStringSubmatch(s.Want); m != nil {
				quote := func(number, unit string) string {
					if unit == "" && !strings.Contains(s.Want, "double quotes") {
						return number
					}
					return `"` + number + unit + `"`
				}
				bad = []string{quote("-1", m[2]), quote("9"+m[3], m[4]), `{}`, `"many"`, `true`}
				good = []string{quote(m[1], m[2]), quote(m[3], m[4])}
				if m[1] != "0" {
					bad = append(bad, quote("0", m[2]))
				}
			} else if above.MatchString(s.Want) {
				bad = []string{`"0s"`, `"-1s"`, `"1h0m0.001s"`, `"50"`, `50`}
				good = []string{`"1ms"`, `"1h"`}
			}
			for _, value := range bad {
				if zero := strings.Trim(value, `"MiB`); zero == "0" && strings.HasPrefix(s.Want, "0") {
					continue // it stands for the default, or for all
				}
				err := loads(t, c.file, with(t, c.least, s.Name, value))
				wrong, ok := errors.AsType[*settings.Wrong](err)
				if value == "{}" && ok {
					continue
				}
				want := fmt.Sprintf("line %d: %s %s: want %s", wrong.Line, s.Name, value, s.Want)
				if !ok || wrong.Line < 2 || !strings.HasSuffix(err.Error(), want) || !strings.Contains(err.Error(), c.file+" line ") {
					t.Errorf("%s: %v, want %s", s.Name, err, want)
				}
				checked++
			}
			for _, value := range good {
				err := loads(t, c.file, with(t, c.least, s.Name, value))
				if wrong, ok := errors.AsType[*settings.Wrong](err); ok && wrong.Want == s.Want {
					t.Errorf("%s %s is refused: %v", s.Name, value, err)
				}
			}
		}
	}
	if checked < 80 {
		t.Errorf("only %d values were tried: want at least 80, the bounds that the lists had", checked)
	}
}

func TestSettingsHaveTheirDefaults(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "validator.json"), []byte(leastValidator), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := daemon.LoadValidator(home)
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.SaveValidator(home, c); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(home, "validator.json"))
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]any
	if err := json.Unmarshal(b, &written); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"commit", "gossip", "index", "cache", "keep_blocks", "keep_states"} {
		s, _ := settings.Validator().Find(name)
		if got := fmt.Sprint(written[name]); name != "keep_blocks" && got != s.Default {
			t.Errorf("%s: got default %s, but the list says %s", name, got, s.Default)
		}
	}
	limit, err := daemon.Budget{Epsilon: "8"}.Limit()
	if err != nil {
		t.Fatal(err)
	}
	size := func(s spec.Size) string {
		b, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	delta, err := cost.ParseDelta(settings.Node().Default("data.budget.delta"))
	if err != nil || delta != limit.Delta {
		t.Errorf("data.budget.delta: got default %s, but the list says %s (%v)", limit.Delta, delta, err)
	}
	for name, want := range map[string]string{
		"warn_free": size(daemon.DefaultWarnFree), "disk.all": size(daemon.DefaultDisk),
		"data.budget.unit": limit.Unit.String(), "data.budget.adjacency": limit.Adjacency.String(),
	} {
		if got := settings.Node().Default(name); got != want {
			t.Errorf("%s is %s in the list, want %s", name, got, want)
		}
	}
	if got := settings.Validator().Default("keep_blocks"); got != fmt.Sprint(daemon.DefaultKeepBlocks) {
		t.Errorf("keep_blocks is %s in the list, want %d", got, daemon.DefaultKeepBlocks)
	}
}

// TestSettingsRefuse: the error for each mistake in a configuration file names the line, the field
// and what is wanted.
func TestSettingsRefuse(t *testing.T) {
	node := func(name, value string) []byte { return with(t, leastNode, name, value) }
	validator := func(name, value string) []byte { return with(t, leastValidator, name, value) }
	for _, c := range []struct {
		file string
		text []byte
		want string
	}{
		{"node.json", []byte(leastNode), ""},
		{"validator.json", []byte(leastValidator), ""},
		{"node.json", node("chain", `""`), `node.json line 2: chain is missing: want the id of the chain`},
		{"node.json", []byte(`{"name":"n"}`), `node.json: chain is missing: want the id of the chain`},
		{"node.json", node("name", `""`), `line 8: name is missing`},
		{"node.json", node("name", `"a\nb"`), `name "a\nb": want 1 to 64 bytes of printable text`},
		{"node.json", node("roles", `"king"`), `roles "king": want some of data-provider, trainer, `},
		{"node.json", node("roles", `null`), `roles is missing`},
		{"node.json", node("roles", `"aggregator,trainer,evaluator"`), ``},
		{"node.json", node("rpc", `[]`), `rpc is missing: want a list of addresses such as ["http://127.0.0.1:26657"]`},
		{"node.json", node("rpc", `["127.0.0.1:26657"]`), `rpc "127.0.0.1:26657": want a list of addresses such as`},
		{"node.json", node("rpc", `"http://127.0.0.1:1"`), `rpc "http://127.0.0.1:1": want a list of addresses such as`},
		{"node.json", node("listen", `"127.0.0.1"`), `line 7: listen "127.0.0.1": want an address host:port such as`},
		{"node.json", node("listen", `"127.0.0.1:http"`), `listen "127.0.0.1:http": want an address`},
		{"node.json", node("listen", `"0.0.0.0:1"`), `listen: endpoint "https://0.0.0.0:1": 0.0.0.0 is not the address of one machine`},
		{"node.json", node("endpoint", `"http://example.org"`), `endpoint: endpoint "http://example.org": plain HTTP is for loopback`},
		{"node.json", node("capabilities", `[{"kind":"a"},{"kind":"a"}]`), `capabilities.kind "a": it is listed twice`},
		{"node.json", node("capabilities", `[{"kind":""}]`), `capabilities.kind is missing`},
		{"node.json", node("capabilities", `[{"kind":"a","needs":{"gpu":1}}]`), `capabilities.needs: "a" needs more than the node's resources`},
		{"node.json", node("policy.owners", `["a","a"]`), `policy: policy names "a" twice`},
		{"node.json", node("policy.min_train_deadline", `"9999h"`), `policy.min_train_deadline "9999h": want a time with its unit`},
		{"node.json", node("data", `{"name":"d"}`), `line 3: data.file: a node with the roles data-provider,trainer needs rows: want the path of a file or a folder`},
		{"node.json", node("data", `{"file":"d"}`), `data.name: a node with the roles data-provider,trainer needs rows with a name`},
		{"node.json", node("data.classes", `1`), `data.classes 1: want 0, or a whole number from 2 to`},
		{"node.json", node("data.missing", `"guess"`), `data.missing "guess": want one of refuse, impute`},
		{"node.json", node("data.budget.epsilon", `"0"`), `data.budget.epsilon "0": want a decimal above 0 in double quotes, such as "8"`},
		{"node.json", node("data.budget.epsilon", `8`), `data.budget.epsilon 8: want a decimal above 0 in double quotes, such as "8"`},
		{"node.json", node("data.budget.delta", `"2"`), `data.budget.delta "2": want a decimal above 0 and below 1`},
		{"node.json", node("data.budget.unit", `"person"`), `data.budget.unit "person": want one of example, client, data-subject`},
		{"node.json", node("data.budget.adjacency", `"none"`), `data.budget.adjacency "none": want one of zero-out, add-remove, replace-one`},
		{"node.json", node("disk.all", `"lots"`), `disk.all "lots": want a size from 0B to 1024TiB, such as 10GiB`},
		{"node.json", node("disk.all", `"-1GiB"`), `disk.all "-1GiB": want a size`},
		{"node.json", node("disk", `{"all":"1GiB","task":"2GiB"}`), `disk.all "1GiB": want no less than disk.task, which is "2GiB"`},
		{"node.json", node("disk", `{"most":"1GiB"}`), `line 8: disk.most: unknown field: `},
		{"node.json", node("lable", `"x"`), `lable: unknown field: `},
		{"validator.json", validator("chain", `""`), `validator.json line 2: chain is missing`},
		{"validator.json", validator("name", `"../one"`), `name "../one": want a name that a folder can have`},
		{"validator.json", validator("p2p", `""`), `p2p is missing: want an address`},
		{"validator.json", validator("rpc", `"127.0.0.1"`), `rpc "127.0.0.1": want an address host:port`},
		{"validator.json", validator("rpc", `"127.0.0.1:99999"`), `rpc "127.0.0.1:99999": want an address host:port`},
		{"validator.json", validator("peers", `["127.0.0.1:3"]`), `peers "127.0.0.1:3": want a list of other validators such as ["ID@host:port"]`},
		{"validator.json", validator("peers", `["ab@127.0.0.1"]`), `peers "ab@127.0.0.1": want a list of other validators`},
		{"validator.json", validator("log", `"loud"`), `log "loud": want one of debug, info, warn, error`},
		{"validator.json", validator("faucet", `{}`), `faucet.home is missing`},
		{"validator.json", validator("faucet.per_hour", `1`), ``},
		{"validator.json", []byte(strings.Replace(string(validator("faucet.per_hour", `1`)), "127.0.0.1:2", "10.0.0.1:2", 1)), `rpc "10.0.0.1:2": a validator with a faucet is for one machine: want a loopback address`},
	} {
		err := loads(t, c.file, c.text)
		if c.want == "" && err != nil && !strings.Contains(string(c.text), "aggregator,trainer,evaluator") || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s:\n%v\nwant %s", c.text, err, c.want)
		}
	}
}
