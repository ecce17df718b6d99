package chain_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/pb/invariantpb"
)

// TestInvariants: when the state is changed so that one invariant does not hold, the check and a
// query report that invariant and no other.
func TestInvariants(t *testing.T) {
	c := training(t, 3, nil)
	c.all(c.honest()[0])
	ctx := must(c.At(0))
	if broken := must(c.Invariants(ctx)); len(broken) > 0 {
		t.Fatalf("on a sound chain: %v", broken)
	}
	var res invariantpb.QueryViolationsResponse
	if r := c.ask("/althing.invariant.v1.Query/Violations", &invariantpb.QueryViolations{}, &res); r.Code != 0 || res.Height != c.height || len(res.Violations) > 0 {
		t.Errorf("the query returned %v: %s", &res, r.Log)
	}
	for want, spoil := range chain.Spoiled(c.App) {
		ctx, _ := ctx.CacheContext()
		if err := spoil(ctx); err != nil {
			t.Fatal(err)
		}
		broken := must(c.Invariants(ctx))
		if len(broken) == 0 {
			t.Errorf("no violation was found: %s", want)
		}
		for _, v := range broken {
			if v.Invariant != want && (want != chain.Capped || v.Invariant != chain.Supply) {
				t.Errorf("invariant %q was broken, but reported is %s", want, v)
			}
		}
	}
}

// TestGenesisWithoutLines: a genesis with a task but without the task's line is refused.
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

// TestGenesisMustHold: a chain refuses a genesis for which an invariant does not hold; the error
// names the invariant.
func TestGenesisMustHold(t *testing.T) {
	c := training(t, 3, nil)
	doc := c.exported()
	for _, test := range []struct{ old, new, want string }{
		{`"escrow": "3000000"`, `"escrow": "3000001"`, chain.Escrow + ": it holds 3 THING, want 3.000001 THING"},
		{`"paid": "0"`, `"paid": "1"`, chain.Escrow + ": it holds 3 THING, want 2.999999 THING"},
		{`"busy": 1`, `"busy": 0`, chain.Nodes + ": node 1: its record has 0 parts and a bond of 0.01 THING, tasks have 1 parts and 0.01 THING"},
	} {
		bad := *doc
		bad.AppState = []byte(strings.Replace(string(doc.AppState), test.old, test.new, 1))
		if _, err := imported(t, &bad, ""); err == nil || err.Error() != "read the genesis: "+test.want {
			t.Errorf("%s instead of %s: %v, want %q", test.new, test.old, err, test.want)
		}
	}
}
