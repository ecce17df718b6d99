package peer_test

import (
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/althing-network/althing/bench/peer"
)

func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	return path
}

func TestChild(t *testing.T) {
	c, err := peer.Start(t.Context(), python(t), `
import json, os, sys
print(json.dumps({"value": os.environ["HELLO"]}), flush=True)
for line in sys.stdin:
    print(json.dumps({"value": json.loads(line) + "!"}), flush=True)
`, "HELLO=hello")
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ Value string }
	if err := c.Read(&said); err != nil || said.Value != "hello" {
		t.Errorf("%q, %v", said.Value, err)
	}
	if err := c.Ask("what", &said); err != nil || said.Value != "what!" {
		t.Errorf("%q, %v", said.Value, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestChildThatDies(t *testing.T) {
	c, err := peer.Start(t.Context(), python(t), "raise SystemExit('no such thing')")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Read(&struct{}{}); err == nil {
		t.Error("reading from a child that has ended: want an error")
	}
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("error %v: want the output of the child in it", err)
	}
}

func TestNamedPython(t *testing.T) {
	e := peer.Environment{Versions: "print('thing', 1)", Want: "thing 1"}
	if got, err := e.Python(t.Context(), python(t), io.Discard); err != nil || got != python(t) {
		t.Errorf("%s, %v", got, err)
	}
	e.Want = "thing 2"
	if _, err := e.Python(t.Context(), python(t), io.Discard); err == nil || !strings.Contains(err.Error(), "has thing 1: want thing 2") {
		t.Errorf("another version: %v", err)
	}
	if _, err := e.Python(t.Context(), "/no/such/python", io.Discard); err == nil || !strings.Contains(err.Error(), "/no/such/python") {
		t.Errorf("no Python: %v", err)
	}
}
