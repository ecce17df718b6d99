package althing_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layer is a folder of the house, what it may import of ours, and why no more.
// A package belongs to the longest matching folder.
type layer struct {
	folder string
	may    string
	why    string
}

func house() []layer {
	return []layer{
		{"spec", "", "the vocabulary depends on nothing of ours"},
		{"round/roundtest", "round spec privacy/cost", "what two worlds do is compared, books included"},
		{"round", "spec", "the round decides; who carries its effects out is not its business"},
		{"model", "spec", "weights are values"},
		{"measure", "model spec", "statistics are sums over rows that are given to it"},
		{"aggregate", "model spec", "a rule is arithmetic over updates"},
		{"privacy/cost", "", "the chain shares these integers, so nothing else comes with them"},
		{"privacy/terms", "privacy/cost spec", "the chain charges what the nodes add, by the same words"},
		{"privacy/audit/audittest", "privacy data", "it has what audits are shown to have power with: noise that lies, rows that can be told apart"},
		{"privacy", "privacy/cost", "mechanisms and accountants are mathematics"},
		{"secagg", "spec", "a sealed sum knows keys and shares, not who carries them"},
		{"data", "spec", "rows stay with their owner: no network below them"},
		{"train", "model data spec", "a trainer turns rows into an update and knows no task, chain or peer"},
		{"logbook", "", "a record on a disk is bytes"},
		{"mirror", "data logbook privacy/cost spec", "the mirror refuses by what its owner knows: no chain and no network below it"},
		{"blob", "spec logbook", "a blob is bytes with a name"},
		{"pb", "spec round privacy/cost", "the border: protobuf and its one translation to plain types and to what a round is told, nothing behind them"},
		{"client", "pb round spec privacy/cost", "a client speaks spec and cost, gives a round its inputs, knows its refusals and hides pb"},
		{"role", "blob train data round aggregate measure privacy privacy/cost privacy/terms secagg model spec", "a role is a machine: it is given clock, randomness, chain and blobs, so that a daemon and a simulator run the same one"},
		{"view", "client round spec model data measure privacy privacy/cost privacy/terms", "what is shown is read by a client and laid out; nothing here prints, signs or runs a node"},
		{"terminal", "view", "a screen draws what it is given"},
		{"dashboard", "view client spec", "a page shows what a client can read"},
		{"sim/simtest", "sim role blob round spec", "tests of several packages drive a simulated network in the same way"},
		{"sim", "role blob round aggregate measure privacy privacy/cost privacy/terms secagg model train data spec", "the simulator runs the roles over a chain and blobs in memory: no SDK, no socket"},
		{"chain", "round spec privacy/cost privacy/terms pb", "consensus code may not reach anything that does"},
		{"daemon", "role chain client blob logbook mirror dashboard data train privacy privacy/cost privacy/terms spec", "a daemon gives roles their rows, their engine, their noise and the chain; what to do with them belongs to the role"},
		{"demo", "daemon view terminal client round spec data model train privacy/cost privacy/terms", "a demo starts daemons and follows them as a client does: it parses no flags, and its nodes have no way around the chain"},
		{"cmd", "demo view terminal daemon mirror sim client round spec data model measure train privacy privacy/cost privacy/terms", "a command parses words, says them and prints answers"},
		{"bench", "daemon sim role client blob logbook chain train data round aggregate measure privacy privacy/cost privacy/terms privacy/audit/audittest secagg model pb spec", "a bench measures packages, not the command"},
		{".", "", "the root is documentation"},
	}
}

// border lists the layers that may know the SDK and CometBFT.
const border = "chain pb client daemon cmd bench"

func TestImportDirection(t *testing.T) {
	holds(t, importDirection)
	catches(t, importDirection, "the round decides", "round/a.go", "package round\nimport _ \""+module+"/chain\"\n")
	catches(t, importDirection, "no layer", "extra/a.go", "package extra\n")
	catches(t, importDirection, "interface", "chain/task/a.go", "package task\nimport _ \""+module+"/chain/node\"\n")
	catches(t, importDirection, "border", "role/a.go", "package role\nimport _ \"github.com/cosmos/cosmos-sdk/types\"\n")
	catches(t, importDirection, "", "privacy/a.go", "package privacy\nimport _ \""+module+"/privacy/cost\"\n")
	catches(t, importDirection, "", "chain/a.go", "package chain\nimport _ \""+module+"/chain/task\"\n")
}

func importDirection(_ *testing.T, tr *tree) (violations []string) {
	for _, f := range tr.files {
		if f.test {
			continue
		}
		from, ok := layerOf(f.dir())
		if !ok {
			violations = append(violations, fmt.Sprintf("%s belongs to no layer: name it in the house first", f.path))
			continue
		}
		for _, imported := range imports(f) {
			if v := direction(f.dir(), from, imported); v != "" {
				violations = append(violations, f.path+" "+v)
			}
		}
	}
	return violations
}

func direction(dir string, from layer, imported string) string {
	rel, ours := strings.CutPrefix(imported, module+"/")
	if !ours {
		if consensus(imported) && !listed(border, from.folder) {
			return fmt.Sprintf("may not import %s: only the border (%s) knows the SDK", imported, border)
		}
		return ""
	}
	to, _ := layerOf(rel)
	switch {
	case to.folder == "chain" && from.folder == "chain":
		if dir != "chain" && dir != rel {
			return fmt.Sprintf("may not import %s: inside chain, modules meet through an interface the user declares", rel)
		}
	case to.folder != from.folder && !listed(from.may, to.folder):
		return fmt.Sprintf("(%s) may not import %s: %s", from.folder, rel, from.why)
	}
	return ""
}

func layerOf(dir string) (best layer, ok bool) {
	for _, l := range house() {
		if (dir == l.folder || strings.HasPrefix(dir, l.folder+"/")) && len(l.folder) > len(best.folder) {
			best, ok = l, true
		}
	}
	return best, ok
}

func consensus(imported string) bool {
	for _, family := range []string{"github.com/cosmos/", "github.com/cometbft/", "cosmossdk.io/"} {
		if strings.HasPrefix(imported, family) {
			return true
		}
	}
	return false
}

func imports(f *file) (paths []string) {
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

func listed(words, word string) bool { return slices.Contains(strings.Fields(words), word) }
