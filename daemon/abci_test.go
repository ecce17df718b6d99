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

// slow is an application whose answers end when they are told to.
type slow struct {
	abci.BaseApplication
	began, end chan struct{}
	mu         sync.Mutex
	log        []string
	running    int
	most       int // questions that were answered at a time
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
	s.note("question", 1)
	s.began <- struct{}{}
	<-s.end
	s.note("answer", -1)
	return &abci.ResponseQuery{}, nil
}

func (s *slow) FinalizeBlock(context.Context, *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	s.note("block", 0)
	return &abci.ResponseFinalizeBlock{}, nil
}

func clients(t *testing.T, creator proxy.ClientCreator) (questions, blocks abcicli.Client) {
	t.Helper()
	questions, err := creator.NewABCIClient()
	if err != nil {
		t.Fatal(err)
	}
	blocks, err = creator.NewABCIClient()
	if err != nil {
		t.Fatal(err)
	}
	return questions, blocks
}

// A question that takes long holds up no block. Behind CometBFT's one lock it does.
func TestQuestionsHoldUpNoBlock(t *testing.T) {
	for _, c := range []struct {
		name    string
		connect func(*slow) proxy.ClientCreator
		want    []string
	}{
		{"one lock", func(s *slow) proxy.ClientCreator { return proxy.NewLocalClientCreator(s) }, []string{"question", "answer", "block"}},
		{"ours", func(s *slow) proxy.ClientCreator { return daemon.Connect(s) }, []string{"question", "block", "answer"}},
	} {
		app := newSlow()
		questions, blocks := clients(t, c.connect(app))
		var both sync.WaitGroup
		both.Go(func() { _, _ = questions.Query(t.Context(), &abci.RequestQuery{}) })
		<-app.began
		made := make(chan struct{})
		both.Go(func() {
			_, _ = blocks.FinalizeBlock(t.Context(), &abci.RequestFinalizeBlock{})
			close(made)
		})
		if c.name == "ours" { // the answer comes after the block, or never
			<-made
		}
		close(app.end)
		both.Wait()
		if !slices.Equal(app.log, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, app.log, c.want)
		}
	}
}

// However many ask, few are answered at a time, each in its turn.
func TestFewQuestionsAtATime(t *testing.T) {
	const asked = 50
	app := newSlow()
	questions, _ := clients(t, daemon.Connect(app))
	var asking sync.WaitGroup
	for range asked {
		asking.Go(func() {
			if _, err := questions.Query(t.Context(), &abci.RequestQuery{}); err != nil {
				t.Error(err)
			}
		})
	}
	for range asked {
		<-app.began
		app.end <- struct{}{}
	}
	asking.Wait()
	if app.most > daemon.MaxAnswering {
		t.Errorf("%d questions were answered at a time, want at most %d", app.most, daemon.MaxAnswering)
	}
	// Who gives up waiting is not answered.
	var held sync.WaitGroup
	for range daemon.MaxAnswering {
		held.Go(func() { _, _ = questions.Query(t.Context(), &abci.RequestQuery{}) })
		<-app.began
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := questions.Query(gone, &abci.RequestQuery{}); err == nil {
		t.Error("a question that nobody waits for was answered")
	}
	close(app.end)
	held.Wait()
}
