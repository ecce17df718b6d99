package daemon

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	rpcserver "github.com/cometbft/cometbft/rpc/jsonrpc/server"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Try lets a worker do what a machine asks for at each of some heights, and returns
// what it reported.
func Try(ctx context.Context, m role.Machine, heights int64) (reported []error) {
	w := worker{
		agenda: role.Agenda{Machines: []role.Machine{m}}, done: make(chan outcome),
		report: func(_ string, err error) { reported = append(reported, err) },
		stops:  map[string]context.CancelFunc{},
	}
	for now := range heights {
		w.handle(ctx, role.Saw{}, now)
		for len(w.stops) > 0 {
			w.ended(<-w.done, now)
		}
	}
	return reported
}

// Uploads is the policy of an aggregator's blob interface, for which every node is
// registered, and what tells it that the chain has a new height.
func Uploads(chain role.Records, node uint64) (policy blob.Policy, height func()) {
	records := &heightCache{chain: chain}
	records.newHeight()
	registered := func(_ context.Context, node uint64) (spec.Node, error) {
		return spec.Node{ID: node, Deposit: spec.Deposit{State: spec.NodeActive}}, nil
	}
	return &waitingPolicy{Policy: aggregator.Policy{Chain: records, Registered: registered, Node: node}, records: records}, records.newHeight
}

// TakeNominees has a node look so many times at the models that its owner wants it to serve.
func TakeNominees(ctx context.Context, home string, s blob.Store, chain role.Records, log *slog.Logger, times int) {
	n := nominees{home: home}
	for range times {
		n.load(ctx, s, chain, log)
	}
}

// MaxEarly is how many nodes wait at a time.
const MaxEarly = maxWaitingNodes

// Registry is what a chain knows of nodes.
type Registry = registry

// Directory is what a node remembers of a registry.
type Directory struct{ directory *directory }

// NewDirectory remembers nothing yet.
func NewDirectory(chain Registry) Directory { return Directory{&directory{chain: chain}} }

// KeyOf implements [blob.Keys].
func (d Directory) KeyOf(ctx context.Context, id uint64) (ed25519.PublicKey, error) {
	return d.directory.KeyOf(ctx, id)
}

// Peer is where a node serves blobs.
func (d Directory) Peer(ctx context.Context, id uint64) (blob.Peer, error) {
	return d.directory.peer(ctx, id)
}

// RefreshKey drops the cached key of a node.
func (d Directory) RefreshKey(id uint64) bool { return d.directory.refreshKey(id) }

// See is told of the rounds of a height.
func (d Directory) See(tasks ...client.Duty) { d.directory.see(tasks) }

// Watch looks, at one height after the other, whether a node with an update in its
// journal, or without, has a twin.
func Watch(chain Registry, n spec.Node, journal map[uint64]spec.Digest) (look func(now int64, tasks ...client.Duty) error) {
	t := &twin{node: n, home: "home", recall: func(_, round uint64) (trainer.Trained, bool, error) {
		commitment, found := journal[round]
		return trainer.Trained{Commitment: commitment}, found, nil
	}}
	return func(now int64, tasks ...client.Duty) error { return t.look(context.Background(), chain, tasks, now) }
}

// Former is what keeps the former keys of a node that starts now, as long as it is said.
func Former(now time.Time) (over func(now time.Time, tasks ...client.Duty) bool) {
	f := &formerKeys{until: now.Add(cacheTime)}
	return func(now time.Time, tasks ...client.Duty) bool { return f.expired(tasks, now) }
}

// ServerLog is where a node's HTTP server says what went wrong.
func ServerLog(l *slog.Logger) *log.Logger { return log.New(serverLog{l}, "", 0) }

// OpenJournal opens the journal of a home folder.
func OpenJournal(home string) (role.Journal, error) { return openJournal(home) }

// Pruning says at which heights a node looks at what it keeps, the first of them given.
func Pruning(first int64) (due func(now int64, short bool) bool) {
	p := pruneSchedule{next: first}
	return p.due
}

// EveryMethod is CometBFT's own RPC interface of a validator, over HTTP and
// websocket.
func EveryMethod(v *Validator) (http.Handler, error) {
	env, err := v.node.ConfigureRPC()
	if err != nil {
		return nil, err
	}
	log, mux := cometLog{Logger: slog.New(slog.DiscardHandler)}, http.NewServeMux()
	sockets := rpcserver.NewWebsocketManager(env.GetRoutes())
	sockets.SetLogger(log)
	mux.HandleFunc("/websocket", sockets.WebsocketHandler)
	rpcserver.RegisterRPCFuncs(mux, env.GetRoutes(), log)
	return mux, nil
}

