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

// A validator that cannot write any more halts and says why. Nothing else shows it:
// its chain node lives and answers. When it can write it goes on where it was.
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
		t.Errorf("the chain node does not answer any more (%v): whoever asks it would notice", err)
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
		t.Errorf("the home folder ends with %v, want %v", err, daemon.ErrHalted)
	}
}

// unable is an application of which a block fails.
type unable struct {
	abci.BaseApplication
	panics bool
}

var errBroken = errors.New("input/output error")

func (u unable) FinalizeBlock(context.Context, *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	if u.panics {
		panic(errBroken)
	}
	return nil, errBroken
}

// CometBFT panics where a block that it has fetched fails, and nobody can recover that.
// It must not get as far.
func TestHaltWhileSyncing(t *testing.T) {
	for _, panics := range []bool{false, true} {
		creator, reasons := daemon.Syncing(unable{panics: panics})
		client, err := creator.NewABCIClient()
		if err != nil {
			t.Fatal(err)
		}
		var reactor sync.WaitGroup
		reactor.Go(func() {
			_, err := client.FinalizeBlock(t.Context(), &abci.RequestFinalizeBlock{})
			t.Errorf("CometBFT is told %v, at which it panics", err)
		})
		reactor.Wait()
		if why := <-reasons; !strings.Contains(why.Error(), errBroken.Error()) {
			t.Errorf("halts because %v, want %v", why, errBroken)
		}
	}
	client, err := daemon.Connect(unable{}).NewABCIClient()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.FinalizeBlock(t.Context(), &abci.RequestFinalizeBlock{}); !errors.Is(err, errBroken) {
		t.Errorf("consensus, which stops by itself, is told %v", err)
	}
}

// A full disk is told once, and once when there is room again.
func TestSpace(t *testing.T) {
	var said bytes.Buffer
	free := spec.Size(0)
	look := daemon.Space(100*spec.MiB, func(string) (spec.Size, error) { return free, nil }, slog.New(slog.NewTextHandler(&said, nil)))
	for _, step := range []struct {
		free spec.Size // MiB
		want string
	}{
		{100, ""},
		{99, "nearly full"},
		{0, ""},
		{124, ""}, // about the bound is no news
		{99, ""},
		{125, "has enough free space again"},
		{100, ""},
		{99, "nearly full"},
	} {
		said.Reset()
		free = step.free * spec.MiB
		look()
		if got := said.String(); (step.want == "") != (got == "") || !strings.Contains(got, step.want) || got != "" && !strings.Contains(got, "level=WARN") {
			t.Errorf("%s free: says %q, want %q", free, got, step.want)
		}
	}
}
