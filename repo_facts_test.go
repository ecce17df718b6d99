package althing_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestThreatModel wants each of the thirty attacks once, in order.
func TestThreatModel(t *testing.T) {
	var got, want []string
	for _, row := range rows(load(t, root()).read(t, "docs/threat-model.md")) {
		got = append(got, row[0])
	}
	for i := range 30 {
		want = append(want, strconv.Itoa(i+1))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attacks in docs/threat-model.md (-want +got):\n%s", diff)
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
