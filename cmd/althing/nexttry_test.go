package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHintKnowsTheFolder: a command that fails for want of a home folder or of --drop says
// which home folders lie here, or all columns to leave out, and hints at itself with them.
func TestHintKnowsTheFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(line string, want ...string) {
		t.Helper()
		_, stderr := runCommand(t, 1, strings.Fields(line)...)
		for _, text := range want {
			if !strings.Contains(stderr, text) {
				t.Errorf("althing %s: got\n%swant %q", line, stderr, text)
			}
		}
		if len(want) == 1 && strings.Contains(stderr, "althing: hint: ") {
			t.Errorf("althing %s: got a hint, want none where several folders can be meant:\n%s", line, stderr)
		}
	}

	write("rows.csv", "a,b,label\n1,2,0\n2,1,1\n3,5,0\n4,3,1\n")
	write("more.csv", "id,a,b,label,\"visit, last\",ward\n11,1,2,0,5,7\n12,2,1,1,6,8\n")
	runCommand(t, 0, "task", "init", "rows.csv", "--out", "task.yaml")
	fails("data check more.csv --schema task.yaml --drop ward", `the schema has no columns "id", "visit, last": leave them out`,
		`hint: althing data check more.csv --drop 'ward,id,"visit, last"' --schema task.yaml`)

	fails("node show", "--home is missing\n", "hint: althing localnet net")
	write("hospital-6/node.json", "{}")
	fails("node show", "--home is missing: want hospital-6\n", "hint: althing node show --home hospital-6")
	fails("node show hospital-6", `node "hospital-6": want a whole number`, "hint: althing node show --home hospital-6")
	fails("node show trainer-1", `node "trainer-1": want a whole number`, "hint: althing node list")
	for _, home := range []string{"consumer-1", "trainer-1", "trainer-2"} {
		write(filepath.Join("net", home, "node.json"), "{}")
	}
	write("net/validator-1/validator.json", "{}")
	fails("token faucet", "--home is missing: want one of hospital-6, net/consumer-1, net/trainer-1 and 1 more\n")
	fails("task create task.yaml", "want one of hospital-6", "hint: althing task create task.yaml --home net/consumer-1")
	fails("start", "want one of net/validator-1", "hint: althing start --home net/validator-1")
	fails("chain export", "--home is missing: want net/validator-1\n", "hint: althing chain export --home net/validator-1 > genesis.json\n")
}
