package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// TestToken: a consumer sees what it has, sends some of it, and finds it with whoever got
// it; what it lacks it does not send, and what is no address or amount reaches no chain.
func TestToken(t *testing.T) {
	local := startPlainNetwork(t, 0, 1)
	home := []string{"--home", local.Home(demo.Consumer)}
	call := func(want int, args ...string) (string, string) {
		t.Helper()
		return runCommand(t, want, slices.Concat([]string{"token"}, args, home)...)
	}
	holds := func(args ...string) client.Holder {
		t.Helper()
		out, _ := call(0, append([]string{"balance", "--json"}, args...)...)
		var h client.Holder
		if err := json.Unmarshal([]byte(out), &h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	before := holds()
	if out, _ := call(0, "balance", before.Address); out != spec.Money(before.Amount) {
		t.Errorf("the consumer has %s, want %s", out, spec.Money(before.Amount))
	}
	key, err := daemon.LoadKey(local.Home("trainer-1"))
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := client.Address(key)
	if err != nil {
		t.Fatal(err)
	}
	other := holds(trainer)
	_, said := call(0, "send", trainer, "1.5")
	if want := "1.5 THING sent to " + trainer; !strings.Contains(said, want) {
		t.Errorf("sending says %q, want %q", said, want)
	}
	if now := holds(trainer); now.Amount != other.Amount+1_500_000 {
		t.Errorf("%s has %d after it got 1500000, %d before", trainer, now.Amount, other.Amount)
	}
	after := holds()
	if fee := before.Amount - after.Amount - 1_500_000; fee == 0 || fee > chain.Thing/10 {
		t.Errorf("a transfer costs %d uthing beside what is sent", fee)
	}
	for want, args := range map[string][]string{
		"insufficient balance: the transfer sends 900000000 THING": {"send", trainer, "900000000"},
		"can spend only ": {"send", trainer, view.Thing(after.Amount)},
		"more THING than there can ever be: want at most 1000000000": {"send", trainer, "1000000001"},

		"want more than nothing":                            {"send", trainer, "0.000000"},
		"decimal with at most six digits after the point":   {"send", trainer, "0.0000001"},
		`address "cosmos1": want the address of an account`: {"send", "cosmos1", "1"},
		`it begins with "cosmos": want`:                     {"balance", "cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu"},
	} {
		if _, stderr := call(1, args...); !strings.Contains(stderr, want) {
			t.Errorf("token %v says %q, want %q", args, stderr, want)
		}
	}
	out, _ := call(0, "supply", "--json")
	var supply client.Supply
	if err := json.Unmarshal([]byte(out), &supply); err != nil || supply.Cap != chain.Cap || supply.Circulating >= supply.Total || supply.Total >= supply.Cap {
		t.Errorf("supply %s (%v)", out, err)
	}
	out, _ = call(0, "holders", "--all", "--json")
	var all uint64
	for line := range strings.Lines(out) {
		var h client.Holder
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			t.Fatal(err)
		}
		all += h.Amount
	}
	if all != supply.Total {
		t.Errorf("the holders hold %d uthing of %d", all, supply.Total)
	}
	if out, _ := call(0, "supply"); !strings.Contains(out, "circulating") || !strings.Contains(out, "1000000000 THING") {
		t.Errorf("supply says %s", out)
	}
	if out, _ := call(0, "holders", "--limit", "2"); strings.Count(out, "\n") != 2 || !strings.HasPrefix(out, "ADDRESS") {
		t.Errorf("two holders are %q", out)
	}
}
