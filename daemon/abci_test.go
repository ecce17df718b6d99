package daemon_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	abcicli "github.com/cometbft/cometbft/abci/client"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/proxy"

	"github.com/althing-network/althing/daemon"
)

// slow is an application whose queries take until end is closed or receives a value.
type slow struct {
	abci.BaseApplication
	began, end chan struct{}
	mu         sync.Mutex
	log        []string
	running    int
	most       int // largest number of queries that were answered at the same time
}

func newSlow() *slow { return &slow{began: make(chan struct{}, 100), end: make(chan struct{})} }

func (s *slow) note(what string, running int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running += running
	s.most = max(s.most, s.running)
	s.log = append(s.log, what)
}

func (s *slow) Query(context.Context, *abci.RequestQuery) (*abci.ResponseQuery, error) {
	s.note("query", 1)
	s.began <- struct{}{}
	<-s.end
	s.note("answer", -1)
	return &abci.ResponseQuery{}, nil
}

func (s *slow) FinalizeBlock(context.Context, *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	s.note("block", 0)
	return &abci.ResponseFinalizeBlock{}, nil
}

func clients(t *testing.T, creator proxy.ClientCreator) (queries, blocks abcicli.Client) {
	t.Helper()
	queries, err := creator.NewABCIClient()
	if err != nil {
		t.Fatal(err)
	}
	blocks, err = creator.NewABCIClient()
	if err != nil {
		t.Fatal(err)
	}
	return queries, blocks
}

// TestSlowQueryDelaysNoBlock: a slow query does not delay a block. With CometBFT's single lock
// for queries and blocks it does.
func TestSlowQueryDelaysNoBlock(t *testing.T) {
	for _, c := range []struct {
		name    string
		connect func(*slow) proxy.ClientCreator
		want    []string
	}{
		{"one lock", func(s *slow) proxy.ClientCreator { return proxy.NewLocalClientCreator(s) }, []string{"query", "answer", "block"}},
		{"ours", func(s *slow) proxy.ClientCreator { return daemon.Connect(s) }, []string{"query", "block", "answer"}},
	} {
		app := newSlow()
		queries, blocks := clients(t, c.connect(app))
		var both sync.WaitGroup
		both.Go(func() { _, _ = queries.Query(t.Context(), &abci.RequestQuery{}) })
		<-app.began
		made := make(chan struct{})
		both.Go(func() {
			_, _ = blocks.FinalizeBlock(t.Context(), &abci.RequestFinalizeBlock{})
			close(made)
		})
		if c.name == "ours" { // the query is answered after the block
			<-made
		}
		close(app.end)
		both.Wait()
		if !slices.Equal(app.log, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, app.log, c.want)
		}
	}
}

// TestConcurrentQueriesAreLimited: many queries arrive at once, and at most MaxQueries are
// answered at the same time. The others wait for their turn.
func TestConcurrentQueriesAreLimited(t *testing.T) {
	const sent = 50
	app := newSlow()
	queries, _ := clients(t, daemon.Connect(app))
	var asking sync.WaitGroup
	for range sent {
		asking.Go(func() {
			if _, err := queries.Query(t.Context(), &abci.RequestQuery{}); err != nil {
				t.Error(err)
			}
		})
	}
	for range sent {
		<-app.began
		app.end <- struct{}{}
	}
	asking.Wait()
	if app.most > daemon.MaxQueries {
		t.Errorf("%d queries were answered at the same time, want at most %d", app.most, daemon.MaxQueries)
	}
	// A query whose caller has given up waiting is not answered.
	var held sync.WaitGroup
	for range daemon.MaxQueries {
		held.Go(func() { _, _ = queries.Query(t.Context(), &abci.RequestQuery{}) })
		<-app.began
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := queries.Query(gone, &abci.RequestQuery{}); err == nil {
		t.Error("a query was answered although its caller has given up")
	}
	close(app.end)
	held.Wait()
}
