package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/consensus"
	cmtlog "github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/store"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	sdkslog "cosmossdk.io/log/v2/slog"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/server"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
)

// Validator is a running block validator: a CometBFT node over the chain's
// application, with its network interfaces open. Stop it once.
type Validator struct {
	config ValidatorConfig
	app    *chain.App
	node   *node.Node
	rpc    *http.Server
	halt   halt
	halted atomic.Bool   // Wait has returned ErrHalted
	ended  chan struct{} // closed when consensus has ended and its write-ahead log is closed; nil: consensus is not watched yet
}

// StartValidator runs the validator of a home folder. It returns once the interfaces are open.
// Blocks are made when more than two thirds of the voting power are online; queries of the
// chain's state are answered from the first block on. Errors can be [ErrPortTaken] and
// [ErrOtherChain].
func StartValidator(ctx context.Context, home string) (*Validator, error) {
	c, err := LoadValidator(home)
	if err != nil {
		return nil, err
	}
	v := &Validator{config: c, halt: newHalt()}
	if err := v.start(ctx, c.comet(home)); err != nil {
		return nil, fmt.Errorf("start validator %s: %w", c.Name, err)
	}
	return v, nil
}

func (v *Validator) start(ctx context.Context, comet *config.Config) (err error) {
	defer func() { // CometBFT and the SDK panic where they cannot read or write
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	genesis, err := genutiltypes.AppGenesisFromFile(comet.GenesisFile())
	if err != nil {
		return fmt.Errorf("read the genesis: %w", err)
	}
	if genesis.ChainID != v.config.Chain {
		return fmt.Errorf("%w: %s names chain %q in %s, and %q in its genesis", ErrOtherChain, comet.RootDir, v.config.Chain, validatorFile, genesis.ChainID)
	}
	if err := v.config.checkPorts(ctx); err != nil {
		return err
	}
	if id, err := chainOfBlocks(comet); err != nil {
		return err
	} else if id != "" && id != v.config.Chain {
		return fmt.Errorf("%w: %s names chain %q in %s, and has blocks of %q", ErrOtherChain, comet.RootDir, v.config.Chain, validatorFile, id)
	}
	log, err := v.config.logger()
	if err != nil {
		return err
	}
	faucet, err := v.config.openFaucet(comet.RootDir)
	if err != nil {
		return err
	}
	if v.app, err = openChain(log, comet, v.config.Chain, v.config.keep()); err != nil {
		return err
	}
	v.app.Witness(func(c chain.Contradiction) { noteContradiction(log, comet.RootDir, c) })
	cometLogger, app := cometLog{log, v.halt}, connect(server.NewCometABCIWrapper(v.app))
	if v.node, err = v.config.openNode(ctx, cometLogger, comet, app, genesis); err != nil {
		_ = v.app.Close()
		return err
	}
	app.syncing, app.halt = v.node.ConsensusReactor().WaitSync, v.halt
	err = client.Sleep(ctx, time.Until(genesis.GenesisTime)) // CometBFT would wait even after ctx has ended
	if err == nil {
		err = v.node.Start()
	}
	if err != nil {
		_ = v.app.Close()
		return err
	}
	if err := v.watchConsensus(); err != nil {
		return errors.Join(err, v.Stop())
	}
	if v.rpc, err = serveRPC(v.node, v.config.RPC, *comet.RPC, faucet, cometLogger); err != nil {
		return errors.Join(err, v.Stop())
	}
	return nil
}

// watchConsensus halts the validator when consensus ends, and closes v.ended.
func (v *Validator) watchConsensus() error {
	env, err := v.node.ConfigureRPC()
	if err != nil {
		return err
	}
	state, ok := env.ConsensusState.(*consensus.State)
	if !ok {
		return fmt.Errorf("cannot watch consensus: it is a %T", env.ConsensusState)
	}
	v.ended = make(chan struct{})
	go func() {
		state.Wait()
		v.halt.trigger(errors.New("consensus has stopped"))
		close(v.ended)
	}()
	return nil
}

// Wait returns nil when ctx ends. It returns [ErrHalted] with the reason when the validator has
// halted: the validator then still answers queries, and the caller must stop it. Only one
// goroutine may wait.
func (v *Validator) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case why := <-v.halt:
		v.halted.Store(true)
		return fmt.Errorf("%w: %s: %w", ErrHalted, v.config.Name, why)
	}
}

// Name returns the validator's name.
func (v *Validator) Name() string { return v.config.Name }

