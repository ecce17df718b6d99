package althing_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestThreatModel wants each of the thirty attacks once, in order, in the table before the
// first section, and the tests of an attack, which bear its number, named beside it.
func TestThreatModel(t *testing.T) {
	tr := load(t, root())
	tested := map[string]bool{}
	for _, f := range tr.files {
		for _, name := range functions(f) {
			if number, ok := strings.CutPrefix(name, "TestAttack"); ok && len(number) > 2 {
				tested[number[:2]] = true
			}
		}
	}
	var got, want []string
	attacks, _, _ := strings.Cut(tr.read(t, "docs/threat-model.md"), "\n## ")
	for i, row := range rows(attacks) {
		got, want = append(got, row[0]), append(want, strconv.Itoa(i+1))
		number := fmt.Sprintf("%02d", i+1)
		if tested[number] && !slices.Contains(quoted(row[3]), "TestAttack"+number) {
			t.Errorf("docs/threat-model.md: attack %d has tests: name `TestAttack%s`", i+1, number)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 30 {
		t.Errorf("%d attacks in docs/threat-model.md (-want +got):\n%s", len(got), diff)
	}
}

// TestReplacedModules allows the two replacements that the SDK itself makes: a
// module with others could not be built by the programs that import it.
func TestReplacedModules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Replace []struct{ Old, New struct{ Path string } }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range mod.Replace {
		got[r.Old.Path] = r.New.Path
	}
	want := map[string]string{
		"github.com/99designs/keyring": "github.com/cosmos/keyring",
		"github.com/syndtr/goleveldb":  "github.com/syndtr/goleveldb",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("replaced modules (-want +got):\n%s", diff)
	}
}

// TestHouseIsDescribed wants DESIGN.md to name every folder of the house that is there.
func TestHouseIsDescribed(t *testing.T) {
	tr := load(t, root())
	design := tr.read(t, "DESIGN.md")
	for dir := range tr.packages(func(f *file) bool { return !f.generated }) {
		top, _, _ := strings.Cut(dir, "/")
		if top != "." && !strings.Contains(design, fmt.Sprintf("%s/", top)) {
			t.Errorf("DESIGN.md does not say what %s/ is", top)
		}
	}
}
