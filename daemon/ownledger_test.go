package daemon_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// TestOwnLedgerAnswersForRows: a node uses its rows if they are those that were registered. It
// does not use them, and logs why, if they have changed since or if the owner's own ledger lacks
// a data set that the owner has on the chain.
func TestOwnLedgerAnswersForRows(t *testing.T) {
	table, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	local := daemon.Localnet{Dir: t.TempDir(), Chain: "althing-owned", Validators: 1, Commit: 20 * time.Millisecond, Residents: []daemon.Resident{{
		Config: daemon.NodeConfig{
			Name: "hospital", Roles: spec.DataProvider | spec.Trainer, Stake: chain.Thing, Slots: 1,
			Data: daemon.Rows{Name: "digits", File: "rows.csv", Classes: 10},
		},
		Rows: first(table, 30), Funds: 10 * chain.Thing,
	}}}
	if err := local.Write(); err != nil {
		t.Fatal(err)
	}
	validators := startAll(t, []string{local.Home(local.Validator(0))})
	defer stopAll(t, validators)
	c, home := dial(t, validators[0]), local.Home("hospital")
	key, err := daemon.LoadKey(home)
	if err != nil {
		t.Fatal(err)
	}
	reach(t, c, 2)
	account, err := c.Account(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	// start runs the home folder until the node has registered its holdings. It returns the log and
	// the holdings.
	start := func() (said *lines, holdings []spec.Holding) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		said = &lines{}
		p, err := daemon.OpenParticipant(ctx, home, slog.New(slog.NewTextHandler(said, nil)))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		n, err := c.NodeByOwner(t.Context(), account.Address())
		if err != nil {
			t.Fatal(err)
		}
		return said, n.Profile.Holdings
	}
	if said, holdings := start(); len(holdings) != 1 || holdings[0].Samples != 30 || said.has("rows are registered") {
		t.Fatalf("before any registration it holds %+v:\n%s", holdings, said.text.String())
	}
	if _, err := os.Stat(filepath.Join(home, mirror.File)); err == nil {
		t.Error("the home folder of an owner without a data set has a ledger")
	}

	limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 8 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	own, err := mirror.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	set, err := own.Register(ownRows(t, home), limit)
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = account.Send(t.Context(), client.RegisterDataset{
		Description: spec.Description{Name: "digits", Commitment: set.Commitment, Key: own.Key(), Features: 64, Classes: 10, Rows: 30}, Limit: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	lower := limit
	lower.Epsilon = cost.OneEpsilon
	if _, err := account.Send(t.Context(), client.LowerLimit{Dataset: 1, Limit: lower}); err != nil {
		t.Fatal(err)
	}
	if said, holdings := start(); len(holdings) != 1 || !said.has("rows are registered") {
		t.Errorf("with its own rows it holds %+v:\n%s", holdings, said.text.String())
	}
	if own, err = mirror.Open(home); err != nil {
		t.Fatal(err)
	}
	if known := own.Datasets(); len(known) != 1 || known[0].ID != 1 || known[0].ChainRows != 2 || known[0].Book.Limit != lower {
		t.Errorf("its ledger has caught up to %+v", known)
	}
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}

	rows := filepath.Join(home, "rows.csv")
	kept, err := os.ReadFile(rows)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rows, kept[:len(kept)-len("\n")-len(lastLine(kept))], 0o600); err != nil {
		t.Fatal(err)
	}
	if said, holdings := start(); len(holdings) != 0 || !said.has("rows have changed since data set 1 was registered") {
		t.Errorf("after a row was removed it holds %+v:\n%s", holdings, said.text.String())
	}
	if err := os.WriteFile(rows, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{mirror.File, mirror.KeyFile} {
		if err := os.Remove(filepath.Join(home, name)); err != nil {
			t.Fatal(err)
		}
	}
	if said, holdings := start(); len(holdings) != 0 || !said.has("rows are not used") {
		t.Errorf("without its ledger it holds %+v:\n%s", holdings, said.text.String())
	}
}

// lastLine returns the last line of a file, without the newline that ends it.
func lastLine(b []byte) []byte {
	end := len(b) - len("\n")
	begin := end
	for begin > 0 && b[begin-1] != '\n' {
		begin--
	}
	return b[begin:end]
}
