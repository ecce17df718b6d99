package node_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// inStep fails the test unless the roster in memory equals one that is read from the store.
func inStep(t failer, r registry, ctx sdk.Context) {
	t.Helper()
	kept, err := r.Roster(ctx)
	if err != nil {
		t.Fatal(err)
	}
	active, err := r.Active(ctx)
	if err != nil {
		t.Fatal(err)
	}
	anew := round.NewRoster(active...)
	if kept.Len() != anew.Len() || anew.Len() > 0 && !reflect.DeepEqual(kept, anew) {
		t.Fatal("the roster in memory differs from one that is read from the store")
	}
}

// TestRosterIsThatOfTheStore: after any history the roster in memory equals one that is read from the
// store, also when writes were rolled back or only simulated, or when a block is executed again.
func TestRosterIsThatOfTheStore(t *testing.T) {
	people := []string{"ann", "bob", "cho", "dee", "eve"}
	rapid.Check(t, func(t *rapid.T) {
		r := open(people...)
		height := int64(7)
		ctx := r.ctx
		begin := func() {
			ctx = r.ctx.WithMultiStore(r.ctx.MultiStore().CacheMultiStore()).WithBlockHeight(height)
			if err := r.BeginBlock(ctx); err != nil {
				t.Fatal(err)
			}
		}
		begin()
		// write changes a node, or is refused.
		write := func(t *rapid.T, ctx sdk.Context) {
			p, id := rapid.SampledFrom(people).Draw(t, "who"), rapid.Uint64Range(1, 8).Draw(t, "id")
			switch rapid.IntRange(0, 8).Draw(t, "what") {
			case 0, 1, 2:
				sent := profile(p)
				sent.Roles = uint32(spec.Trainer | spec.Evaluator)
				_, _ = r.Register(ctx, &nodepb.MsgRegister{Owner: owner(p), Profile: sent, Stake: 1_000_000})
			case 3:
				sent := profile(p)
				sent.Holdings[0].Name = rapid.SampledFrom([]string{"digits", "faces"}).Draw(t, "data")
				_, _ = r.Update(ctx, &nodepb.MsgUpdate{Owner: owner(p), Profile: sent})
			case 4:
				_, _ = r.Deactivate(ctx, &nodepb.MsgDeactivate{Owner: owner(p)})
			case 5:
				_, _ = r.Activate(ctx, &nodepb.MsgActivate{Owner: owner(p)})
			case 6:
				_ = r.Engage(ctx, id, rapid.SampledFrom([]int{1, -1}).Draw(t, "delta"))
			case 7:
				_ = r.Demerit(ctx, id, spec.Change{})
			case 8:
				_, _ = r.Exit(ctx, &nodepb.MsgExit{Owner: owner(p)})
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) { write(t, ctx) },
			"refused or simulated": func(t *rapid.T) {
				cached, _ := ctx.CacheContext()
				write(t, cached)
			},
			"stuck": func(t *rapid.T) {
				cached, _ := ctx.CacheContext()
				undone := r.TrackWrites()
				write(t, cached)
				inStep(t, r, cached)
				write(t, cached)
				undone()
				inStep(t, r, ctx)
			},
			"look": func(t *rapid.T) {
				cached, keep := ctx.CacheContext()
				_ = r.TrackWrites()
				write(t, cached)
				inStep(t, r, cached)
				keep()
				inStep(t, r, ctx)
			},
			"next block": func(t *rapid.T) {
				ctx.MultiStore().(interface{ Write() }).Write()
				height++
				begin()
			},
			"block again": func(*rapid.T) { begin() },
			"ask":         func(t *rapid.T) { inStep(t, r, ctx) },
		})
		inStep(t, r, ctx)
	})
}
