package chain

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
)

// Export returns the state at a height as the genesis of a chain that continues it; height 0 is
// the newest one.
//
// That chain begins at the next height, one millisecond after the last block, so all heights and
// times in the state keep their meaning. Its chain id is the same. To continue under another id,
// change only the id in the document: tasks keep theirs, see [spec.Task.Chain].
//
// Nobody may write to the database at the same time.
func (a *App) Export(height int64) (*genutiltypes.AppGenesis, error) {
	doc, err := a.export(height)
	if err != nil {
		return nil, fmt.Errorf("export the chain: %w", err)
	}
	return doc, nil
}

func (a *App) export(height int64) (doc *genutiltypes.AppGenesis, err error) {
	defer func() { // modules panic on stores that they cannot read
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	ctx, err := a.At(height)
	if err != nil {
		return nil, err
	}
	ctx = ctx.WithBlockTime(ctx.BlockTime().Add(time.Millisecond))
	// The state may hold entries that have expired by then, which no genesis may have.
	if err := a.grants.RemoveExpiredAllowances(ctx, math.MaxInt32); err != nil {
		return nil, err
	}
	if err := a.accounts.RemoveExpiredUnorderedNonces(ctx); err != nil {
		return nil, err
	}
	state := make(map[string]json.RawMessage)
	for _, name := range a.modules.OrderExportGenesis {
		if m, ok := a.modules.Modules[name].(interface {
			ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage
		}); ok {
			state[name] = m.ExportGenesis(ctx, a.Codec)
		}
	}
	if state[spentName], err = a.exportSpent(ctx); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	doc = genutiltypes.NewAppGenesisWithVersion(a.ChainID(), raw)
	doc.GenesisTime, doc.InitialHeight = ctx.BlockTime(), ctx.BlockHeight()+1
	params, err := a.consensus.ParamsStore.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the parameters of consensus: %w", err)
	}
	agreed := cmttypes.ConsensusParamsFromProto(params)
	doc.Consensus.Params = &agreed
	if doc.Consensus.Validators, err = staking.WriteValidators(ctx, a.staking); err != nil {
		return nil, fmt.Errorf("list the validators: %w", err)
	}
	return doc, doc.ValidateAndComplete()
}

// CheckGenesis tries a genesis in memory and returns the reason why no chain can begin with it.
func CheckGenesis(doc *genutiltypes.AppGenesis) error {
	if err := validID(doc.ChainID); err != nil {
		return err
	}
	if doc.Consensus == nil {
		return errors.New("parameters of consensus are missing")
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return err
	}
	consensus, err := doc.ToGenesisDoc()
	if err != nil {
		return err
	}
	app, err := New(log.NewNopLogger(), dbm.NewMemDB(), Keep{}, baseapp.SetChainID(doc.ChainID))
	if err != nil {
		return err
	}
	defer app.Close()
	params := consensus.ConsensusParams.ToProto()
	_, err = app.InitChain(&abci.RequestInitChain{
		ChainId: doc.ChainID, Time: doc.GenesisTime, InitialHeight: doc.InitialHeight,
		ConsensusParams: &params, Validators: cmttypes.TM2PB.ValidatorUpdates(cmttypes.NewValidatorSet(validators(consensus))),
		AppStateBytes: doc.AppState,
	})
	return err
}

func validators(doc *cmttypes.GenesisDoc) (list []*cmttypes.Validator) {
	for _, v := range doc.Validators {
		list = append(list, cmttypes.NewValidator(v.PubKey, v.Power))
	}
	return list
}

// validID checks a chain id: statements, blobs and file names must be able to hold it.
func validID(id string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	if id == "" || len(id) > cmttypes.MaxChainIDLen || strings.Trim(id, letters) != "" || id[0] == '.' {
		return fmt.Errorf("chain id %q: want 1 to %d letters, digits, '-', '_' or '.'", id, cmttypes.MaxChainIDLen)
	}
	return nil
}

// At returns the committed state of a height with the time of its block; height 0 is the newest
// one. Writes to it are lost.
func (a *App) At(height int64) (sdk.Context, error) {
	if a.LastBlockHeight() == 0 {
		return sdk.Context{}, errors.New("no block has been made yet")
	}
	if height == 0 {
		height = a.LastBlockHeight()
	}
	if height <= 0 || height > a.LastBlockHeight() {
		return sdk.Context{}, fmt.Errorf("height %d: want 1 to %d, the newest block", height, a.LastBlockHeight())
	}
	stores, err := a.reader.CacheMultiStoreWithVersion(height)
	if err != nil {
		return sdk.Context{}, fmt.Errorf("height %d is not kept any more: %w", height, err)
	}
	ctx := sdk.NewContext(stores, cmtproto.Header{ChainID: a.ChainID(), Height: height}, true, a.Logger())
	clock, err := a.tasks.Clock(ctx)
	if err != nil {
		return sdk.Context{}, err
	}
	return ctx.WithBlockTime(time.UnixMilli(clock.Block).UTC()), nil
}
