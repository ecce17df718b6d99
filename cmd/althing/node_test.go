package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

// A node that lost reputation is shown with the reason; one that did not is not
// shown with an empty one.
func TestNodeShowsItsLastDemerit(t *testing.T) {
	shown := func(n spec.Node, json bool) string {
		t.Helper()
		var out bytes.Buffer
		if err := (&session{out: &out, json: json}).showNode(n); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	n := spec.Node{ID: 3}
	for _, json := range []bool{false, true} {
		if got := shown(n, json); strings.Contains(got, "demerit") || strings.Contains(got, "blame") {
			t.Errorf("json %v: a node without a demerit is shown with one:\n%s", json, got)
		}
	}
	n.Blame = spec.Demerit{Task: 7, Round: 2, Height: 90, Reason: "update withheld"}
	for json, want := range map[bool]string{
		false: "update withheld: task 7, round 2, height 90\n",
		true:  `"blame":{"task":7,"round":2,"height":90,"reason":"update withheld"}`,
	} {
		if got := shown(n, json); !strings.Contains(got, want) {
			t.Errorf("json %v: want %q in\n%s", json, want, got)
		}
	}
}
