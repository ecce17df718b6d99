package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// ports returns loopback addresses on which nobody listens.
func ports(t *testing.T, n int) (addresses []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

// found makes the home folders of n validators.
func found(t *testing.T, id string, n int) (homes []string) {
	t.Helper()
	dir, addresses := t.TempDir(), ports(t, 2*n)
	var validators []daemon.ValidatorConfig
	for i := range n {
		c := daemon.ValidatorConfig{
			Name: fmt.Sprintf("validator%d", i), P2P: addresses[2*i], RPC: addresses[2*i+1], Commit: 200 * time.Millisecond, Gossip: 5 * time.Millisecond,
		}
		validators = append(validators, c)
		homes = append(homes, filepath.Join(dir, c.Name))
	}
	if err := daemon.InitValidators(dir, chain.Genesis{ChainID: id, Time: time.Now()}, validators); err != nil {
		t.Fatal(err)
	}
	return homes
}

func startAll(t *testing.T, homes []string) (validators []*daemon.Validator) {
	t.Helper()
	for _, home := range homes {
		v, err := daemon.StartValidator(t.Context(), home)
		if err != nil {
			t.Fatal(err)
		}
		validators = append(validators, v)
	}
	return validators
}

func stopAll(t *testing.T, validators []*daemon.Validator) {
	t.Helper()
	for _, v := range validators {
		if err := v.Stop(); err != nil {
			t.Error(err)
		}
	}
}

func dial(t *testing.T, v *daemon.Validator) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), v.RPC())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reach waits until a chain has reached a height, and returns its height.
func reach(t *testing.T, c *client.Client, height int64) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for h := range c.Heights(ctx) {
		if h >= height {
			return h
		}
	}
	t.Fatalf("height %d was not reached in a minute", height)
	return 0
}

