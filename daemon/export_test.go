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

// Try runs what a machine asks for at each of some heights and returns the errors that were
// reported.
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

// Uploads returns the policy of an aggregator's blob interface, for which every node is
// registered, and a function that tells it of a new height of the chain.
func Uploads(chain role.Records, node uint64) (policy blob.Policy, height func()) {
	records := &heightCache{chain: chain}
	records.newHeight()
	registered := func(_ context.Context, node uint64) (spec.Node, error) {
		return spec.Node{ID: node, Deposit: spec.Deposit{State: spec.NodeActive}}, nil
	}
	return &waitingPolicy{Policy: aggregator.Policy{Chain: records, Registered: registered, Node: node}, records: records}, records.newHeight
}

// TakeNominees makes a node check several times which models its owner wants it to serve.
func TakeNominees(ctx context.Context, home string, s blob.Store, chain role.Records, log *slog.Logger, times int) {
	n := nominees{home: home}
	for range times {
		n.load(ctx, s, chain, log)
	}
}

// MaxEarly limits the nodes that wait at the same time.
const MaxEarly = maxWaitingNodes

// Registry answers queries about nodes.
type Registry = registry

// Directory is a node's cache of a registry.
type Directory struct{ directory *directory }

// NewDirectory returns an empty cache.
func NewDirectory(chain Registry) Directory { return Directory{&directory{chain: chain}} }

// KeyOf implements [blob.Keys].
func (d Directory) KeyOf(ctx context.Context, id uint64) (ed25519.PublicKey, error) {
	return d.directory.KeyOf(ctx, id)
}

// Peer returns where a node serves blobs.
func (d Directory) Peer(ctx context.Context, id uint64) (blob.Peer, error) {
	return d.directory.peer(ctx, id)
}

// RefreshKey drops the cached key of a node.
func (d Directory) RefreshKey(id uint64) bool { return d.directory.refreshKey(id) }

// See takes in the rounds of a height.
func (d Directory) See(tasks ...client.Duty) { d.directory.see(tasks) }

// Watch returns a function that checks at a height whether another process runs with the key of
// a node. The journal holds the commitments of the node's own updates by round.
func Watch(chain Registry, n spec.Node, journal map[uint64]spec.Digest) (check func(now int64, tasks ...client.Duty) error) {
	t := &twin{node: n, home: "home", recall: func(_, round uint64) (trainer.Trained, bool, error) {
		commitment, found := journal[round]
		return trainer.Trained{Commitment: commitment}, found, nil
	}}
	return func(now int64, tasks ...client.Duty) error { return t.look(context.Background(), chain, tasks, now) }
}

// Former returns a function that reports whether the former keys of a node, which has started
// at now, have expired.
func Former(now time.Time) (expired func(now time.Time, tasks ...client.Duty) bool) {
	f := &formerKeys{until: now.Add(cacheTime)}
	return func(now time.Time, tasks ...client.Duty) bool { return f.expired(tasks, now) }
}

// ServerLog returns the error log of a node's HTTP server.
func ServerLog(l *slog.Logger) *log.Logger { return log.New(serverLog{l}, "", 0) }

// OpenJournal opens the journal of a home folder.
func OpenJournal(home string) (role.Journal, error) { return openJournal(home) }

// Pruning returns a function that reports whether a node prunes at a height. The first such
// height is given.
func Pruning(first int64) (due func(now int64, short bool) bool) {
	p := pruneSchedule{next: first}
	return p.due
}

// EveryMethod returns CometBFT's own RPC interface of a validator, with all its methods, over
// HTTP and websocket.
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

// HasPeer reports whether a validator is connected with a peer.
func (v *Validator) HasPeer(id p2p.ID) bool { return v.node.Switch().Peers().Has(id) }

// Comet returns the configuration of CometBFT that follows from a validator's file.
func (c ValidatorConfig) Comet(home string) *config.Config { return c.comet(home) }

// Connect returns the connections of a validator's consensus to an application.
func Connect(app abci.Application) proxy.ClientCreator { return connect(app) }

