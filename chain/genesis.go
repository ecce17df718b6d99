package chain

import (
	"encoding/json"
	"fmt"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/chain/fee"
	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/chain/timelock"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/spec"
)

// Default limits of a block. Without limits one block can hold more work than validators finish
// in time.
const (
	DefaultMaxGas   int64 = 60_000_000
	DefaultMaxBytes int64 = 1 << 20
)

// Genesis describes the start of a chain. Zero limits and parameters stand for the defaults.
type Genesis struct {
	ChainID    string
	Time       time.Time // of the first block
	Accounts   []Account
	Validators []sdk.Tx // each signed by its owner, see [SignValidator]
	Fees       feepb.Params
	Nodes      nodepb.Params
	MaxGas     int64
	MaxBytes   int64

	Votes daopb.Params // rules of votes of chain/dao; zero: the defaults
	Rules daopb.Rules  // rules of votes of x/gov
	// Timelock has delay and grace of passed proposals. Their bounds are the default ones,
	// widened so that they include these values.
	Timelock timelockpb.Params

	// EvidenceAge is the time within which a validator can be accused of two signed blocks at
	// one height, but at least [EvidenceBlocks] blocks; 0: 48 hours. Every validator keeps its
	// blocks that long.
	EvidenceAge time.Duration
}

// EvidenceBlocks is the least number of blocks within which a validator can be accused of two
// signed blocks at one height.
const EvidenceBlocks = 100_000

// Account is an account and its balance at the first block.
type Account struct {
	Address sdk.AccAddress
	Amount  uint64 // uthing
}

// Document returns the genesis document that validators exchange. The supply must be below
// [Cap].
func (g Genesis) Document() (*genutiltypes.AppGenesis, error) {
	if g.ChainID == "" {
		return nil, fmt.Errorf("write the genesis: chain id is empty")
	}
	if g.EvidenceAge > stakingtypes.DefaultUnbondingTime {
		return nil, fmt.Errorf("write the genesis: evidence age %s: want at most %s, the unbonding of validators", g.EvidenceAge, stakingtypes.DefaultUnbondingTime)
	}
	e, err := NewEncoding()
	if err != nil {
		return nil, err
	}
	state := basics().DefaultGenesis(e.Codec)
	if err := g.fund(e.Codec, state); err != nil {
		return nil, fmt.Errorf("write the genesis: %w", err)
	}
	g.rule(e.Codec, state)
	if state, err = genutil.SetGenTxsInAppGenesisState(e.Codec, e.Tx.TxJSONEncoder(), state, g.Validators); err != nil {
		return nil, fmt.Errorf("write the genesis: validators: %w", err)
	}
	if err := basics().ValidateGenesis(e.Codec, e.Tx, state); err != nil {
		return nil, fmt.Errorf("write the genesis: %w", err)
	}
	if err := outlasts(g.nodes(), longest(g.votes(), g.rules(), g.timelock().Params)); err != nil {
		return nil, fmt.Errorf("write the genesis: %w", err)
	}
	raw, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("write the genesis: %w", err)
	}
	doc := genutiltypes.NewAppGenesisWithVersion(g.ChainID, raw)
	doc.GenesisTime = g.Time.UTC()
	params := cmttypes.DefaultConsensusParams()
	params.Block.MaxGas = orDefault(g.MaxGas, DefaultMaxGas)
	params.Block.MaxBytes = orDefault(g.MaxBytes, DefaultMaxBytes)
	params.Evidence.MaxBytes = min(params.Evidence.MaxBytes, params.Block.MaxBytes)
	params.Evidence.MaxAgeNumBlocks = EvidenceBlocks
	params.Evidence.MaxAgeDuration = orDefault(g.EvidenceAge, params.Evidence.MaxAgeDuration)
	doc.Consensus.Params = params
	return doc, doc.ValidateAndComplete()
}

// fund writes the accounts and what they own.
func (g Genesis) fund(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
	var (
		supply   uint64
		accounts []authtypes.GenesisAccount
		balances []banktypes.Balance
	)
	for _, a := range g.Accounts {
		if a.Amount >= Cap-supply {
			return fmt.Errorf("accounts hold more than %s: want less, because that is the cap of the supply", spec.Money(Cap))
		}
		supply += a.Amount
		accounts = append(accounts, authtypes.NewBaseAccount(a.Address, nil, 0, 0))
		balances = append(balances, banktypes.Balance{
			Address: a.Address.String(),
			Coins:   sdk.NewCoins(sdk.NewCoin(Denom, math.NewIntFromUint64(a.Amount))),
		})
	}
	packed, err := authtypes.PackAccounts(accounts)
	if err != nil {
		return err
	}
	authState := authtypes.DefaultGenesisState()
	authState.Accounts = packed
	state[authtypes.ModuleName] = cdc.MustMarshalJSON(authState)

	owned := banktypes.DefaultGenesisState()
	owned.Balances = banktypes.SanitizeGenesisBalances(balances)
	owned.DenomMetadata = []banktypes.Metadata{{
		Description: "the token of Althing",
		Base:        Denom, Display: "thing", Name: "Thing", Symbol: "THING",
		DenomUnits: []*banktypes.DenomUnit{{Denom: Denom}, {Denom: "thing", Exponent: 6}},
	}}
	state[banktypes.ModuleName] = cdc.MustMarshalJSON(owned)
	return nil
}

