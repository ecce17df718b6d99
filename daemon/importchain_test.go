package daemon_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/althing-network/althing/daemon"
)

// export returns the newest state of a validator that is stopped.
func export(t *testing.T, home string) []byte {
	t.Helper()
	genesis, err := daemon.ExportChain(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	return genesis
}

// reaches starts a validator, waits for a height, and stops it.
func reaches(t *testing.T, home string, height int64) {
	t.Helper()
	v, err := daemon.StartValidator(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	defer stopAll(t, []*daemon.Validator{v})
	c := dial(t, v)
	for {
		now, err := c.Height(t.Context())
		if err == nil && now >= height {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("height %d (%v)", now, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestValidatorCarriesAChainOn: a validator continues a chain from its export, under the same
// chain id and under another one, several times.
func TestValidatorCarriesAChainOn(t *testing.T) {
	home := found(t, "althing-one", 1)[0]
	if _, err := daemon.ExportChain(home, 0); err == nil {
		t.Error("a chain without a block is exported")
	}
	reaches(t, home, 3)
	early := export(t, home)
	for i, id := range []string{"", "althing-two", ""} {
		genesis := export(t, home)
		done, err := daemon.ImportChain(home, genesis, id)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"althing-one", "althing-two", "althing-two"}[i]; done.Chain != want || done.Height < 4 || done.Former == "" {
			t.Errorf("%+v", done)
		}
		if _, err := daemon.ImportChain(home, genesis, id); err != nil {
			t.Errorf("the same import a second time: %v", err)
		}
		reaches(t, home, done.Height+2)
		if _, err := daemon.ImportChain(home, export(t, home), ""); err == nil {
			t.Error("an import over an earlier one: got no error, although it would replace the folder of the former data")
		}
		if err := os.RemoveAll(done.Former); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := daemon.ImportChain(home, early, "althing-two"); !errors.Is(err, daemon.ErrSigned) {
		t.Errorf("an export from before blocks that the validator has signed: got %v, want %v", err, daemon.ErrSigned)
	}
	if _, err := daemon.ImportChain(home, early, "althing three"); !errors.Is(err, daemon.ErrGenesis) {
		t.Errorf("a chain id with a space: %v", err)
	}
	if _, err := daemon.ImportChain(home, []byte("{}"), "althing-three"); !errors.Is(err, daemon.ErrGenesis) {
		t.Errorf("an empty genesis: %v", err)
	}
	if _, err := os.Stat(filepath.Join(home, "data", "blockstore.db")); err != nil {
		t.Errorf("a refused import has changed the home folder: %v", err)
	}
	if _, err := daemon.ImportChain(home, early, "althing-three"); err != nil {
		t.Fatal(err)
	}
	reaches(t, home, 6)
}
