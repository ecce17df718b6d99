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

// maxHeard is how many attestations and openings a chain node remembers. Each has passed
// the check of its signature, and is no longer than [MaxShownBytes].
const maxHeard = 512

// witness remembers which attestations and openings have reached this chain node, whether
// or not a block took them, and tells of two that contradict each other. It is no part of
// the state, and nothing depends on it: every chain node hears something else.
type witness struct {
	decode sdk.TxDecoder
	tell   func(Contradiction) // nil: nobody is told, and nothing is remembered

	mu    sync.Mutex
	heard []answer // the newest last
}

type answer struct {
	owner string
	task  uint64
	said  round.Input // by node 0: whose it is says the owner
	raw   []byte
}

// Contradiction is two transactions in which an account contradicted itself, as
// [taskpb.MsgAccuseAnswers] shows them.
type Contradiction struct {
	Owner         string
	Task          uint64
	First, Second []byte
}

// Witness has the node told of contradictions in what it hears from now on. It must be
// called before the first transaction.
func (a *App) Witness(tell func(Contradiction)) { a.witness.tell = tell }

// hear takes note of a transaction that was found good.
func (w *witness) hear(raw []byte) {
	if w.tell == nil || len(raw) > MaxShownBytes || !bytes.Contains(raw, []byte("/althing.task.v1.Msg")) {
		return
	}
	tx, err := w.decode(raw)
	if err != nil || len(tx.GetMsgs()) != 1 || !task.Shown(tx.GetMsgs()[0]) {
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
	for _, former := range w.heard {
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
	w.heard = append(w.heard[max(0, len(w.heard)-maxHeard+1):], answer{m.GetOwner(), m.GetTask(), said, slices.Clone(raw)})
}

// hearBlock takes note of the transactions of a block that were carried out.
func (w *witness) hearBlock(req *abci.RequestFinalizeBlock, res *abci.ResponseFinalizeBlock) {
	for i, raw := range req.Txs {
		if res.TxResults[i].Code == 0 {
			w.hear(raw)
		}
	}
}
