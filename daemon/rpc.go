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

// rpcGrace is how long a validator that stops waits for requests that it is answering.
const rpcGrace = time.Second

// rpcPerAddress limits the connections from one IP address to a validator's RPC interface.
// Several nodes may share an address; each has two or three connections.
const rpcPerAddress = 64

// serveRPC opens a validator's RPC interface: the [offered] methods as JSON-RPC, over HTTP and
// at /websocket, and the faucet, if it is not nil. CometBFT's own RPC server is not used, for
// two reasons. When it stops, it still answers on open connections, from databases that are
// closed. And when idle connections have reached its limit, it accepts nobody else; here an
// idle connection is closed to make room.
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
			log.halt.trigger(fmt.Errorf("RPC interface has stopped: %w", err))
		}
	}()
	return server, nil
}

// shutRPC closes an RPC interface and its connections.
func shutRPC(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), rpcGrace)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	} else if err != nil {
		return err
	}
	return nil
}
