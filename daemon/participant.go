package daemon

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/consumer"
	"github.com/althing-network/althing/role/evaluator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Participant is a running node. It registers itself if necessary, serves blobs and
// performs the actions of its roles. It reaches the chain only over RPC, and other nodes
// only over their blob interfaces.
type Participant struct {
	config     NodeConfig
	account    *client.Account
	node       spec.Node
	twin       *twin
	keys       nodeKeys
	formerKeys *formerKeys // nil: no keys were replaced, or the former ones are deleted
	tools      role.Tools
	store      *blob.Dir // of the tools
	chain      *heightCache
	directory  *directory
	server     *http.Server
	shown      atomic.Pointer[tls.Config] // of the blob interface; replaced when former keys end
	uploads    chan struct{}              // signals that an update has arrived
	alarm      *alarm
	nominees   nominees
	log        *slog.Logger
	receipts   aggregator.Receipts
}

// OpenParticipant connects a home folder to its chain.
func OpenParticipant(ctx context.Context, home string, log *slog.Logger) (*Participant, error) {
	return openParticipant(ctx, home, log, func(*client.Client) {})
}

// openParticipant is [OpenParticipant]. It calls answered with its client of the chain as
// soon as the chain has answered.
func openParticipant(ctx context.Context, home string, log *slog.Logger, answered func(*client.Client)) (*Participant, error) {
	config, err := LoadNode(home)
	if err != nil {
		return nil, err
	}
	p := &Participant{config: config, uploads: make(chan struct{}, 1), alarm: &alarm{home: home}, nominees: nominees{home: home}, log: log.With(slog.String("node", config.Name))}
	if p.account, err = openAccount(ctx, home, config, answered); err != nil {
		return nil, err
	}
	if p.keys, err = loadKeys(home); err != nil {
		return nil, err
	}
	file := config.Data.dataFile(home)
	if config.Data.File != "" {
		err = file.Pin()
	}
	if err != nil {
		return nil, fmt.Errorf("node %q: %w", config.Name, err)
	}
	table, err := config.Data.Load(home)
	if err != nil {
		return nil, fmt.Errorf("node %q: %w", config.Name, err)
	}
	if p.store, err = blob.OpenDir(filepath.Join(home, blobFolder)); err != nil {
		return nil, err
	}
	p.store.Limit(config.quota())
	journal, err := openJournal(home)
	if err != nil {
		return nil, err
	}
	local, err := p.account.Local(ctx)
	if err != nil {
		return nil, err
	}
	asks := blob.Client{Chain: config.Chain, HTTP: blob.NewHTTPClient(local)}
	before, err := p.account.NodeByOwner(ctx, p.account.Address())
	switch {
	case err == nil:
		err = checkNotRunning(ctx, asks, before)
	case errors.Is(err, client.ErrNodeNotFound):
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if err := p.checkRowsFit(ctx, before, file.Rows); err != nil {
		return nil, err
	}
	listener, err := p.listen(ctx)
	if err != nil {
		return nil, err
	}
	if p.node, err = p.register(ctx, home, before, table); err != nil {
		if listener != nil {
			_ = listener.Close()
		}
		return nil, err
	}
	if err := p.registerRows(ctx, home, table); err != nil {
		if listener != nil {
			_ = listener.Close()
		}
		return nil, err
	}
	p.chain = &heightCache{chain: p.account.Client}
	p.directory = &directory{chain: p.account.Client}
	p.twin = &twin{node: p.node, home: home, recall: func(task, round uint64) (t trainer.Trained, found bool, err error) {
		found, err = journal.Recall(trainer.TrainKey(task, round), &t)
		return t, found, err
	}}
	if p.keys.former != nil {
		p.formerKeys = &formerKeys{home: home, until: time.Now().Add(cacheTime)}
	}
	owner := config.Data.ownerHome(home)
	asks.Node, asks.Key = p.node.ID, p.keys.transport
	p.tools = role.Tools{
		Node:      p.node.ID,
		Name:      config.Name,
		Send:      send(&client.Outbox{Account: p.account}),
		Committed: p.account.Committed,
		Records:   p.chain,
		Blobs:     blob.Network{Client: asks, Self: p.node.ID, Peer: p.directory.peer, RefreshKey: p.directory.refreshKey, Stalls: &blob.Stalls{}},
		Store:     p.store,
		Journal:   journal,
		Trainer:   train.Engine{},
		Rows:      file.Rows,
		Fitting:   file.Fitting,
		Withhold:  config.Data.Withhold,
		Policy:    &config.Policy,
		Random:    rand.Reader,
		Samplers:  &privacy.Samplers{},
		Alarm:     p.alarm,
		Now:       time.Now,
		Charge: func(ctx context.Context, task spec.Task, r spec.Round) error {
			return p.charge(ctx, owner, task, r)
		},
		Sign: func(_ context.Context, task spec.Task, r spec.Round, update spec.Digest, salt spec.Salt) (spec.Signature, error) {
			return p.sign(owner, task, r, update, salt)
		},
	}
	if listener == nil {
		return p, nil
	}
	if err := p.showKeys(); err != nil {
		_ = listener.Close()
		return nil, err
	}
	p.serve(listener)
	return p, nil
}

// send submits the messages of roles to the chain.
func send(outbox *client.Outbox) func(context.Context, role.Send) error {
	return func(ctx context.Context, s role.Send) error {
		return outbox.Send(ctx, client.Say{Task: s.Task, Input: s.Input})
	}
}

func openAccount(ctx context.Context, home string, config NodeConfig, answered func(*client.Client)) (*client.Account, error) {
	key, err := LoadKey(home)
	if err != nil {
		return nil, err
	}
	chain, err := client.Dial(ctx, config.RPC...)
	if err != nil {
		return nil, err
	}
	answered(chain)
	if chain.Chain() != config.Chain {
		return nil, fmt.Errorf("%w: %s belongs to %s, %s is %s", ErrOtherChain, home, config.Chain, config.RPC[0], chain.Chain())
	}
	for { // a chain answers queries of its state from its first block on
		if height, err := chain.Height(ctx); err != nil || height > 0 {
			return chain.Account(ctx, key)
		}
		if err := client.Sleep(ctx, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// checkRowsFit fails if a node that is not registered yet has rows that fit no open task
// which asks for them. A node that is registered, or whose configuration names a schema,
// only logs it. So does every node if there are more tasks than it checks: otherwise anybody
// could keep nodes from starting by creating tasks that no rows fit.
func (p *Participant) checkRowsFit(ctx context.Context, before spec.Node, rows role.Rows) error {
	if p.config.Data.File == "" {
		return nil
	}
	err := checkFit(ctx, p.account.Client, p.config.Data.Name, rows)
	if wrong, ok := errors.AsType[*Misfit](err); ok && (before.ID > 0 || p.config.Data.Schema != "" || wrong.Undecided) {
		p.log.Error("the rows fit no open task of their data set", slog.Uint64("task", wrong.Task), slog.Any("err", p.config.Data.loggable(wrong.err)))
		return nil
	}
	if err != nil {
		return fmt.Errorf("node %q: %w", p.config.Name, err)
	}
	return nil
}

// register makes the chain's record of the node match its home folder. The record is before
// now; its id is 0 if there is none.
func (p *Participant) register(ctx context.Context, home string, before spec.Node, table data.Table) (spec.Node, error) {
	profile := spec.Profile{
		Name: p.config.Name, Roles: p.config.Roles, Endpoint: p.config.endpoint(),
		Resources: p.config.Resources, Slots: max(1, p.config.Slots), Claimed: p.config.Claimed,
		Capabilities: p.config.Capabilities, Policy: p.config.Policy,
	}
	p.keys.putInto(&profile)
	var err error
	if profile.Holdings, err = p.holdings(ctx, home, before.ID, table); err != nil {
		return spec.Node{}, err
	}
	switch {
	case before.ID == 0:
		_, err = p.account.Send(ctx, client.Register{Profile: profile, Stake: p.config.Stake})
	case !reflect.DeepEqual(before.Profile, profile):
		_, err = p.account.Send(ctx, client.Update{Profile: profile})
	default:
		return before, nil
	}
	if err != nil {
		return spec.Node{}, fmt.Errorf("register node %q: %w", p.config.Name, err)
	}
	event := "registration was updated"
	if before.ID == 0 {
		event = "registered"
	}
	node, err := p.account.NodeByOwner(ctx, p.account.Address())
	if err == nil {
		p.log.Info(event, slog.Uint64("id", node.ID), slog.Uint64("stake_uthing", node.Stake))
	}
	return node, err
}

func (p *Participant) listen(ctx context.Context) (net.Listener, error) {
	if p.config.Listen == "" {
		return nil, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.config.Listen)
	if err != nil {
		return nil, fmt.Errorf("blob interface of node %q: %w: %w", p.config.Name, ErrPortTaken, err)
	}
	return listener, nil
}

// showKeys makes the blob interface present the node's key, and its former key to peers that
// ask for that one.
func (p *Participant) showKeys() error {
	var former []ed25519.PrivateKey
	if p.keys.former != nil {
		former = append(former, p.keys.former)
	}
	shown, err := blob.ServerTLS(p.keys.transport, former...)
	if err != nil {
		return err
	}
	p.shown.Store(shown)
	return nil
}

func (p *Participant) serve(listener net.Listener) {
	handler := &blob.Server{
		Chain: p.config.Chain, Node: p.node.ID, Store: p.tools.Store, Keys: p.directory, RefreshKey: p.directory.refreshKey,
		Policy:  &waitingPolicy{Policy: aggregator.Policy{Chain: p.chain, Registered: p.directory.registered, Node: p.node.ID, Key: p.keys.transport, Payloads: &aggregator.Payloads{Store: p.tools.Store}, Receipts: &p.receipts}, records: p.chain},
		Penalty: time.Second,
		Failed: func(r *http.Request, err error) {
			p.log.Warn("blob interface failed to answer a request", slog.String("path", r.URL.Path), slog.Any("err", err))
		},
		Stored: func(blob.Label) {
			select {
			case p.uploads <- struct{}{}:
			default:
			}
		},
	}
	p.server = blob.NewHTTPServer(handler)
	p.server.ErrorLog = log.New(serverLog{p.log}, "", 0)
	listener = &blob.Door{Listener: listener}
	if strings.HasPrefix(p.config.endpoint(), "https:") {
		listener = tls.NewListener(listener, &tls.Config{
			MinVersion:         tls.VersionTLS13,
			GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return p.shown.Load(), nil },
		})
	}
	go func() {
		if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("blob interface stopped", slog.Any("err", err))
		}
	}()
}

// serverLog receives the error log of an HTTP server. Failed TLS handshakes are logged at
// debug level, so that strangers cannot fill the log.
type serverLog struct{ log *slog.Logger }

// Write implements [io.Writer].
func (l serverLog) Write(line []byte) (int, error) {
	level, text := slog.LevelWarn, strings.TrimSpace(string(line))
	if strings.HasPrefix(text, "http: TLS handshake error") {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, "blob interface reports an error", slog.String("err", text))
	return len(line), nil
}

func (p *Participant) machines() []role.Machine {
	var machines []role.Machine
	if p.config.Roles.Has(spec.Trainer) {
		machines = append(machines, &trainer.Machine{Node: p.node.ID})
	}
	if p.config.Roles.Has(spec.Aggregator) {
		machines = append(machines, &aggregator.Machine{Node: p.node.ID, Liar: p.config.Liar, Receipts: &p.receipts})
	}
	if p.config.Roles.Has(spec.Evaluator) {
		machines = append(machines, &evaluator.Machine{Node: p.node.ID})
	}
	if p.config.Roles.Has(spec.Consumer) {
		machines = append(machines, &consumer.Machine{})
	}
	return machines
}
