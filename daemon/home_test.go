package daemon_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// smallest is the smallest network: one validator, one aggregator, one trainer.
func smallest(t *testing.T, chain string) daemon.Localnet {
	t.Helper()
	node := func(name string, roles spec.Role) daemon.Resident {
		return daemon.Resident{Funds: 1_000_000_000, Config: daemon.NodeConfig{Name: name, Roles: roles, Stake: 10_000_000, Slots: 1}}
	}
	aggregator, trainer := node("aggregator", spec.Aggregator), node("trainer", spec.Trainer)
	aggregator.Serves = true
	trainer.Rows = data.Table{X: []float32{0, 1, 1, 0}, Y: []int32{0, 1}, Features: 2, Classes: 2}
	trainer.Config.Data = daemon.Rows{Name: "two rows", File: "rows.csv", Classes: 2}
	local := daemon.Localnet{
		Dir: t.TempDir(), Chain: chain, Validators: 1, Commit: 50 * time.Millisecond,
		Residents: []daemon.Resident{aggregator, trainer},
	}
	if err := local.Write(); err != nil {
		t.Fatal(err)
	}
	return local
}

// starts runs a home folder until the test ends.
func starts(t *testing.T, home string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- daemon.Start(ctx, home, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", home, err)
		}
	})
}

// refused starts a home folder that must not start, and returns the error.
func refused(t *testing.T, home string) error {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	err := daemon.Start(ctx, home, slog.New(slog.DiscardHandler))
	if err == nil || ctx.Err() != nil {
		t.Fatalf("%s started: %v", home, err)
	}
	return err
}

