package fee

import (
	"math"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
)

// freePart divides a block's gas: free transactions may use at most one half of it.
const freePart = 2

// Share limits free transactions to their part of a block, so that they cannot crowd out
// paying ones. It does not check whether a free transaction is owed.
type Share struct {
	Keeper
	Decode sdk.TxDecoder
}

// candidate is a transaction that may enter a block.
type candidate struct {
	place int    // index among all transactions, the oldest first
	turn  int    // index among the free ones of its account
	gas   uint64 // gas limit
	bytes int64
	free  bool
}

// Prepare chooses the transactions of a block: the first free one of each account, then the
// second of each, until their part is full; then paying ones, the oldest first. In the block
// they keep the order in which they arrived.
func (s Share) Prepare(ctx sdk.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	price, err := s.GasPrice(ctx)
	if err != nil {
		return nil, err
	}
	var free, paying []candidate
	turns := map[string]int{}
	for place, raw := range req.Txs {
		tx, ok := s.decode(raw)
		if !ok {
			continue
		}
		c := candidate{place: place, gas: tx.GetGas(), bytes: cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{raw}), free: !pays(tx, price)}
		if !c.free {
			paying = append(paying, c)
			continue
		}
		who := account(tx)
		c.turn, turns[who] = turns[who], turns[who]+1
		free = append(free, c)
	}
	slices.SortStableFunc(free, func(a, b candidate) int { return a.turn - b.turn })
	gas, bytes := blockGas(ctx), req.MaxTxBytes
	freeGas := gas / freePart
	var chosen []int
	for _, c := range slices.Concat(free, paying) {
		if c.gas > gas || c.bytes > bytes || c.free && c.gas > freeGas {
			continue
		}
		gas, bytes = gas-c.gas, bytes-c.bytes
		if c.free {
			freeGas -= c.gas
		}
		chosen = append(chosen, c.place)
	}
	slices.Sort(chosen)
	res := &abci.ResponsePrepareProposal{}
	for _, place := range chosen {
		res.Txs = append(res.Txs, req.Txs[place])
	}
	return res, nil
}

// Process refuses a block in which free transactions have more than their part.
func (s Share) Process(ctx sdk.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	price, err := s.GasPrice(ctx)
	if err != nil {
		return nil, err
	}
	freeGas := blockGas(ctx) / freePart
	for _, raw := range req.Txs {
		tx, ok := s.decode(raw)
		if !ok || pays(tx, price) { // a transaction that cannot be decoded uses no gas
			continue
		}
		if tx.GetGas() > freeGas {
			return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
		}
		freeGas -= tx.GetGas()
	}
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

func (s Share) decode(raw []byte) (sdk.FeeTx, bool) {
	tx, err := s.Decode(raw)
	if err != nil {
		return nil, false
	}
	asked, ok := tx.(sdk.FeeTx)
	return asked, ok
}

// account returns the first signer of a transaction.
func account(tx sdk.Tx) string {
	signed, ok := tx.(authsigning.SigVerifiableTx)
	if !ok {
		return ""
	}
	signers, err := signed.GetSigners()
	if err != nil || len(signers) == 0 {
		return ""
	}
	return string(signers[0])
}

// blockGas returns the gas limit of a block.
func blockGas(ctx sdk.Context) uint64 {
	block := ctx.ConsensusParams().Block
	if block == nil || block.MaxGas < 0 { // no bound
		return math.MaxUint64
	}
	return uint64(block.MaxGas)
}
