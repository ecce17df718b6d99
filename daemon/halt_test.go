package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// TestHalt: a validator that cannot write any more halts with the reason. Its chain node still
// runs and answers queries. When the validator can write again, it continues after its last
// block.
func TestHalt(t *testing.T) {
	home := found(t, "althing-test-halt", 1)[0]
	v, err := daemon.StartValidator(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, v)
	reach(t, c, 3)
	data, away := filepath.Join(home, "data"), filepath.Join(home, "away")
	if err := os.Rename(data, away); err != nil { // where CometBFT writes what it has signed
		t.Fatal(err)
	}
	why := v.Wait(t.Context())
	if !errors.Is(why, daemon.ErrHalted) || !strings.Contains(why.Error(), "no such file") {
		t.Errorf("got %v, want %v with the reason", why, daemon.ErrHalted)
	}
	height, err := c.Height(t.Context())
	if err != nil {
		t.Errorf("the chain node of a validator that has halted does not answer: %v", err)
	}
	if err := v.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	// CometBFT may have made a new folder with a log in it.
	if err := errors.Join(os.RemoveAll(data), os.Rename(away, data)); err != nil {
		t.Fatal(err)
	}

	var said bytes.Buffer
	ended := make(chan error, 1)
	go func() { ended <- daemon.Start(t.Context(), home, slog.New(slog.NewTextHandler(&said, nil))) }()
	reach(t, c, height+3)
	if err := os.Rename(data, away); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, daemon.ErrHalted) {
		t.Errorf("Start returned %v, want %v", err, daemon.ErrHalted)
	}
}

// failingApp is an application that fails to execute a block.
type failingApp struct {
	abci.BaseApplication
	panics bool
}

var errBroken = errors.New("input/output error")

func (u failingApp) FinalizeBlock(context.Context, *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	if u.panics {
		panic(errBroken)
	}
	return nil, errBroken
}

// TestHaltWhileSyncing: when a block that CometBFT has fetched from others fails, CometBFT panics
// in a goroutine where nobody can recover. So the error must not reach CometBFT.
func TestHaltWhileSyncing(t *testing.T) {
	for _, panics := range []bool{false, true} {
		creator, reasons := daemon.Syncing(failingApp{panics: panics})
		client, err := creator.NewABCIClient()
		if err != nil {
			t.Fatal(err)
		}
		var reactor sync.WaitGroup
		reactor.Go(func() {
			_, err := client.FinalizeBlock(t.Context(), &abci.RequestFinalizeBlock{})
			t.Errorf("CometBFT received the error %v: it panics", err)
		})
		reactor.Wait()
		if why := <-reasons; !strings.Contains(why.Error(), errBroken.Error()) {
			t.Errorf("got %v as the reason of the halt, want %v", why, errBroken)
		}
	}
	client, err := daemon.Connect(failingApp{}).NewABCIClient()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.FinalizeBlock(t.Context(), &abci.RequestFinalizeBlock{}); !errors.Is(err, errBroken) {
		t.Errorf("in consensus, where CometBFT stops by itself: got %v, want %v", err, errBroken)
	}
}

// TestSpace: a full disk is logged once, and once more when there is room again.
func TestSpace(t *testing.T) {
	var said bytes.Buffer
	free := spec.Size(0)
	check := daemon.Space(100*spec.MiB, func(string) (spec.Size, error) { return free, nil }, slog.New(slog.NewTextHandler(&said, nil)))
	for _, step := range []struct {
		free spec.Size // MiB
		want string
	}{
		{100, ""},
		{99, "nearly full"},
		{0, ""},
		{124, ""}, // too little above the bound to be logged
		{99, ""},
		{125, "has enough free space again"},
		{100, ""},
		{99, "nearly full"},
	} {
		said.Reset()
		free = step.free * spec.MiB
		check()
		if got := said.String(); (step.want == "") != (got == "") || !strings.Contains(got, step.want) || got != "" && !strings.Contains(got, "level=WARN") {
			t.Errorf("%s free: logged %q, want %q", free, got, step.want)
		}
	}
}
