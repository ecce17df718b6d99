package chain

import (
	"bytes"
	"slices"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// maxSeen is the number of attestations and openings that a chain node keeps. The signature of
// each is verified, and none is larger than [MaxShownBytes].
const maxSeen = 512

// witness keeps the attestations and openings that have reached this chain node, whether or not
// a block has them, and reports two that contradict each other. It is not part of the state:
// every chain node sees other transactions.
type witness struct {
	decode sdk.TxDecoder
	tell   func(Contradiction) // nil: nothing is kept or reported

	mu   sync.Mutex
	seen []answer // the newest last
}

type answer struct {
	owner string
	task  uint64
	said  round.Input // with node 0: owner says whose it is
	raw   []byte
}

// Contradiction is two transactions in which an account contradicted itself, as
// [taskpb.MsgAccuseAnswers] shows them.
type Contradiction struct {
	Owner         string
	Task          uint64
	First, Second []byte
}

// Witness sets the function that is called with each contradiction. It must be called before the
// first transaction.
func (a *App) Witness(tell func(Contradiction)) { a.witness.tell = tell }

// observe keeps a valid transaction if it can be evidence.
func (w *witness) observe(raw []byte) {
	if w.tell == nil || len(raw) > MaxShownBytes || !bytes.Contains(raw, []byte("/althing.task.v1.Msg")) {
		return
	}
	tx, err := w.decode(raw)
	if err != nil || len(tx.GetMsgs()) != 1 || !task.IsEvidence(tx.GetMsgs()[0]) {
		return
	}
	m, ok := tx.GetMsgs()[0].(taskpb.Message)
	if !ok {
		return
	}
	said, err := taskpb.InputOf(m, 0)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, former := range w.seen {
		if former.owner != m.GetOwner() || former.task != m.GetTask() {
			continue
		}
		if bytes.Equal(former.raw, raw) {
			return
		}
		if round.Contradict(former.said, said) {
			w.tell(Contradiction{Owner: former.owner, Task: former.task, First: former.raw, Second: slices.Clone(raw)})
		}
	}
	w.seen = append(w.seen[max(0, len(w.seen)-maxSeen+1):], answer{m.GetOwner(), m.GetTask(), said, slices.Clone(raw)})
}

// observeBlock keeps the transactions of a block that succeeded.
func (w *witness) observeBlock(req *abci.RequestFinalizeBlock, res *abci.ResponseFinalizeBlock) {
	for i, raw := range req.Txs {
		if res.TxResults[i].Code == 0 {
			w.observe(raw)
		}
	}
}