// livenessWindow is the number of blocks of which a validator must sign half; otherwise it is
// slashed and jailed. With short blocks the SDK's 100 blocks take ten seconds, less than the
// restart of a validator.
const livenessWindow = 10_000

// What a validator loses of all coins that are bonded with it, in percent: for two signed
// blocks at one height, after which it can never sign again, and for signing less than half of
// the window. These are the SDK's values, repeated here so that a later SDK changes nothing.
const (
	doubleSignPercent = 5
	downtimePercent   = 1
	signedPercent     = 50
)

// downtimeJail is the time until a validator that was down may return.
const downtimeJail = 10 * time.Minute

// rule writes the parameters that differ from the SDK's defaults: the token, the liveness
// window, and no headers for other chains.
func (g Genesis) rule(cdc codec.JSONCodec, state map[string]json.RawMessage) {
	bonds := stakingtypes.DefaultGenesisState()
	bonds.Params.BondDenom = Denom
	bonds.Params.UnbondingTime = stakingtypes.DefaultUnbondingTime
	bonds.Params.KeyRotationFee.Denom = Denom
	bonds.Params.HistoricalEntries = 0
	state[stakingtypes.ModuleName] = cdc.MustMarshalJSON(bonds)

	liveness := slashingtypes.DefaultGenesisState()
	liveness.Params.SignedBlocksWindow = livenessWindow
	liveness.Params.MinSignedPerWindow = math.LegacyNewDecWithPrec(signedPercent, 2)
	liveness.Params.SlashFractionDoubleSign = math.LegacyNewDecWithPrec(doubleSignPercent, 2)
	liveness.Params.SlashFractionDowntime = math.LegacyNewDecWithPrec(downtimePercent, 2)
	liveness.Params.DowntimeJailDuration = downtimeJail
	state[slashingtypes.ModuleName] = cdc.MustMarshalJSON(liveness)

	proposals := govv1.DefaultGenesisState()
	asked := g.rules()
	ruled := dao.Ruled(*proposals.Params, asked)
	proposals.Params = &ruled
	state[govtypes.ModuleName] = cdc.MustMarshalJSON(proposals)
	state[dao.Name] = cdc.MustMarshalJSON(&daopb.Genesis{Params: g.votes(), MinVotingSeconds: min(asked.VotingSeconds, dao.MinVoting)})
	state[timelock.Name] = cdc.MustMarshalJSON(g.timelock())

	fees := fee.DefaultParams()
	fees.MinGasPrice = orDefault(g.Fees.MinGasPrice, fees.MinGasPrice)
	state[fee.Name] = cdc.MustMarshalJSON(&feepb.Genesis{Params: fees})

	state[node.Name] = cdc.MustMarshalJSON(&nodepb.Genesis{Params: g.nodes(), Next: 1})
}

// nodes are the parameters of the registry.
func (g Genesis) nodes() nodepb.Params {
	p, d := g.Nodes, node.DefaultParams()
	for _, role := range spec.Roles() {
		of, otherwise := p.Stakes.Of(role), d.Stakes.Of(role)
		of.Min, of.Max = orDefault(of.Min, otherwise.Min), orDefault(of.Max, otherwise.Max)
	}
	p.MaxBond = orDefault(p.MaxBond, min(d.MaxBond, p.Stakes.MostBond()))
	p.UnbondingSeconds, p.JailSeconds = orDefault(p.UnbondingSeconds, d.UnbondingSeconds), orDefault(p.JailSeconds, d.JailSeconds)
	p.MaxSlash = orDefault(p.MaxSlash, d.MaxSlash)
	return p
}

// votes are the parameters of votes that x/gov does not have.
func (g Genesis) votes() daopb.Params {
	if g.Votes == (daopb.Params{}) {
		return dao.DefaultParams()
	}
	return g.Votes
}

// rules are the rules of votes that x/gov keeps.
func (g Genesis) rules() daopb.Rules {
	r, d := g.Rules, dao.DefaultRules()
	r.VotingSeconds, r.DepositSeconds = orDefault(r.VotingSeconds, d.VotingSeconds), orDefault(r.DepositSeconds, d.DepositSeconds)
	r.MinDeposit, r.InitialDeposit = orDefault(r.MinDeposit, d.MinDeposit), orDefault(r.InitialDeposit, d.InitialDeposit)
	r.Quorum, r.Threshold, r.Veto = orDefault(r.Quorum, d.Quorum), orDefault(r.Threshold, d.Threshold), orDefault(r.Veto, d.Veto)
	return r
}

// timelock is the genesis of the timelock, in which passed proposals wait.
func (g Genesis) timelock() *timelockpb.Genesis {
	p, d, b := g.Timelock, timelock.DefaultParams(), timelock.DefaultBounds()
	p.DelaySeconds, p.GraceSeconds = orDefault(p.DelaySeconds, d.DelaySeconds), orDefault(p.GraceSeconds, d.GraceSeconds)
	b.MinDelaySeconds, b.MaxDelaySeconds = min(b.MinDelaySeconds, p.DelaySeconds), max(b.MaxDelaySeconds, p.DelaySeconds)
	b.MinGraceSeconds, b.MaxGraceSeconds = min(b.MinGraceSeconds, p.GraceSeconds), max(b.MaxGraceSeconds, p.GraceSeconds)
	return &timelockpb.Genesis{Params: p, Bounds: b}
}

func orDefault[T int64 | uint32 | uint64 | time.Duration](given, otherwise T) T {
	if given == 0 {
		return otherwise
	}
	return given
}