func TestFourValidators(t *testing.T) {
	homes := found(t, "althing-test-4", 4)
	validators := startAll(t, homes)
	last := dial(t, validators[3])
	began := reach(t, last, 2)
	clock := time.Now()
	height := reach(t, last, began+10)
	t.Logf("block interval: %v", (time.Since(clock) / time.Duration(height-began)).Round(time.Millisecond))

	// A validator's owner registers a node over another validator's RPC.
	key, err := daemon.LoadKey(homes[0])
	if err != nil {
		t.Fatal(err)
	}
	account, err := last.Account(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	profile := spec.Profile{Name: "ann", Roles: spec.Trainer, TransportKey: make([]byte, spec.KeySize), Slots: 1}
	receipt, err := account.Send(t.Context(), client.Register{Profile: profile, Stake: 2 * chain.Thing})
	if err != nil {
		t.Fatal(err)
	}
	id, err := receipt.Registered()
	if err != nil || id != 1 {
		t.Fatalf("got node %d, %v; want 1", id, err)
	}
	for _, v := range validators {
		c := dial(t, v)
		reach(t, c, receipt.Height)
		node, err := c.Node(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(profile, node.Profile); d != "" || node.Owner != account.Address() || node.Stake != 2*chain.Thing {
			t.Errorf("%s: got node %+v; profile (-want +got):\n%s", v.Name(), node, d)
		}
	}
	agree(t, validators, receipt.Height+1)

	stopAll(t, validators)
	validators = startAll(t, homes)
	defer func() { stopAll(t, validators) }()
	reach(t, dial(t, validators[0]), receipt.Height+5)
	node, err := dial(t, validators[2]).Node(t.Context(), id)
	if err != nil || node.Stake != 2*chain.Thing {
		t.Errorf("after a restart: got node %+v, %v; want its stake", node, err)
	}
	agree(t, validators, receipt.Height+4)
}

// agree compares the app hashes of all validators at a height.
func agree(t *testing.T, validators []*daemon.Validator, height int64) {
	t.Helper()
	var want []byte
	for _, v := range validators {
		c := dial(t, v)
		reach(t, c, height)
		got, err := c.AppHash(t.Context(), height)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: got app hash %x at height %d, want %x", v.Name(), got, height, want)
		}
	}
}

func TestOneValidator(t *testing.T) {
	homes := found(t, "althing-test-1", 1)
	validators := startAll(t, homes)
	defer func() { stopAll(t, validators) }()
	reach(t, dial(t, validators[0]), 3)

	if _, err := daemon.StartValidator(t.Context(), homes[0]); !errors.Is(err, daemon.ErrPortTaken) {
		t.Errorf("a second time in the same folder: got %v, want %v", err, daemon.ErrPortTaken)
	}
}

func TestHomeOfAnotherChain(t *testing.T) {
	one, two := found(t, "althing-one", 1)[0], found(t, "althing-two", 1)[0]
	validators := startAll(t, []string{one})
	reach(t, dial(t, validators[0]), 2)
	stopAll(t, validators)

	// Only the genesis is of another chain.
	genesis := filepath.Join("config", "genesis.json")
	other, err := os.ReadFile(filepath.Join(two, genesis))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(one, genesis), other, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := daemon.StartValidator(t.Context(), one); !errors.Is(err, daemon.ErrOtherChain) {
		t.Errorf("another genesis: got %v, want %v", err, daemon.ErrOtherChain)
	}
	// The genesis and the configuration are of another chain, the blocks are not.
	c, err := daemon.LoadValidator(one)
	if err != nil {
		t.Fatal(err)
	}
	c.Chain = "althing-two"
	if err := daemon.SaveValidator(one, c); err != nil {
		t.Fatal(err)
	}
	if _, err := daemon.StartValidator(t.Context(), one); !errors.Is(err, daemon.ErrOtherChain) {
		t.Errorf("another chain's blocks: got %v, want %v", err, daemon.ErrOtherChain)
	}
}

func TestFoundingNeverReplacesKeys(t *testing.T) {
	dir := t.TempDir()
	c := daemon.ValidatorConfig{Name: "one", P2P: "127.0.0.1:1", RPC: "127.0.0.1:2", Commit: time.Second, Gossip: daemon.DefaultGossip}
	genesis := chain.Genesis{ChainID: "althing-one", Time: time.Now()}
	if err := daemon.InitValidators(dir, genesis, []daemon.ValidatorConfig{c}); err != nil {
		t.Fatal(err)
	}
	before, err := daemon.LoadKey(filepath.Join(dir, "one"))
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.InitValidators(dir, genesis, []daemon.ValidatorConfig{c}); err == nil {
		t.Error("a chain was founded over another one")
	}
	after, err := daemon.LoadKey(filepath.Join(dir, "one"))
	if err != nil || !after.Equals(before) {
		t.Errorf("the key has changed (%v)", err)
	}
}

func TestValidatorConfigComesBack(t *testing.T) {
	want := daemon.ValidatorConfig{
		Chain: "althing-one", Name: "one", P2P: "127.0.0.1:1", RPC: "127.0.0.1:2",
		Peers: []string{"ab@127.0.0.1:3"}, Commit: 200 * time.Millisecond, Gossip: 5 * time.Millisecond, Log: "warn",
		Cache: 32 * spec.MiB, KeepBlocks: 200_000, KeepStates: 0,
	}
	home := t.TempDir()
	if err := daemon.SaveValidator(home, want); err != nil {
		t.Fatal(err)
	}
	got, err := daemon.LoadValidator(home)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for name, spoil := range map[string]func(*daemon.ValidatorConfig){
		"no chain":         func(c *daemon.ValidatorConfig) { c.Chain = "" },
		"a path as name":   func(c *daemon.ValidatorConfig) { c.Name = "../one" },
		"no pause":         func(c *daemon.ValidatorConfig) { c.Commit = 0 },
		"a long pause":     func(c *daemon.ValidatorConfig) { c.Commit = 2 * time.Hour },
		"no rest":          func(c *daemon.ValidatorConfig) { c.Gossip = 0 },
		"less than none":   func(c *daemon.ValidatorConfig) { c.Gossip = -time.Second },
		"no port":          func(c *daemon.ValidatorConfig) { c.RPC = "127.0.0.1" },
		"a peer, no id":    func(c *daemon.ValidatorConfig) { c.Peers = []string{"127.0.0.1:3"} },
		"a cache too big":  func(c *daemon.ValidatorConfig) { c.Cache = 2 * spec.TiB },
		"too few blocks":   func(c *daemon.ValidatorConfig) { c.KeepBlocks = 99 },
		"too few states":   func(c *daemon.ValidatorConfig) { c.KeepStates = -1 },
		"an unknown level": func(c *daemon.ValidatorConfig) { c.Log = "loud" },
	} {
		bad := want
		spoil(&bad)
		if err := daemon.SaveValidator(home, bad); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
}

// TestValidatorPauses: a pause that the file does not state has its default; a wrong one is
// refused.
func TestValidatorPauses(t *testing.T) {
	const file = `{"chain": "c", "name": "one", "p2p": "127.0.0.1:1", "rpc": "127.0.0.1:2", "peers": [], "index": false%s}`
	for _, c := range []struct {
		more           string
		commit, gossip time.Duration
		want           string // of the error; empty: none
	}{
		{``, time.Second, 20 * time.Millisecond, ""},
		{`, "commit": "50ms", "gossip": "5ms"`, 50 * time.Millisecond, 5 * time.Millisecond, ""},
		{`, "commit": "50"`, 0, 0, `line 1: commit "50": want a time with its unit above 0s and up to 1h0m0s, such as 50ms`},
		{`, "commit": "soon"`, 0, 0, `commit "soon": want a time with its unit`},
		{`, "commit": "0s"`, 0, 0, `commit "0s": want a time with its unit above 0s and up to 1h`},
		{`, "gossip": "-5ms"`, 0, 0, `gossip "-5ms": want a time with its unit above 0s and up to 1h`},
		{`, "gossip": "8760h"`, 0, 0, `gossip "8760h0m0s": want a time with its unit above 0s and up to 1h`},
		{`, "gossip": 5`, 0, 0, "gossip 5: want a time with its unit"},
	} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "validator.json"), fmt.Appendf(nil, file, c.more), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := daemon.LoadValidator(home)
		if c.want == "" {
			if err != nil || got.Commit != c.commit || got.Gossip != c.gossip {
				t.Errorf("%s: pauses %s and %s, %v", c.more, got.Commit, got.Gossip, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "validator.json") {
			t.Errorf("%s: got error %v, want %s", c.more, err, c.want)
		}
	}
}

// TestValidatorKeeps: sizes of memory and disk that the file does not state have defaults; wrong
// ones are refused.
func TestValidatorKeeps(t *testing.T) {
	const file = `{"chain": "c", "name": "one", "p2p": "127.0.0.1:1", "rpc": "127.0.0.1:2", "peers": [], "index": false%s}`
	for _, c := range []struct {
		more           string
		cache          spec.Size
		blocks, states int64
		want           string // of the error; empty: none
	}{
		{``, 64 * spec.MiB, 100_000, 10_000, ""},
		{`, "cache": "8MiB", "keep_blocks": 0, "keep_states": 0`, 8 * spec.MiB, 0, 0, ""},
		{`, "keep_blocks": 100`, 64 * spec.MiB, 100, 10_000, ""},
		{`, "keep_blocks": 99`, 0, 0, 0, "keep_blocks 99: want 0, or a whole number from 100 to 1000000000"},
		{`, "keep_states": -1`, 0, 0, 0, "keep_states -1: want 0, or a whole number from 100 to 1000000000"},
		{`, "keep_states": "all"`, 0, 0, 0, "keep_states"},
		{`, "cache": "1KiB"`, 0, 0, 0, `cache "1KiB": want 0B, or a size from 1MiB to 1TiB, such as 10GiB`},
		{`, "cache": "-1MiB"`, 0, 0, 0, `cache "-1MiB": want 0B, or a size`},
		{`, "keep": 7`, 0, 0, 0, "keep: unknown field"},
	} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "validator.json"), fmt.Appendf(nil, file, c.more), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := daemon.LoadValidator(home)
		if c.want == "" {
			if err != nil || got.Cache != c.cache || got.KeepBlocks != c.blocks || got.KeepStates != c.states {
				t.Errorf("%s: keeps %s, %d blocks and %d states, %v", c.more, got.Cache, got.KeepBlocks, got.KeepStates, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "validator.json") {
			t.Errorf("%s: got error %v, want %s", c.more, err, c.want)
		}
	}
}
