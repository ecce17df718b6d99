package chain_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/pb/invariantpb"
)

// TestInvariants: each is found not to hold where its state is spoiled, by its name, and
// a question says so; nothing else is found.
func TestInvariants(t *testing.T) {
	c := training(t, 3, nil)
	c.all(c.honest()[0])
	ctx := must(c.At(0))
	if broken := must(c.Invariants(ctx)); len(broken) > 0 {
		t.Fatalf("on a sound chain: %v", broken)
	}
	var res invariantpb.QueryViolationsResponse
	if r := c.ask("/althing.invariant.v1.Query/Violations", &invariantpb.QueryViolations{}, &res); r.Code != 0 || res.Height != c.height || len(res.Violations) > 0 {
		t.Errorf("the question is answered %v: %s", &res, r.Log)
	}
	for want, spoil := range chain.Spoiled(c.App) {
		ctx, _ := ctx.CacheContext()
		if err := spoil(ctx); err != nil {
			t.Fatal(err)
		}
		broken := must(c.Invariants(ctx))
		if len(broken) == 0 {
			t.Errorf("nothing is found: %s", want)
		}
		for _, v := range broken {
			if v.Invariant != want && (want != chain.Capped || v.Invariant != chain.Supply) {
				t.Errorf("spoiled so that not %q: %s", want, v)
			}
		}
	}
}

// TestGenesisWithoutLines: a task that is in a genesis has its line there, too.
func TestGenesisWithoutLines(t *testing.T) {
	doc := training(t, 3, nil).exported()
	var state map[string]json.RawMessage
	if err := json.Unmarshal(doc.AppState, &state); err != nil {
		t.Fatal(err)
	}
	state[model.Name] = json.RawMessage(`{"next": "1"}`)
	doc.AppState = must(json.Marshal(state))
	want := "read the genesis: " + chain.Lines + ": task 1 has no line"
	if _, err := imported(t, doc, ""); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

// TestGenesisMustHold: no chain begins with a state of which the invariants do not hold,
// and the error says which.
func TestGenesisMustHold(t *testing.T) {
	c := training(t, 3, nil)
	doc := c.exported()
	for _, test := range []struct{ old, new, want string }{
		{`"escrow": "3000000"`, `"escrow": "3000001"`, chain.Escrow + ": it holds 3000000uthing, want 3000001"},
		{`"paid": "0"`, `"paid": "1"`, chain.Escrow + ": it holds 3000000uthing, want 2999999"},
		{`"busy": 1`, `"busy": 0`, chain.Nodes + ": node 1: its record has 0 parts and a bond of 10000 uthing, tasks have 1 parts and 10000 uthing"},
	} {
		bad := *doc
		bad.AppState = []byte(strings.Replace(string(doc.AppState), test.old, test.new, 1))
		if _, err := imported(t, &bad, ""); err == nil || err.Error() != "read the genesis: "+test.want {
			t.Errorf("%s instead of %s: %v, want %q", test.new, test.old, err, test.want)
		}
	}
}
