package dao

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/spec"
)

// Bounds of the rules, which no vote can change. Times are in seconds, parts in parts per
// million.
const (
	hour = 3600
	day  = 24 * hour

	maxWarmup  = 7 * day
	maxLate    = 7 * day
	maxOpen    = 100
	MinVoting  = hour // unless the genesis has a smaller value
	maxVoting  = 30 * day
	maxDeposit = 30 * day // period in which the deposit must be completed

	minHigh, maxHigh           = 500_000, 950_000
	minInitial, maxInitial     = 100_000, 1_000_000
	minQuorum, maxQuorum       = 100_000, 500_000
	minThreshold, maxThreshold = 500_000, 900_000
	minVeto, maxVeto           = 100_000, 500_000
)

// DefaultParams counts stake that is at least a day old. If the outcome changes in the last day
// of a vote, the proposal waits a day longer in the timelock.
func DefaultParams() daopb.Params {
	return daopb.Params{WarmupSeconds: day, LateSeconds: day, MaxOpen: 20, HighThreshold: 667_000}
}

// DefaultRules has votes of five days with a quorum of a quarter of all power.
func DefaultRules() daopb.Rules {
	return daopb.Rules{
		VotingSeconds: 5 * day, DepositSeconds: 3 * day, MinDeposit: 1000 * spec.Thing, InitialDeposit: 250_000,
		Quorum: 250_000, Threshold: 500_000, Veto: 334_000,
	}
}

// checkParams reports the first parameter that is out of bounds.
func checkParams(p daopb.Params) error {
	return within([]bound{
		{"warmup_seconds", p.WarmupSeconds, 0, maxWarmup},
		{"late_seconds", p.LateSeconds, 0, maxLate},
		{"max_open", uint64(p.MaxOpen), 1, maxOpen},
		{"high_threshold", uint64(p.HighThreshold), minHigh, maxHigh},
	})
}

// checkRules reports the first rule that is out of bounds. Shortest is the least voting period
// in seconds.
func checkRules(r daopb.Rules, shortest uint64) error {
	return within([]bound{
		{"voting_seconds", r.VotingSeconds, shortest, maxVoting},
		{"deposit_seconds", r.DepositSeconds, 1, maxDeposit},
		{"min_deposit", r.MinDeposit, 1, spec.Cap},
		{"initial_deposit", uint64(r.InitialDeposit), minInitial, maxInitial},
		{"quorum", uint64(r.Quorum), minQuorum, maxQuorum},
		{"threshold", uint64(r.Threshold), minThreshold, maxThreshold},
		{"veto", uint64(r.Veto), minVeto, maxVeto},
	})
}

type bound struct {
	name            string
	is, least, most uint64
}

func within(bounds []bound) error {
	for _, b := range bounds {
		if b.is < b.least || b.is > b.most {
			return ErrParams.Wrapf("%s is %d: want %d to %d", b.name, b.is, b.least, b.most)
		}
	}
	return nil
}

// Ruled returns x/gov's parameters with these rules. No proposal is expedited, but x/gov
// requires values for that, too.
func Ruled(p govv1.Params, r daopb.Rules) govv1.Params {
	part := func(ppm uint32) string { return math.LegacyNewDecWithPrec(int64(ppm), 6).String() }
	coins := func(amount uint64) sdk.Coins {
		return sdk.NewCoins(sdk.NewCoin(spec.Denom, math.NewIntFromUint64(amount)))
	}
	voting, deposit := time.Duration(r.VotingSeconds)*time.Second, time.Duration(r.DepositSeconds)*time.Second
	expedited := voting / 2
	p.VotingPeriod, p.ExpeditedVotingPeriod, p.MaxDepositPeriod = &voting, &expedited, &deposit
	p.MinDeposit, p.ExpeditedMinDeposit = coins(r.MinDeposit), coins(r.MinDeposit*2)
	p.MinInitialDepositRatio = part(r.InitialDeposit)
	p.Quorum, p.VetoThreshold = part(r.Quorum), part(r.Veto)
	p.Threshold, p.ExpeditedThreshold = part(r.Threshold), part(uint32(spec.One))
	return p
}

// rulesOf reads the rules in x/gov's parameters.
func rulesOf(p govv1.Params) (r daopb.Rules, err error) {
	part := func(text string) uint32 {
		d, wrong := math.LegacyNewDecFromStr(text)
		if wrong != nil {
			err = wrong
			return 0
		}
		return uint32(partOf(d))
	}
	r = daopb.Rules{
		VotingSeconds: uint64(*p.VotingPeriod / time.Second), DepositSeconds: uint64(*p.MaxDepositPeriod / time.Second),
		MinDeposit: sdk.Coins(p.MinDeposit).AmountOf(spec.Denom).Uint64(), InitialDeposit: part(p.MinInitialDepositRatio),
		Quorum: part(p.Quorum), Threshold: part(p.Threshold), Veto: part(p.VetoThreshold),
	}
	if err != nil {
		return r, fmt.Errorf("read the rules of proposals: %w", err)
	}
	return r, nil
}

// UpdateParams implements [daopb.MsgServer].
func (k Keeper) UpdateParams(ctx context.Context, msg *daopb.MsgUpdateParams) (*daopb.MsgUpdateParamsResponse, error) {
	if msg.Authority != k.authority {
		return nil, ErrAuthority.Wrapf("authority %q: want %q", msg.Authority, k.authority)
	}
	shortest, err := k.shortest(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkParams(msg.Params); err != nil {
		return nil, err
	}
	if err := checkRules(msg.Rules, shortest); err != nil {
		return nil, err
	}
	gov, err := k.parts.Gov.Params.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the rules of proposals: %w", err)
	}
	gov = Ruled(gov, msg.Rules)
	if err := gov.ValidateBasic(); err != nil {
		return nil, ErrParams.Wrap(err.Error())
	}
	if err := k.params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	if err := k.parts.Gov.Params.Set(ctx, gov); err != nil {
		return nil, err
	}
	return &daopb.MsgUpdateParamsResponse{}, k.parts.Periods(ctx)
}

// shortest returns the least voting period in seconds.
func (k Keeper) shortest(ctx context.Context) (uint64, error) {
	seconds, err := k.minVoting.Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the shortest vote: %w", err)
	}
	if seconds == 0 {
		return MinVoting, nil
	}
	return seconds, nil
}