func TestStart(t *testing.T) {
	local := smallest(t, "hamlet-1")
	starts(t, local.Home("validator-1"))
	starts(t, local.Home("trainer"))
	c := awaits(t, local, 1)

	if err := refused(t, local.Home("trainer")); !errors.Is(err, daemon.ErrInUse) {
		t.Errorf("a home folder that runs: %v, want %v", err, daemon.ErrInUse)
	}
	if err := refused(t, t.TempDir()); !strings.Contains(err.Error(), "is no home folder") {
		t.Errorf("an empty folder: %v", err)
	}

	// An aggregator whose port is taken registers nothing and locks no stake.
	config, err := daemon.LoadNode(local.Home("aggregator"))
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", config.Listen)
	if err != nil {
		t.Fatal(err)
	}
	if err := refused(t, local.Home("aggregator")); !errors.Is(err, daemon.ErrPortTaken) || !strings.Contains(err.Error(), config.Listen) {
		t.Errorf("an occupied port: %v", err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	if nodes, _, err := c.Nodes(t.Context(), spec.Aggregator, false, client.Page{}); err != nil || len(nodes) != 0 {
		t.Errorf("%d aggregators are registered (%v), want none", len(nodes), err)
	}

	// A node of another chain changes nothing on this one.
	other := smallest(t, "hamlet-2")
	stranger, err := daemon.LoadNode(other.Home("aggregator"))
	if err != nil {
		t.Fatal(err)
	}
	stranger.RPC = local.RPC()
	if err := daemon.SaveNode(other.Home("aggregator"), stranger); err != nil {
		t.Fatal(err)
	}
	if err := refused(t, other.Home("aggregator")); !errors.Is(err, daemon.ErrOtherChain) {
		t.Errorf("a home folder of another chain: %v, want %v", err, daemon.ErrOtherChain)
	}

	starts(t, local.Home("aggregator"))
	awaits(t, local, 2)
}

// awaits waits until as many nodes are registered as are wanted.
func awaits(t *testing.T, local daemon.Localnet, want int) *client.Client {
	t.Helper()
	for range 2400 {
		if c, err := client.Dial(t.Context(), local.RPC()...); err == nil {
			if nodes, _, err := c.Nodes(t.Context(), 0, true, client.Page{}); err == nil && len(nodes) == want {
				return c
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("%d nodes are not registered after a minute", want)
	return nil
}

func TestLoadNodeRefuses(t *testing.T) {
	good := `{"chain":"c","name":"n","roles":"aggregator","rpc":["http://127.0.0.1:1"],"listen":"127.0.0.1:2"}`
	withholds := func(roles string) string {
		holds := strings.Replace(good, `}`, `,"data":{"name":"d","file":"rows.csv","classes":2,"withhold":true}}`, 1)
		return strings.Replace(holds, `"aggregator"`, roles, 1)
	}
	rows := func(more string) string {
		return strings.Replace(good, `}`, `,"data":{"name":"d","file":"rows.csv",`+more+`}}`, 1)
	}
	for _, c := range []struct{ file, want string }{
		{good, ""},
		{`{`, "line 1: the file ends before its last brace"},
		{`{"colour":"red"}`, "unknown field"},
		{strings.Replace(good, `"c"`, `""`, 1), "chain is missing"},
		{strings.Replace(good, `"n"`, `""`, 1), "name is missing"},
		{strings.Replace(good, `"aggregator"`, `"king"`, 1), `roles "king": want some of data-provider`},
		{strings.Replace(good, `"aggregator"`, `"trainer"`, 1), "needs rows"},
		{withholds(`"trainer"`), ""},
		{withholds(`"trainer,evaluator"`), "cannot withhold"},
		{rows(`"label":"sick","drop":["id"],"categories":["ward"],"missing":"impute","regression":false,"schema":"task.yaml"`), ""},
		{rows(`"lable":"sick"`), "unknown field"},
		{rows(`"drop":"id"`), "drop"},
		{rows(`"classes":1`), "data.classes 1: want 0, or a whole number from 2 to"},
		{rows(`"missing":"guess"`), `data.missing "guess": want one of refuse, impute`},
		{rows(`"label":"id","drop":["id"]`), `data.drop: it names the label "id"`},
		{rows(`"categories":[""]`), "one of the names is empty"},
		{strings.Replace(good, `}`, `,"data":{"schema":"task.yaml"}}`, 1), "data.file is missing"},
		{strings.Replace(good, `["http://127.0.0.1:1"]`, `[]`, 1), "rpc is missing"},
		{strings.Replace(good, `"127.0.0.1:2"`, `""`, 1), "listen: an aggregator serves blobs, so it needs an address"},
	} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "node.json"), []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		switch _, err := daemon.LoadNode(home); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.file, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.file, err, c.want)
		}
	}
}

func FuzzLoadNode(f *testing.F) {
	f.Add([]byte(`{"chain":"c","name":"n","roles":"consumer","rpc":["http://127.0.0.1:1"]}`))
	f.Add([]byte(`{"roles":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "node.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := daemon.LoadNode(home)
		if err != nil {
			return
		}
		if err := daemon.SaveNode(home, c); err != nil {
			t.Fatalf("%q is read but cannot be written: %v", b, err)
		}
		again, err := daemon.LoadNode(home)
		if err != nil || again.Name != c.Name || again.Roles != c.Roles || again.Chain != c.Chain {
			t.Fatalf("%q is read as %+v, written and read as %+v (%v)", b, c, again, err)
		}
	})
}

func FuzzLoadValidator(f *testing.F) {
	f.Add([]byte(`{"chain":"c","name":"n","p2p":"127.0.0.1:1","rpc":"127.0.0.1:2","commit":"50ms","gossip":"5ms"}`))
	f.Add([]byte(`{"commit":"-1s"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "validator.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := daemon.LoadValidator(home)
		if err != nil {
			return
		}
		if err := daemon.SaveValidator(home, c); err != nil {
			t.Fatalf("%q is read but cannot be written: %v", b, err)
		}
		again, err := daemon.LoadValidator(home)
		if d := cmp.Diff(c, again); err != nil || d != "" {
			t.Fatalf("%q is written and read differently (%v):\n%s", b, err, d)
		}
	})
}
