package daemon

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/consumer"
	"github.com/althing-network/althing/role/evaluator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Participant is a running node: it registers itself if it has to, serves blobs
// and does what its roles ask for. It knows the chain only through an RPC address
// and other nodes only through their blob interface.
type Participant struct {
	config  NodeConfig
	account *client.Account
	node    spec.Node
	tools   role.Tools
	chain   *recent
	server  *http.Server
	uploads chan struct{} // told of every update that arrives
	log     *slog.Logger
}

// OpenParticipant connects a home folder to its chain.
func OpenParticipant(ctx context.Context, home string, log *slog.Logger) (*Participant, error) {
	config, err := LoadNode(home)
	if err != nil {
		return nil, err
	}
	p := &Participant{config: config, uploads: make(chan struct{}, 1), log: log.With(slog.String("node", config.Name))}
	if p.account, err = openAccount(ctx, home, config); err != nil {
		return nil, err
	}
	keys, err := loadKeys(home)
	if err != nil {
		return nil, err
	}
	table, err := config.Data.read(home)
	if err != nil {
		return nil, err
	}
	store, err := blob.OpenDir(filepath.Join(home, blobFolder))
	if err != nil {
		return nil, err
	}
	journal, err := openJournal(home)
	if err != nil {
		return nil, err
	}
	listener, err := p.listen(ctx)
	if err != nil {
		return nil, err
	}
	if p.node, err = p.register(ctx, keys, table); err != nil {
		if listener != nil {
			_ = listener.Close()
		}
		return nil, err
	}
	p.log = p.log.With(slog.Uint64("id", p.node.ID))
	p.chain = &recent{chain: p.account.Client}
	directory := &directory{chain: p.account.Client}
	p.tools = role.Tools{
		Chain: config.Chain, Node: p.node.ID,
		Send:      send(&client.Outbox{Account: p.account}),
		Committed: p.account.Committed,
		Blobs:     blob.Network{Client: blob.Client{Chain: config.Chain, Node: p.node.ID, Key: keys.transport, HTTP: blob.NewHTTPClient()}, Self: p.node.ID, Peer: directory.peer, Stalls: &blob.Stalls{}},
		Store:     store,
		Journal:   journal,
		Trainer:   train.Engine{},
		Table:     table,
		Random:    rand.Reader,
		Now:       time.Now,
	}
	if listener != nil {
		p.serve(listener, directory)
	}
	return p, nil
}

// send puts what a role says on the chain.
func send(outbox *client.Outbox) func(context.Context, role.Send) error {
	return func(ctx context.Context, s role.Send) error {
		return outbox.Send(ctx, client.Say{Task: s.Task, Input: s.Input})
	}
}

func openAccount(ctx context.Context, home string, config NodeConfig) (*client.Account, error) {
	key, err := LoadKey(home)
	if err != nil {
		return nil, err
	}
	chain, err := client.Dial(ctx, config.RPC...)
	if err != nil {
		return nil, err
	}
	if chain.Chain() != config.Chain {
		return nil, fmt.Errorf("%w: %s belongs to %s, %s is %s", ErrOtherChain, home, config.Chain, config.RPC[0], chain.Chain())
	}
	for { // a chain answers questions about its state from its first block on
		if height, err := chain.Height(ctx); err != nil || height > 0 {
			return chain.Account(ctx, key)
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// read loads the node's rows.
func (r Rows) read(home string) (data.Table, error) {
	if r.File == "" {
		return data.Table{}, nil
	}
	return data.Open(filepath.Join(home, r.File), r.Classes)
}

// register makes the chain's record of the node say what its home folder says.
func (p *Participant) register(ctx context.Context, keys nodeKeys, table data.Table) (spec.Node, error) {
	profile := spec.Profile{
		Name: p.config.Name, Roles: p.config.Roles, Endpoint: p.config.endpoint(), TransportKey: keys.transport.Public().(ed25519.PublicKey),
		SealingKey: keys.sealing.PublicKey().Bytes(),
		Resources:  p.config.Resources, Slots: max(1, p.config.Slots), Claimed: p.config.Claimed,
	}
	if p.config.Data.File != "" {
		profile.Datasets = []spec.Dataset{{Name: p.config.Data.Name, Samples: uint32(table.Rows())}}
	}
	node, err := p.account.NodeByOwner(ctx, p.account.Address())
	switch {
	case errors.Is(err, client.ErrNodeNotFound):
		_, err = p.account.Send(ctx, client.Register{Profile: profile, Stake: p.config.Stake})
	case err == nil && !reflect.DeepEqual(node.Profile, profile):
		_, err = p.account.Send(ctx, client.Update{Profile: profile})
	case err == nil:
		return node, nil
	}
	if err != nil {
		return spec.Node{}, fmt.Errorf("register node %q: %w", p.config.Name, err)
	}
	return p.account.NodeByOwner(ctx, p.account.Address())
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

func (p *Participant) serve(listener net.Listener, keys blob.Keys) {
	handler := &blob.Server{
		Chain: p.config.Chain, Node: p.node.ID, Store: p.tools.Store, Keys: keys,
		Policy: &punctual{Policy: aggregator.Policy{Chain: p.chain, Node: p.node.ID}, records: p.chain},
		Failed: func(r *http.Request, err error) {
			p.log.Warn("request failed", slog.String("path", r.URL.Path), slog.Any("err", err))
		},
		Stored: func(blob.Label) {
			select {
			case p.uploads <- struct{}{}:
			default:
			}
		},
	}
	p.server = blob.NewHTTPServer(handler)
	go func() {
		if err := p.server.Serve(&blob.Door{Listener: listener}); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("blob interface stopped", slog.Any("err", err))
		}
	}()
}

func (p *Participant) machines() []role.Machine {
	var machines []role.Machine
	if p.config.Roles.Has(spec.Trainer) {
		machines = append(machines, &trainer.Machine{Node: p.node.ID})
	}
	if p.config.Roles.Has(spec.Aggregator) {
		machines = append(machines, &aggregator.Machine{Node: p.node.ID, Liar: p.config.Liar})
	}
	if p.config.Roles.Has(spec.Evaluator) {
		machines = append(machines, &evaluator.Machine{Node: p.node.ID})
	}
	if p.config.Roles.Has(spec.Consumer) {
		machines = append(machines, &consumer.Machine{})
	}
	return machines
}