// HasPeer reports whether a validator is connected with another, or with a stranger.
func (v *Validator) HasPeer(id p2p.ID) bool { return v.node.Switch().Peers().Has(id) }

// Comet is the configuration of CometBFT that follows from a validator's file.
func (c ValidatorConfig) Comet(home string) *config.Config { return c.comet(home) }

// Connect is how a validator's consensus speaks to an application.
func Connect(app abci.Application) proxy.ClientCreator { return connect(app) }

// MaxAnswering is how many questions are answered at a time.
const MaxAnswering = maxQueries

// News is what a node tells of what it sees, of rounds that ended, of its registration
// and of work that ended; each in one line.
type News struct{ news observer }

// OfNode is the news of a node that has looked at a chain without tasks.
func OfNode(node uint64, owner string) *News {
	n := &News{observer{node: node, owner: owner}}
	n.news.compare(chainView{})
	return n
}

// See takes in tasks, and says whose end is yet to be asked for.
func (n *News) See(tasks ...client.Duty) (told []string, ended int) {
	n.news.ended = nil
	told = lines(summarise(n.news.compare(chainView{tasks: tasks})))
	return told, len(n.news.ended)
}

// Ended is how a round ended.
func (n *News) Ended(r spec.Round) string { return lines([]note{n.news.roundEnded(r)})[0] }

// Registered takes in the node's record.
func (n *News) Registered(node spec.Node) []string { return lines(n.news.registered(node)) }

// Done is what is told of work that ended.
func (n *News) Done(e role.Event) []string {
	told, ok := workNote(e, time.Second)
	if !ok {
		return nil
	}
	return lines([]note{told})
}

// TrainWith gives a node another engine before it runs.
func (p *Participant) TrainWith(t train.Trainer) { p.tools.Trainer = t }

// Silence is what is told of a chain second by second: it says something at those of
// which spoke says so.
func Silence(seconds int, spoke func(second int) bool) (told []string) {
	s := outage{event: "silent", endEvent: "back", timeout: unreachableAfter}
	at := func(second int) time.Time { return time.Date(2030, 1, 1, 0, 0, second, 0, time.UTC) }
	heard := at(0)
	for second := range seconds {
		if spoke(second) {
			heard = at(second)
		}
		if n, ok := s.at(at(second), heard); ok {
			told = append(told, fmt.Sprintf("%d: %s", second, lines([]note{n})[0]))
		}
	}
	return told
}

func lines(notes []note) (told []string) {
	for _, n := range notes {
		line := n.event
		for _, a := range n.attrs() {
			line += " " + a.String()
		}
		told = append(told, line)
	}
	return told
}

// TrimWAL deletes old files of a log of consensus.
func TrimWAL(newest string) error { return trimWAL(newest) }

// Syncing is how a validator speaks to an application while it fetches blocks from
// others, and where it says why it halts.
func Syncing(app abci.Application) (proxy.ClientCreator, <-chan error) {
	c := connect(app)
	c.syncing, c.halt = func() bool { return true }, newHalt()
	return c, c.halt
}

// Space watches a disk of which free says how many bytes are free.
func Space(bound spec.Size, free func(string) (spec.Size, error), log *slog.Logger) (look func()) {
	s := diskWatch{home: "home", bound: bound, free: free, log: log}
	return s.look
}

// Draw has a node's noise drawn by somebody else, from other randomness: for audits.
func (p *Participant) Draw(samplers role.Samplers, random io.Reader) {
	p.tools.Samplers, p.tools.Random = samplers, random
}

// Kept is what a node's store has.
func (p *Participant) Kept() blob.Store { return p.tools.Store }

// AlarmFile is what a node leaves in its home folder that found something wrong.
const AlarmFile = alarmFile

// AlarmOf is that of a home folder.
func AlarmOf(home string) role.Alarm { return &alarm{home: home} }

// NoteContradiction writes down what a chain node has heard.
func NoteContradiction(log *slog.Logger, home string, c chain.Contradiction) {
	noteContradiction(log, home, c)
}

// MaxFitted is how many tasks are looked at for one that rows fit.
const MaxFitted = maxFitted

// Fits looks for an open task that rows fit.
func Fits(ctx context.Context, tasks lister, name string, rows role.Rows) error {
	return fits(ctx, tasks, name, rows)
}

// NewFaucet is a faucet that pays from an account, and reads the clock that it is given.
func NewFaucet(config Faucet, account payer, now func() time.Time) http.Handler {
	f := newFaucet(config, func(context.Context) (payer, error) { return account, nil })
	f.now = now
	return f
}
