package althing_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/daemon/settings"
)

// TestConfigurationReference holds docs/configuration.md to the lists of package
// settings: -rewrite writes the tables anew.
func TestConfigurationReference(t *testing.T) {
	const path = "docs/configuration.md"
	page := load(t, root()).read(t, path)
	want := page
	for name, list := range map[string]settings.List{"node.json": settings.Node(), "validator.json": settings.Validator()} {
		begin, end := "<!-- fields of "+name+": from here -->\n", "<!-- fields of "+name+": to here -->\n"
		before, rest, found := strings.Cut(want, begin)
		_, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Fatalf("%s: want the lines %q and %q", path, begin, end)
		}
		want = before + begin + fieldTable(list) + end + after
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Errorf("%s: run go test . -run TestConfigurationReference -rewrite (-settings +docs):\n%s", path, diff)
	}
}

// fieldTable is a list of fields as the page has it.
func fieldTable(list settings.List) string {
	var b strings.Builder
	b.WriteString("\n| field | default | accepts | meaning |\n|---|---|---|---|\n")
	for _, s := range list {
		value := "none"
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, value, s.Want, s.Meaning)
	}
	b.WriteString("\n")
	return b.String()
}
