package daemon_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// TestTwinIsNoticed: a node stops when the registry has a profile that the node did not register,
// or when a round has a commitment of the node that was made while it ran and is not in its
// journal.
func TestTwinIsNoticed(t *testing.T) {
	own := spec.Node{ID: 1, Profile: spec.Profile{Name: "ann"}}
	other := own
	other.Profile.Endpoint = "https://elsewhere.example"
	mine, foreign := spec.Digest{1}, spec.Digest{2}
	round := func(height int64, commitment spec.Digest) spec.Round {
		return spec.Round{Number: 1, Trainers: []spec.Contribution{{Node: 1, Height: height, Commitment: commitment}}}
	}
	for name, c := range map[string]struct {
		registry spec.Node
		journal  map[uint64]spec.Digest
		rounds   []spec.Round // at the heights 20, 21, ...
		want     bool
	}{
		"alone":                        {own, map[uint64]spec.Digest{1: mine}, []spec.Round{round(0, spec.Digest{}), round(21, mine)}, false},
		"another profile":              {other, nil, []spec.Round{{}}, true},
		"left the chain":               {spec.Node{}, nil, []spec.Round{{}}, false},
		"another commitment":           {own, map[uint64]spec.Digest{1: mine}, []spec.Round{round(0, spec.Digest{}), round(21, foreign)}, true},
		"a commitment and no journal":  {own, nil, []spec.Round{round(0, spec.Digest{}), round(21, foreign)}, true},
		"from before the node started": {own, nil, []spec.Round{round(19, mine), round(19, mine)}, false},
	} {
		b := &countingRegistry{nodes: map[uint64]spec.Node{}}
		if c.registry.ID != 0 {
			b.nodes[1] = c.registry
		}
		check := daemon.Watch(b, own, c.journal)
		var err error
		for i, r := range c.rounds {
			if err = check(20+int64(i), duty(7, r)); err != nil {
				break
			}
		}
		if errors.Is(err, daemon.ErrTwin) != c.want || (err != nil) != c.want {
			t.Errorf("%s: got %v, want an error %v", name, err, c.want)
		}
	}
	b := &countingRegistry{nodes: map[uint64]spec.Node{1: own}}
	check := daemon.Watch(b, own, nil)
	for height := range int64(100) {
		if err := check(height+10, duty(7, spec.Round{})); err != nil {
			t.Fatal(err)
		}
	}
	if b.queries != 10 {
		t.Errorf("got %d queries of the registry in 100 blocks, want 10", b.queries)
	}
}

// village starts a chain with one validator, and writes the home folders of an aggregator and of a
// consumer.
func village(t *testing.T) (l daemon.Localnet) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs a whole network")
	}
	l = daemon.Localnet{Dir: t.TempDir(), Chain: "althing-twin", Validators: 1, Commit: 50 * time.Millisecond}
	for name, role := range map[string]spec.Role{"serving": spec.Aggregator, "dialling": spec.Consumer} {
		l.Residents = append(l.Residents, daemon.Resident{
			Config: daemon.NodeConfig{Name: name, Roles: role, Stake: chain.Thing, Slots: 1}, Funds: 10 * chain.Thing, Serves: role == spec.Aggregator,
		})
	}
	if err := l.Write(); err != nil {
		t.Fatal(err)
	}
	validators := startAll(t, []string{l.Home(l.Validator(0))})
	t.Cleanup(func() { stopAll(t, validators) })
	return l
}

// up runs the node of a home folder.
func up(ctx context.Context, t *testing.T, home string) (p *daemon.Participant, ended <-chan error) {
	t.Helper()
	p, err := daemon.OpenParticipant(ctx, home, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() { end <- p.Run(ctx) }()
	return p, end
}

// duplicate copies a home folder and replaces a word in its node.json.
func duplicate(t *testing.T, home, word, by string) string {
	t.Helper()
	twin := filepath.Join(t.TempDir(), "twin")
	if err := os.CopyFS(twin, os.DirFS(home)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(twin, "node.json")
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), word) {
		t.Fatalf("%s holds no %s, %v", path, word, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(b), word, by)), 0o600); err != nil {
		t.Fatal(err)
	}
	return twin
}

// TestAttackTwoHomes: a copy of a home folder is started on another machine. If the first node
// serves blobs, the copy asks it, does not start, and changes nothing in the registry. If the
// first node serves nothing, the copy overwrites its registration; then the first node stops with
// an error.
func TestAttackTwoHomes(t *testing.T) {
	l := village(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()

	serving := l.Home("serving")
	_, first := up(ctx, t, serving)
	config, err := daemon.LoadNode(serving)
	if err != nil {
		t.Fatal(err)
	}
	twin := duplicate(t, serving, config.Listen, ports(t, 1)[0])
	_, err = daemon.OpenParticipant(ctx, twin, slog.New(slog.DiscardHandler))
	if !errors.Is(err, daemon.ErrTwin) || !strings.Contains(err.Error(), "runs already at https://"+config.Listen+": stop it there first") {
		t.Errorf("a copy of a node that runs: %v", err)
	}

	dialling := l.Home("dialling")
	_, older := up(ctx, t, dialling)
	copied, newer := up(ctx, t, duplicate(t, dialling, `"slots": 1`, `"slots": 2`))
	if err := <-older; !errors.Is(err, daemon.ErrTwin) || !strings.Contains(err.Error(), dialling) {
		t.Errorf("a node whose registration was overwritten: %v", err)
	}
	if copied == nil || len(newer) > 0 || len(first) > 0 {
		t.Error("another node has stopped as well")
	}
	stop()
	if err := errors.Join(<-first, <-newer); err != nil {
		t.Error(err)
	}
	if _, first = up(t.Context(), t, serving); len(first) > 0 {
		t.Errorf("the node does not start again after a stop: %v", <-first)
	}
}
