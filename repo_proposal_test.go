package althing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

const proposals = "docs/proposals.md"

// TestProposalFileExamples wants every file that the page for holders shows to be accepted,
// and one for each action.
func TestProposalFileExamples(t *testing.T) {
	blocks := strings.Split(load(t, root()).read(t, proposals), "```yaml\n")[1:]
	shown := map[string]bool{}
	for _, block := range blocks {
		example, _, _ := strings.Cut(block, "```")
		draft, err := spec.ParseProposal([]byte(example))
		if err != nil {
			t.Errorf("%v in\n%s", err, example)
		}
		for _, a := range draft.Actions {
			shown[a.Kind()] = true
		}
	}
	for _, kind := range []string{"update_model", "add_participant", "remove_participant", "update_params", "mint", "cancel", "text"} {
		if !shown[kind] {
			t.Errorf("%s shows no %s", proposals, kind)
		}
	}
}

// TestParametersAreListed holds the table of rules to package spec.
func TestParametersAreListed(t *testing.T) {
	var want, got [][]string
	add := func(module string, list []spec.Parameter) {
		for _, p := range list {
			want = append(want, []string{"`" + module + "`", "`" + p.Name + "`", string(p.Unit)})
		}
	}
	for _, m := range spec.Modules() {
		add(m.Name, m.Parameters)
	}
	add("update_model", spec.Hyperparameters())
	for _, row := range rows(load(t, root()).read(t, proposals)) {
		if len(row) == 3 {
			got = append(got, row)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters in %s (-spec +docs):\n%s", proposals, diff)
	}
}