// RPC returns the base URL of the validator's RPC interface.
func (v *Validator) RPC() string { return "http://" + v.config.RPC }

// haltGrace is how long Stop waits for a validator that has halted: the part that has failed
// may never end.
const haltGrace = 5 * time.Second

// Stop closes the validator's interfaces and its database, and returns when both are closed.
// Then the home folder can be started again. A validator that has halted may not stop: Stop
// returns an error after [haltGrace], and the process has to end.
func (v *Validator) Stop() error {
	if !v.halted.Load() {
		return v.stop()
	}
	stopped := make(chan error, 1)
	go func() { stopped <- v.stop() }()
	select {
	case err := <-stopped:
		return err
	case <-time.After(haltGrace):
		return fmt.Errorf("stop validator %s: it has not ended after %s", v.config.Name, haltGrace)
	}
}

func (v *Validator) stop() error {
	var errs []error
	if v.rpc != nil {
		errs = append(errs, shutRPC(v.rpc))
	}
	consensusRuns := v.ended != nil && !v.node.ConsensusReactor().WaitSync() // before it has begun, it cannot end
	errs = append(errs, v.node.Stop())
	v.node.Wait()
	if consensusRuns {
		<-v.ended // CometBFT itself does not wait until the write-ahead log is closed
	}
	if err := errors.Join(append(errs, v.app.Close())...); err != nil {
		return fmt.Errorf("stop validator %s: %w", v.config.Name, err)
	}
	return nil
}

// chainOfBlocks returns the id of the chain whose blocks a home folder holds; empty: it holds
// no blocks.
func chainOfBlocks(comet *config.Config) (string, error) {
	db, err := config.DefaultDBProvider(&config.DBContext{ID: "blockstore", Config: comet})
	if err != nil {
		return "", fmt.Errorf("open the blocks in %s: %w", comet.DBDir(), err)
	}
	blocks := store.NewBlockStore(db)
	defer blocks.Close()
	meta := blocks.LoadBaseMeta()
	if meta == nil {
		return "", nil
	}
	return meta.Header.ChainID, nil
}

func openChain(log *slog.Logger, comet *config.Config, id string, keep chain.Keep) (*chain.App, error) {
	db, err := dbm.NewGoLevelDB("application", comet.DBDir(), nil)
	if err != nil {
		return nil, fmt.Errorf("open the database in %s: %w", comet.DBDir(), err)
	}
	app, err := chain.New(sdkslog.NewCustomLogger(log), db, keep, baseapp.SetChainID(id))
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return app, nil
}

func (c ValidatorConfig) openNode(
	ctx context.Context, log cometLog, comet *config.Config, app *connections, genesis *genutiltypes.AppGenesis,
) (*node.Node, error) {
	key, err := p2p.LoadNodeKey(comet.NodeKeyFile())
	if err != nil {
		return nil, fmt.Errorf("read the key for peers: %w", err)
	}
	// CometBFT would end the process if it could not read these files.
	for _, file := range []string{comet.PrivValidatorKeyFile(), comet.PrivValidatorStateFile()} {
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("read the key for blocks: %w", err)
		}
	}
	n, err := node.NewNodeWithContext(ctx, comet,
		privval.LoadFilePV(comet.PrivValidatorKeyFile(), comet.PrivValidatorStateFile()), key,
		app,
		func() (*cmttypes.GenesisDoc, error) { return genesis.ToGenesisDoc() },
		openDatabase, node.DefaultMetricsProvider(comet.Instrumentation), log)
	if err != nil {
		return nil, err
	}
	stores, err := n.ConfigureRPC()
	if err != nil {
		return nil, err
	}
	app.retention = &retention{c.KeepBlocks, stores.BlockStore, stores.StateStore, comet.Consensus.WalFile(), log.Logger}
	return n, nil
}

// cometLog lets CometBFT write to a slog.Logger. It halts the validator when CometBFT logs that
// consensus has stopped.
type cometLog struct {
	*slog.Logger
	halt halt
}

// With implements [cmtlog.Logger].
func (l cometLog) With(pairs ...any) cmtlog.Logger { return cometLog{l.Logger.With(pairs...), l.halt} }

// Error implements [cmtlog.Logger].
func (l cometLog) Error(message string, pairs ...any) {
	l.Logger.Error(message, pairs...)
	if at := slices.Index(pairs, any("err")); message == consensusFailure && at >= 0 && at+1 < len(pairs) {
		l.halt.trigger(fmt.Errorf("consensus has stopped: %v", pairs[at+1]))
	}
}