// MaxQueries limits the queries that are answered at the same time.
const MaxQueries = maxQueries

// News makes the log lines of a node: about tasks, rounds that ended, its registration and work
// that ended.
type News struct{ news observer }

// OfNode returns the news of a node that has seen a chain without tasks.
func OfNode(node uint64, owner string) *News {
	n := &News{observer{node: node, owner: owner}}
	n.news.compare(chainView{})
	return n
}

// See takes in tasks. It returns the log lines, and the number of tasks whose end has to be
// queried.
func (n *News) See(tasks ...client.Duty) (told []string, ended int) {
	n.news.ended = nil
	told = lines(summarise(n.news.compare(chainView{tasks: tasks})))
	return told, len(n.news.ended)
}

// Ended returns the log line for a round that has ended.
func (n *News) Ended(r spec.Round) string { return lines([]note{n.news.roundEnded(r)})[0] }

// Registered takes in the node's record and returns the log lines.
func (n *News) Registered(node spec.Node) []string { return lines(n.news.registered(node)) }

// Done returns the log lines for work that has ended.
func (n *News) Done(e role.Event) []string {
	told, ok := workNote(e, time.Second)
	if !ok {
		return nil
	}
	return lines([]note{told})
}

// TrainWith replaces a node's training engine before the node runs.
func (p *Participant) TrainWith(t train.Trainer) { p.tools.Trainer = t }

// Silence returns the log lines about a chain, each with its second. The chain answers in the
// seconds for which answers is true.
func Silence(seconds int, answers func(second int) bool) (told []string) {
	s := outage{event: "silent", endEvent: "back", timeout: unreachableAfter}
	at := func(second int) time.Time { return time.Date(2030, 1, 1, 0, 0, second, 0, time.UTC) }
	lastAnswer := at(0)
	for second := range seconds {
		if answers(second) {
			lastAnswer = at(second)
		}
		if n, ok := s.at(at(second), lastAnswer); ok {
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

// TrimWAL deletes old files of consensus' write-ahead log.
func TrimWAL(newest string) error { return trimWAL(newest) }

// Syncing returns the connections of a validator to an application while it fetches blocks from
// others, and a channel that receives the reason why it halts.
func Syncing(app abci.Application) (proxy.ClientCreator, <-chan error) {
	c := connect(app)
	c.syncing, c.halt = func() bool { return true }, newHalt()
	return c, c.halt
}

// Space returns a function that checks the free space of a disk, which free returns.
func Space(bound spec.Size, free func(string) (spec.Size, error), log *slog.Logger) (check func()) {
	s := diskWatch{home: "home", bound: bound, free: free, log: log}
	return s.look
}

// Draw replaces the samplers and the randomness of a node's noise, for audits.
func (p *Participant) Draw(samplers role.Samplers, random io.Reader) {
	p.tools.Samplers, p.tools.Random = samplers, random
}

// Kept returns a node's store of blobs.
func (p *Participant) Kept() blob.Store { return p.tools.Store }

// AlarmFile is the file in its home folder that a node writes when a check of its noise failed.
const AlarmFile = alarmFile

// AlarmOf returns the alarm of a home folder.
func AlarmOf(home string) role.Alarm { return &alarm{home: home} }

// NoteContradiction writes down a contradiction that a chain node has received.
func NoteContradiction(log *slog.Logger, home string, c chain.Contradiction) {
	noteContradiction(log, home, c)
}

// MaxTasksTried limits the tasks that rows are compared with.
const MaxTasksTried = maxTasksTried

// CheckFit compares rows with the open tasks of a data set.
func CheckFit(ctx context.Context, tasks taskLister, name string, rows role.Rows) error {
	return checkFit(ctx, tasks, name, rows)
}

// NewFaucet returns a faucet that pays from an account and reads the time from now.
func NewFaucet(config Faucet, account payer, now func() time.Time) http.Handler {
	f := newFaucet(config, func(context.Context) (payer, error) { return account, nil })
	f.now = now
	return f
}
