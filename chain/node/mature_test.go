package node_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// crowd returns a registry in which a number of nodes have exited and wait for their stakes.
func crowd(t *testing.T, nodes int) registry {
	t.Helper()
	people := make([]string, nodes)
	for i := range people {
		people[i] = fmt.Sprintf("node %d", i)
	}
	r := open(people...)
	for _, p := range people {
		r.register(t, p, 1_000_000)
		if _, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner(p)}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// left counts the nodes that have exited.
func (r registry) left(t *testing.T) (exited int) {
	t.Helper()
	for _, n := range r.export(t).Nodes {
		if n.Deposit.State == nodepb.NODE_STATE_EXITED {
			exited++
		}
	}
	return exited
}

// TestManyStakesThatAreDue: however many stakes are due, the end of a block pays a hundred nodes, and
// does no more work than that.
func TestManyStakesThatAreDue(t *testing.T) {
	gas := map[int]uint64{}
	for _, nodes := range []int{150, 450} {
		r := crowd(t, nodes)
		r = r.later(t, 21*24*time.Hour-time.Second)
		if got := r.left(t); got != 0 {
			t.Fatalf("%d of %d have left before their time", got, nodes)
		}
		before := r.ctx.GasMeter().GasConsumed()
		r.ctx = r.ctx.WithBlockTime(r.ctx.BlockTime().Add(time.Second))
		if err := r.EndBlock(r.ctx); err != nil {
			t.Fatal(err)
		}
		gas[nodes] = r.ctx.GasMeter().GasConsumed() - before
		for block := 1; ; block++ {
			want := min(100*block, nodes)
			if got := r.left(t); got != want {
				t.Fatalf("%d of %d have left after %d blocks, want %d", got, nodes, block, want)
			}
			if want == nodes {
				break
			}
			r = r.later(t, 0)
		}
		if active, err := r.Active(r.ctx); err != nil || len(active) > 0 {
			t.Errorf("%d may be selected, %v", len(active), err)
		}
	}
	if a, b := gas[150], gas[450]; a == 0 || b > a+a/100 {
		t.Errorf("a block costs %d gas when 150 stakes are due, and %d when 450 are", a, b)
	}
}

// stubborn is a bank that refuses payments to one account.
type stubborn struct {
	till
	refuses string
}

func (b *stubborn) SendCoinsFromModuleToAccount(ctx context.Context, module string, to sdk.AccAddress, coins sdk.Coins) error {
	if string(to) == b.refuses {
		return errors.New("is not allowed to receive funds")
	}
	return b.till.SendCoinsFromModuleToAccount(ctx, module, to, coins)
}

// TestStakeThatCannotBePaid: if the bank refuses a payment, the block and the other payments go on.
// The payment is tried again later.
func TestStakeThatCannotBePaid(t *testing.T) {
	bank := &stubborn{till: till{}, refuses: account("ann")}
	r := openBank(bank, bank.till, "ann", "bob")
	for _, p := range []string{"ann", "bob"} {
		r.register(t, p, 1_000_000)
		if _, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner(p)}); err != nil {
			t.Fatal(err)
		}
	}
	r = r.later(t, 21*24*time.Hour)
	ann, err := r.Get(r.ctx, 1)
	if err != nil || ann.State != spec.NodeUnbonding || ann.Locked() != 1_000_000 {
		t.Errorf("the account that was not paid: %+v, %v", ann, err)
	}
	if bob, err := r.Get(r.ctx, 2); err != nil || bob.State != spec.NodeExited || r.bank[account("bob")] != 100_000_000 {
		t.Errorf("the other account: %+v, %v", bob, err)
	}
	bank.refuses = ""
	if r = r.later(t, time.Minute); r.bank[account("ann")] != 99_000_000 {
		t.Errorf("it is tried again at once: ann has %d", r.bank[account("ann")])
	}
	if r = r.later(t, time.Hour); r.bank[account("ann")] != 100_000_000 {
		t.Errorf("ann has %d, want all of hers", r.bank[account("ann")])
	}
}
