package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/althing-network/althing/daemon"
)

// TestStartNamesTakenPort: where another program listens on an address of a home folder, the
// error names the field and the file that set the address.
func TestStartNamesTakenPort(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "net")
	runCommand(t, 0, "localnet", dir, "--validators", "1", "--trainers", "1", "--aggregators", "1", "--evaluators", "1", "--port", "0")
	home := filepath.Join(dir, "validator-1")
	config, err := daemon.LoadValidator(home)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", config.RPC)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, stderr := runCommand(t, 1, "start", home)
	for _, want := range []string{config.RPC, `"rpc" in ` + filepath.Join(home, "validator.json"), "hint: althing localnet " + dir + "-2 --port 0"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("start says %q, want %q in it", stderr, want)
		}
	}
}
