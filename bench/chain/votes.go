package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/timelockpb"
)

// voteOptions are the values of the flags for votes.
type voteOptions struct {
	votes     int // in one poll
	proposals int // decided one after the other
}

func (o *voteOptions) flags(f *flag.FlagSet) {
	f.IntVar(&o.votes, "votes", 0, "with --proposals: measure a poll with this `number` of votes instead of messages")
	f.IntVar(&o.proposals, "proposals", 0, "with --votes: measure blocks after up to this `number` of decided proposals")
}

// check refuses numbers that are too small, and one flag without the other.
func (o *voteOptions) check() error {
	if o.votes == 0 && o.proposals == 0 || o.votes >= fewVotes && o.proposals >= minProposals {
		return nil
	}
	return fmt.Errorf("--votes %d, --proposals %d: want at least %d and %d", o.votes, o.proposals, fewVotes, minProposals)
}

const (
	fewVotes     = 100 // votes of the small poll
	minProposals = 10
	// A large poll is measured in this number of parts, each with this number of blocks.
	parts, blocksPerPart = 5, 20
	// emptyBlocks is how many empty blocks are measured while no proposal is open.
	emptyBlocks = 500
	// measuredLives is how many proposals are measured after 10, 100, 1000 … decided ones.
	measuredLives = 50
)

// The kinds of measurement of votes.
const (
	whatEmpty      = "empty block"
	whatVote       = "vote"
	whatEnd        = "block that ends a vote"
	whatAfter      = "block that removes votes"
	whatSubmission = "block with a submission"
	whatVoted      = "block with a vote"
	whatExecution  = "block with an execution"
)

// voteRow is the processor time of a message or a block. The time of a block includes Commit.
// A vote, a submission or an execution is measured in blocks without other messages.
type voteRow struct {
	What    string `json:"what"`
	Votes   int    `json:"votes,omitempty"`   // in the poll, including the measured ones
	Decided int    `json:"decided,omitempty"` // proposals decided before
	Samples int    `json:"samples"`
	Gas     int64  `json:"gas,omitempty"` // median
	Median  int64  `json:"median_us"`
	Longest int64  `json:"longest_us"`
}

// sample is the cost of one message or block.
type sample struct{ gas, micros int64 }

func newVoteRow(what string, votes, decided int, samples []sample) voteRow {
	middle := (len(samples) - 1) / 2
	byGas := slices.SortedFunc(slices.Values(samples), func(a, b sample) int { return cmp.Compare(a.gas, b.gas) })
	byTime := slices.SortedFunc(slices.Values(samples), func(a, b sample) int { return cmp.Compare(a.micros, b.micros) })
	return voteRow{
		What: what, Votes: votes, Decided: decided, Samples: len(samples),
		Gas: byGas[middle].gas, Median: byTime[middle].micros, Longest: byTime[len(byTime)-1].micros,
	}
}

// measureVotes measures a small poll, a large poll, and then many proposals.
func measureVotes(ctx context.Context, o voteOptions, l line) (rows []voteRow, err error) {
	l.show("%d voters", o.votes)
	p, err := newPolls(o.votes, longVote)
	if err != nil {
		return nil, err
	}
	empty, err := p.empty(ctx, emptyBlocks)
	if err != nil {
		return nil, err
	}
	rows = append(rows, newVoteRow(whatEmpty, 0, 0, empty))
	for _, votes := range []int{fewVotes, o.votes} {
		more, err := p.poll(ctx, votes, l)
		if err != nil {
			return nil, fmt.Errorf("a poll with %d votes: %w", votes, err)
		}
		rows = append(rows, more...)
	}
	if p, err = newPolls(1, shortVote); err != nil {
		return nil, err
	}
	more, err := p.lives(ctx, o.proposals, l)
	return append(rows, more...), err
}

// How long a poll is open, in seconds. The large poll, with the removal of its votes, takes
// less than five minutes of network time: after that, blocks in which the chain removes
// expired transactions would cost more.
const (
	longVote  = 200
	shortVote = 1
)

// How long a passed proposal waits, and how long it may be executed after that, in seconds.
const delay, grace = 1, 3600

// polls is a chain on which accounts vote.
type polls struct {
	*network
	validator account
	voters    []account // each has one THING bonded
	submitted uint64    // proposals so far, which is also the number of the newest
}

