package node_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// member is a node in the test's model of the registry.
type member struct {
	id   uint64
	busy int
}

func roles(t *rapid.T) spec.Role {
	return rapid.SampledFrom([]spec.Role{spec.Trainer, spec.Evaluator, spec.Trainer | spec.Evaluator}).Draw(t, "roles")
}

// fits reports whether a stake is within the bounds of all roles of a node.
func fits(as spec.Role, stake, locked uint64) bool {
	return stake >= 1_000_000 && (!as.Has(spec.Evaluator) || stake >= 2_000_000 && locked <= 50_000_000)
}

// TestRegistryHoldsAllStakes: random messages in random order. The registry agrees with a map, the
// module account holds the sum of all deposits, only slashes destroy coins, and the index lists
// exactly the nodes that may be selected. An export can be imported, and exports the same again.
func TestRegistryHoldsAllStakes(t *testing.T) {
	seen := map[spec.NodeState]int{}
	rapid.Check(t, func(t *rapid.T) {
		people := []string{"ann", "bob", "cho", "dee"}
		r := open(people...).bounded(map[spec.Role]nodepb.StakeBounds{spec.Evaluator: {Min: 2_000_000, Max: 50_000_000}})
		members := map[string]member{}
		var last uint64
		var gone []uint64
		who := func() (string, member, bool) {
			p := rapid.SampledFrom(people).Draw(t, "who")
			m, known := members[p]
			return p, m, known
		}
		amount := func() uint64 {
			return rapid.SampledFrom([]uint64{0, 1, 500_000, 1_000_000, 3_000_000, 100_000_000}).Draw(t, "amount")
		}
		say := func(message func(p string) error) {
			p, _, known := who()
			block := r.ctx
			cached, write := block.CacheContext()
			r.ctx = cached
			err := message(p)
			if r.ctx = block; err == nil {
				write()
			}
			if err == nil && !known {
				t.Fatalf("%s has no node, and is not refused", p)
			}
		}
		left := func() {
			for p, m := range maps.Clone(members) {
				if n, err := r.Get(r.ctx, m.id); err != nil || n.State == spec.NodeExited {
					gone = append(gone, m.id)
					delete(members, p)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"register": func(t *rapid.T) {
				p, _, known := who()
				stake := rapid.OneOf(rapid.Uint64Range(0, 150_000_000), rapid.Uint64Range(1_000_000, 3_000_000)).Draw(t, "stake")
				as := roles(t)
				may := !known && (!as.Has(spec.Evaluator) || stake <= 50_000_000) && stake <= r.bank[account(p)]
				res, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner(p), Profile: having(p, as), Stake: stake})
				if (err == nil) != may {
					t.Fatalf("register %s with %d: got %v, want success %v", p, stake, err, may)
				}
				if may {
					last++
					members[p] = member{id: last}
					if n, err := r.Get(r.ctx, last); res.Id != last || err != nil || n.Selectable() != fits(as, stake, stake) {
						t.Fatalf("got id %d, want %d: %+v, %v", res.Id, last, n, err)
					}
				}
			},
			"update": func(t *rapid.T) {
				as := roles(t)
				say(func(p string) error {
					before, _ := r.Get(r.ctx, members[p].id)
					_, err := r.Update(r.ctx, &nodepb.MsgUpdate{Owner: owner(p), Profile: having(p, as)})
					if may := !before.Selectable() || fits(as, before.Stake, before.Locked()); errors.Is(err, node.ErrStake) == may {
						t.Fatalf("%s becomes %s with %+v: %v", p, as, before.Deposit, err)
					}
					return err
				})
			},
			"exit": func(*rapid.T) {
				say(func(p string) error {
					_, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner(p)})
					return err
				})
				left()
			},
			"grant": func(*rapid.T) {
				say(func(p string) error {
					before, _ := r.Get(r.ctx, members[p].id)
					_, err := r.AddParticipant(r.ctx, &nodepb.MsgAddParticipant{Authority: authority, Node: members[p].id, Grant: amount()})
					if n, _ := r.Get(r.ctx, members[p].id); err == nil && (before.State != spec.NodePending || !n.Selectable()) {
						t.Fatalf("%s was %s and is %s", p, before.State, n.State)
					}
					return err
				})
			},
			"remove": func(*rapid.T) {
				say(func(p string) error {
					_, err := r.RemoveParticipant(r.ctx, &nodepb.MsgRemoveParticipant{Authority: authority, Node: members[p].id, Reason: "unwanted"})
					if known := members[p].id > 0; known && err != nil && !errors.Is(err, node.ErrState) {
						t.Fatalf("%s stays: %v", p, err)
					}
					return err
				})
				left()
			},
			"activate": func(t *rapid.T) {
				say(func(p string) (err error) {
					if rapid.Bool().Draw(t, "on") {
						_, err = r.Activate(r.ctx, &nodepb.MsgActivate{Owner: owner(p)})
					} else {
						_, err = r.Deactivate(r.ctx, &nodepb.MsgDeactivate{Owner: owner(p)})
					}
					return err
				})
			},
			"bond": func(*rapid.T) {
				say(func(p string) error {
					_, err := r.Bond(r.ctx, &nodepb.MsgBond{Owner: owner(p), Amount: amount()})
					return err
				})
			},
			"unbond": func(*rapid.T) {
				say(func(p string) error {
					_, err := r.Unbond(r.ctx, &nodepb.MsgUnbond{Owner: owner(p), Amount: amount()})
					return err
				})
			},
			"cancel": func(t *rapid.T) {
				say(func(p string) error {
					_, err := r.CancelUnbond(r.ctx, &nodepb.MsgCancelUnbond{Owner: owner(p), Number: rapid.Uint64Range(0, 3).Draw(t, "number")})
					return err
				})
			},
			"unjail": func(*rapid.T) {
				say(func(p string) error {
					_, err := r.Unjail(r.ctx, &nodepb.MsgUnjail{Owner: owner(p)})
					return err
				})
			},
			"slash": func(t *rapid.T) {
				_, m, known := who()
				if _, err := r.Slash(r.ctx, m.id, 1, amount(), 50_000, "fault", rapid.Bool().Draw(t, "jail")); (err == nil) != known {
					t.Fatalf("slash of %d: %v", m.id, err)
				}
			},
			"time": func(t *rapid.T) {
				r = r.later(t, rapid.SampledFrom([]time.Duration{time.Second, 24 * time.Hour, 21 * 24 * time.Hour}).Draw(t, "pause"))
				for p, m := range maps.Clone(members) {
					n, err := r.Get(r.ctx, m.id)
					if err != nil {
						t.Fatal(err)
					}
					if leaves := n.Stake == 0 && n.State != spec.NodePending && len(n.Unbonding) == 0 && m.busy == 0; leaves != (n.State == spec.NodeExited) {
						t.Fatalf("busy with %d: %+v", m.busy, n)
					} else if leaves {
						gone = append(gone, m.id)
						delete(members, p)
					}
				}
			},
			"busy": func(t *rapid.T) {
				p, m, known := who()
				delta := rapid.IntRange(-2, 2).Draw(t, "delta")
				err := r.Engage(r.ctx, m.id, delta)
				if may := known && m.busy+delta >= 0; (err == nil) != may {
					t.Fatalf("busy %s by %d: got %v, want success %v", p, delta, err, may)
				} else if may {
					m.busy += delta
					members[p] = m
					if n, _ := r.Get(r.ctx, m.id); n.State == spec.NodeExited {
						gone = append(gone, m.id)
						delete(members, p)
					}
				}
			},
			"": func(t *rapid.T) {
				if err := r.Check(r.ctx); err != nil {
					t.Fatal(err)
				}
				var selectable, listed []uint64
				for p, m := range members {
					id, err := r.IDOf(r.ctx, owner(p))
					if err != nil || id != m.id {
						t.Fatalf("%s: got node %d, %v; want %d", p, id, err, m.id)
					}
					n, err := r.Get(r.ctx, id)
					if err != nil || n.ID != m.id || int(n.Busy) != m.busy || n.State == spec.NodeExited {
						t.Fatalf("%s: got %+v, %v; want %+v", p, n, err, m)
					}
					seen[n.State]++
					if n.Selectable() {
						if !fits(n.Profile.Roles, n.Stake, n.Locked()) {
							t.Fatalf("a %s may be selected: %+v", n.Profile.Roles, n.Deposit)
						}
						selectable = append(selectable, id)
					}
				}
				for _, id := range gone {
					if n, err := r.Get(r.ctx, id); err != nil || n.State != spec.NodeExited || n.Locked() > 0 {
						t.Fatalf("node %d has left: %+v, %v", id, n, err)
					}
					seen[spec.NodeExited]++
				}
				nodes, err := r.Active(r.ctx)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range nodes {
					listed = append(listed, n.ID)
				}
				if slices.Sort(selectable); !slices.Equal(selectable, listed) {
					t.Fatalf("nodes %v may be selected, and %v are listed", selectable, listed)
				}
				var money uint64
				for b := range maps.Values(r.bank) {
					money += b
				}
				if want := uint64(len(people))*100_000_000 + 2*r.bank[made]; money != want { // what was made is there, and counted
					t.Fatalf("there is %d in all, want %d", money, want)
				}
				parts := func(_ context.Context, id uint64) (parts, bond uint64, err error) {
					for _, m := range members {
						if m.id == id {
							return uint64(m.busy), 0, nil
						}
					}
					return 0, 0, nil
				}
				if wrong, err := r.Inconsistencies(r.ctx, parts); err != nil || len(wrong) > 0 {
					t.Fatalf("%v, %v", wrong, err)
				}
			},
		})
		want, other := r.export(t), open()
		other.ctx = other.ctx.WithBlockTime(r.ctx.BlockTime())
		other.module().InitGenesis(other.ctx, other.codec.Codec, other.codec.Codec.MustMarshalJSON(&want))
		if d := cmp.Diff(want, other.export(t)); d != "" {
			t.Fatalf("an export that was imported (-want +got):\n%s", d)
		}
	})
	for _, state := range spec.NodeStates() {
		if seen[state] == 0 && !testing.Short() {
			t.Errorf("no node was ever %s: the histories are not diverse enough (%v)", state, seen)
		}
	}
}
