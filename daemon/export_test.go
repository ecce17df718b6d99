package daemon

import (
	"context"
	"log/slog"
	"net/http"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	rpcserver "github.com/cometbft/cometbft/rpc/jsonrpc/server"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
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

// Uploads is the policy of an aggregator's blob interface, and what tells it that the
// chain has a new height.
func Uploads(chain role.Records, node uint64) (policy blob.Policy, height func()) {
	records := &recent{chain: chain}
	records.forget()
	return &punctual{Policy: aggregator.Policy{Chain: records, Node: node}, records: records}, records.forget
}

// MaxEarly is how many nodes wait at a time.
const MaxEarly = maxEarly

// OpenJournal opens the journal of a home folder.
func OpenJournal(home string) (role.Journal, error) { return openJournal(home) }

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
const MaxAnswering = maxAnswering
