package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The examples of docs/tables.md that need no network are what the program says.
func TestTablesDocument(t *testing.T) {
	document, err := os.ReadFile("../../docs/tables.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("penguins.csv", []byte(penguins), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"data check penguins.csv --missing impute", "task init penguins.csv --missing impute --out task.yaml"} {
		_, example, found := strings.Cut(string(document), "    $ althing "+command+"\n")
		if !found {
			t.Fatalf("docs/tables.md does not show %q", command)
		}
		var want []string
		for line := range strings.Lines(example) {
			if line != "\n" && !strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "    $ ") {
				break
			}
			want = append(want, strings.TrimPrefix(strings.TrimRight(line, "\n"), "    "))
		}
		out, notes := runCommand(t, 0, strings.Fields(command)...)
		got := strings.TrimSpace(out + "\n" + notes)
		if diff := cmp.Diff(strings.TrimSpace(strings.Join(want, "\n")), got); diff != "" {
			t.Errorf("%s (-document +program):\n%s", command, diff)
		}
		for line := range strings.Lines(got) {
			if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
				t.Errorf("a line is wider than 80 columns: %s", line)
			}
		}
	}
	if _, err := os.ReadFile("task.yaml"); err != nil {
		t.Fatal(err)
	}
}
