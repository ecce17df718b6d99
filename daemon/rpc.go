package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/pubsub"
	"github.com/cometbft/cometbft/node"
	rpcserver "github.com/cometbft/cometbft/rpc/jsonrpc/server"

	"github.com/althing-network/althing/blob"
)

// rpcGrace is how long requests under way may take when a validator stops.
const rpcGrace = time.Second

// rpcPerAddress is how many connections one IP address may have to a validator's RPC
// interface. Nodes that share an address have two or three connections each.
const rpcPerAddress = 64

// serveRPC opens a node's RPC interface: the [offered] methods as JSON-RPC over HTTP,
// and at /websocket. It replaces CometBFT's own server for two reasons. It can be closed,
// while CometBFT keeps answering on open connections from databases that it has closed. And
// at the maximum number of connections it closes idle ones to accept new ones, while CometBFT
// accepts none. A faucet, if there is one, is served beside these methods.
func serveRPC(n *node.Node, address string, comet config.RPCConfig, faucet *faucet, log cometLog) (*http.Server, error) {
	env, err := n.ConfigureRPC()
	if err != nil {
		return nil, err
	}
	limits := rpcserver.DefaultConfig()
	limits.MaxRequestBatchSize = comet.MaxRequestBatchSize
	limits.MaxBodyBytes = comet.MaxBodyBytes
	limits.MaxHeaderBytes = comet.MaxHeaderBytes
	limits.MaxOpenConnections = comet.MaxOpenConnections
	limits.WriteTimeout = max(limits.WriteTimeout, comet.TimeoutBroadcastTxCommit+time.Second)

	routes := offered(env)
	sockets := rpcserver.NewWebsocketManager(routes,
		rpcserver.OnDisconnect(func(remote string) {
			err := n.EventBus().UnsubscribeAll(context.Background(), remote)
			if err != nil && !errors.Is(err, pubsub.ErrSubscriptionNotFound) {
				log.Error("unsubscribe", slog.String("remote", remote), slog.Any("err", err))
			}
		}),
		rpcserver.ReadLimit(limits.MaxBodyBytes),
		rpcserver.WriteChanCapacity(comet.WebSocketWriteBufferSize),
	)
	sockets.SetLogger(log)
	mux := http.NewServeMux()
	mux.HandleFunc("/websocket", sockets.WebsocketHandler)
	rpcserver.RegisterRPCFuncs(mux, routes, log)

	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPortTaken, err)
	}
	paths := http.NewServeMux()
	paths.Handle("/", rpcserver.PreChecksHandler(rpcserver.RecoverAndLogHandler(mux, log), limits))
	if faucet != nil {
		paths.Handle(faucetPath, faucet)
	}
	server := blob.NewHTTPServer(paths)
	server.ReadTimeout, server.WriteTimeout = limits.ReadTimeout, limits.WriteTimeout
	door := &blob.Door{Listener: listener, MaxConnections: limits.MaxOpenConnections, PerAddress: rpcPerAddress}
	go func() {
		if err := server.Serve(door); !errors.Is(err, http.ErrServerClosed) {
			log.halt.trigger(fmt.Errorf("rpc interface is down: %w", err))
		}
	}()
	return server, nil
}

// shut closes an RPC interface and its connections.
func shut(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), rpcGrace)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	} else if err != nil {
		return err
	}
	return nil
}