// newPolls starts a chain with a number of voters, on which a poll is open for some seconds.
func newPolls(voters int, seconds uint64) (*polls, error) {
	accounts := []account{newAccount("validator", 0)}
	for i := range voters {
		accounts = append(accounts, newAccount(fmt.Sprint("voter ", i), len(accounts)))
	}
	bond := uint64(voters+1) * chain.Thing
	const fees = 3 * chain.Thing
	g, err := newGenesis(accounts, fees, bond)
	if err != nil {
		return nil, err
	}
	const expenses = 10_000 * chain.Thing // deposits and fees
	g.Accounts[0].Amount = bond + expenses
	g.Votes = dao.DefaultParams()
	g.Votes.LateSeconds = 0
	g.Rules.VotingSeconds, g.Rules.DepositSeconds, g.Rules.MinDeposit = seconds, seconds, chain.Thing
	g.Timelock = timelockpb.Params{DelaySeconds: delay, GraceSeconds: grace}
	n, err := startNetwork(g)
	if err != nil {
		return nil, err
	}
	n.gas = 2_000_000
	p := &polls{network: n, validator: accounts[0], voters: accounts[1:]}
	return p, p.share()
}

// share moves one THING of the validator's bond to each voter, directly in the store. With
// messages this would take longer than the votes.
func (p *polls) share() error {
	stores, err := p.stores()
	if err != nil {
		return err
	}
	store := p.app.CommitMultiStore().GetKVStore(stores[stakingtypes.StoreKey])
	validator := sdk.ValAddress(p.validator.address())
	var own stakingtypes.Delegation
	raw := store.Get(stakingtypes.GetDelegationKey(p.validator.address(), validator))
	if err := proto.Unmarshal(raw, &own); err != nil || raw == nil {
		return fmt.Errorf("the store has no bond of the validator under the expected key: %w", err)
	}
	set := func(d stakingtypes.Delegation, a account) error {
		raw, err := proto.Marshal(&d)
		store.Set(stakingtypes.GetDelegationKey(a.address(), validator), raw)
		store.Set(stakingtypes.GetDelegationsByValKey(validator, a.address()), []byte{})
		return err
	}
	each := math.LegacyNewDec(int64(chain.Thing))
	for _, a := range p.voters {
		d := stakingtypes.Delegation{DelegatorAddress: a.owner(), ValidatorAddress: own.ValidatorAddress, Shares: each}
		if err := set(d, a); err != nil {
			return err
		}
		own.Shares = own.Shares.Sub(each)
	}
	if err := set(own, p.validator); err != nil {
		return err
	}
	_, err = p.block()
	return err
}

// send runs a block with one message of an account.
func (p *polls) send(a account, msg sdk.Msg) (sample, error) {
	tx, err := p.sign(a, paid, msg)
	if err != nil {
		return sample{}, err
	}
	c, micros, err := p.timed(tx)
	return sample{c.gas, micros}, err
}

// submit runs a block in which the validator proposes the present gas price, with the whole
// deposit.
func (p *polls) submit() (sample, error) {
	price := &feepb.MsgUpdateParams{
		Authority: authtypes.NewModuleAddress(govtypes.ModuleName).String(),
		Params:    feepb.Params{MinGasPrice: 25},
	}
	deposit := sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, int64(chain.Thing)))
	msg, err := govv1.NewMsgSubmitProposal([]sdk.Msg{price}, deposit, p.validator.owner(), "", "A price", "The price of gas.", false)
	if err != nil {
		return sample{}, err
	}
	p.submitted++
	return p.send(p.validator, msg)
}

// empty measures empty blocks.
func (p *polls) empty(ctx context.Context, blocks int) (samples []sample, err error) {
	for range blocks {
		_, micros, err := p.timed()
		if err := errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		samples = append(samples, sample{micros: micros})
	}
	return samples, nil
}

// poll measures votes, the block that ends the poll, and the blocks that remove its votes.
func (p *polls) poll(ctx context.Context, votes int, l line) (rows []voteRow, err error) {
	if _, err := p.submit(); err != nil {
		return nil, err
	}
	ends := p.now.Add(longVote * time.Second)
	voted, blocks := 0, parts*blocksPerPart
	if votes == fewVotes {
		blocks = 1 // so that a block has about as many votes as in a large poll
	}
	var samples []sample
	for i := 1; i <= blocks; i++ {
		l.show("a poll with %d votes: %d", votes, voted)
		s, err := p.vote(p.voters[voted : i*votes/blocks])
		if err := errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		voted = i * votes / blocks
		if samples = append(samples, s); i%blocksPerPart == 0 || i == blocks {
			rows = append(rows, newVoteRow(whatVote, voted, 0, samples))
			samples = nil
		}
	}
	p.now = ends.Add(-2 * p.pause)
	if _, err := p.block(); err != nil { // the next one ends the poll
		return nil, err
	}
	end, err := p.empty(ctx, 1)
	if err != nil {
		return nil, err
	}
	if err := p.ended(votes); err != nil {
		return nil, err
	}
	l.show("a poll with %d votes: they are removed", votes)
	var after []sample
	for left := true; left; {
		more, err := p.empty(ctx, 1)
		if err != nil {
			return nil, err
		}
		after = append(after, more...)
		if left, err = p.left(); err != nil {
			return nil, err
		}
	}
	return append(rows, newVoteRow(whatEnd, votes, 0, end), newVoteRow(whatAfter, votes, 0, after)), nil
}

// vote runs a block in which some accounts vote yes, and returns the cost per vote.
func (p *polls) vote(voters []account) (sample, error) {
	var txs [][]byte
	for _, a := range voters {
		tx, err := p.sign(a, paid, ballot(a, p.submitted))
		if err != nil {
			return sample{}, err
		}
		txs = append(txs, tx)
	}
	c, micros, err := p.timed(txs...)
	return sample{c.gas / int64(len(txs)), micros / int64(len(txs))}, err
}

// ended checks that the poll has just ended and that all votes were counted.
func (p *polls) ended(votes int) error {
	var res daopb.QueryPollResponse
	if err := p.ask("/althing.dao.v1.Query/Poll", &daopb.QueryPoll{Proposal: p.submitted}, &res); err != nil {
		return err
	}
	if got := res.Poll; got.Ended != p.height || got.Tally.Voters != uint64(votes) {
		return fmt.Errorf("the poll ended at height %d with %d votes: want %d with %d", got.Ended, got.Tally.Voters, p.height, votes)
	}
	return nil
}

// left reports whether the store still has a vote.
func (p *polls) left() (bool, error) {
	stores, err := p.stores()
	if err != nil {
		return false, err
	}
	const votes = 4 // key prefix of votes
	all := p.app.CommitMultiStore().GetKVStore(stores[dao.Name]).Iterator([]byte{votes}, []byte{votes + 1})
	left := all.Valid()
	return left, errors.Join(all.Error(), all.Close())
}

// lives runs proposals one after the other: each is submitted, decided and executed. After 10,
// 100, 1000 … proposals it measures the next ones.
func (p *polls) lives(ctx context.Context, proposals int, l line) (rows []voteRow, err error) {
	decided := 0
	for stop := minProposals; stop <= proposals; stop *= 10 {
		for ; decided < stop; decided++ {
			l.show("%d proposals of %d", decided, proposals)
			if err := p.life(ctx, map[string][]sample{}); err != nil {
				return nil, fmt.Errorf("proposal %d: %w", p.submitted, err)
			}
		}
		samples := map[string][]sample{}
		for range measuredLives {
			if err := p.life(ctx, samples); err != nil {
				return nil, fmt.Errorf("proposal %d: %w", p.submitted, err)
			}
		}
		for _, what := range []string{whatEmpty, whatSubmission, whatVoted, whatEnd, whatExecution} {
			rows = append(rows, newVoteRow(what, 0, stop, samples[what]))
		}
		decided += measuredLives
	}
	return rows, nil
}

// life runs one proposal, which passes by the validator's vote. The blocks that are not
// measured distribute the fees of the block before.
func (p *polls) life(ctx context.Context, samples map[string][]sample) error {
	const soon, later = 100 * time.Millisecond, max(shortVote, delay) * time.Second
	silent := func() (sample, error) {
		_, micros, err := p.timed()
		return sample{micros: micros}, err
	}
	for _, step := range []struct {
		what  string // empty: not measured
		pause time.Duration
		do    func() (sample, error)
	}{
		{whatSubmission, soon, p.submit},
		{"", soon, silent},
		{whatVoted, soon, func() (sample, error) { return p.send(p.validator, ballot(p.validator, p.submitted)) }},
		{"", soon, silent},
		{whatEnd, later, silent},
		{"", later, silent}, // this block removes the vote
		{whatEmpty, later, silent},
		{whatExecution, soon, func() (sample, error) {
			return p.send(p.validator, &timelockpb.MsgExecute{Sender: p.validator.owner(), Proposal: p.submitted})
		}},
		{"", soon, silent},
		{whatEmpty, soon, silent},
	} {
		p.pause = step.pause
		s, err := step.do()
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if step.what != "" {
			samples[step.what] = append(samples[step.what], s)
		}
	}
	return nil
}

// ballot is a vote for a proposal.
func ballot(voter account, proposal uint64) sdk.Msg {
	return govv1.NewMsgVote(voter.address(), proposal, govv1.OptionYes, "")
}
