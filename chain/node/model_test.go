package node_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/nodepb"
)

// member is a node in the model: what the registry ought to remember of it.
type member struct {
	id, stake uint64
	busy      int
	active    bool
}

// Whatever messages come in whatever order, the registry does what a map would,
// and the module account holds the sum of all stakes.
func TestRegistryHoldsAllStakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := []string{"ann", "bob", "cho", "dee"}
		r := open(people...)
		members := map[string]member{}
		var last uint64
		person := rapid.SampledFrom(people)
		t.Repeat(map[string]func(*rapid.T){
			"register": func(t *rapid.T) {
				p, stake := person.Draw(t, "who"), rapid.Uint64Range(0, 150_000_000).Draw(t, "stake")
				_, known := members[p]
				may := !known && stake >= 1_000_000 && stake <= 100_000_000
				res, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner(p), Profile: profile(p), Stake: stake})
				if (err == nil) != may {
					t.Fatalf("register %s with %d: got %v, want success %v", p, stake, err, may)
				}
				if may {
					last++
					members[p] = member{id: last, stake: stake, active: true}
					if res.Id != last {
						t.Fatalf("got id %d, want %d", res.Id, last)
					}
				}
			},
			"exit": func(t *rapid.T) {
				p := person.Draw(t, "who")
				m, known := members[p]
				res, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner(p)})
				if may := known && m.busy == 0; (err == nil) != may {
					t.Fatalf("exit of %s: got %v, want success %v", p, err, may)
				} else if may {
					delete(members, p)
					if res.Returned != m.stake {
						t.Fatalf("exit of %s: got %d back, want %d", p, res.Returned, m.stake)
					}
				}
			},
			"activate": func(t *rapid.T) {
				p, on := person.Draw(t, "who"), rapid.Bool().Draw(t, "on")
				m, known := members[p]
				var err error
				if on {
					_, err = r.Activate(r.ctx, &nodepb.MsgActivate{Owner: owner(p)})
				} else {
					_, err = r.Deactivate(r.ctx, &nodepb.MsgDeactivate{Owner: owner(p)})
				}
				if (err == nil) != known {
					t.Fatalf("activate %s: got %v, want success %v", p, err, known)
				}
				if known {
					m.active = on
					members[p] = m
				}
			},
			"busy": func(t *rapid.T) {
				p, delta := person.Draw(t, "who"), rapid.IntRange(-2, 2).Draw(t, "delta")
				m, known := members[p]
				err := r.Engage(r.ctx, m.id, delta)
				if may := known && m.busy+delta >= 0; (err == nil) != may {
					t.Fatalf("busy %s by %d: got %v, want success %v", p, delta, err, may)
				} else if may {
					m.busy += delta
					members[p] = m
				}
			},
			"": func(t *rapid.T) {
				var locked, free uint64
				for p, m := range members {
					id, err := r.IDOf(r.ctx, owner(p))
					if err != nil {
						t.Fatalf("%s: %v", p, err)
					}
					n, err := r.Get(r.ctx, id)
					if err != nil || n.ID != m.id || n.Stake != m.stake || int(n.Busy) != m.busy || n.Active != m.active {
						t.Fatalf("%s: got %+v, %v; want %+v", p, n, err, m)
					}
					locked += m.stake
				}
				if got := r.bank[node.Name]; got != locked {
					t.Fatalf("the module holds %d, want %d", got, locked)
				}
				for b := range maps.Values(r.bank) {
					free += b
				}
				if want := uint64(len(people)) * 100_000_000; free != want {
					t.Fatalf("there is %d in all, want %d", free, want)
				}
				var exported uint64
				for _, n := range r.export(t).Nodes {
					exported += n.Stake
				}
				if exported != locked {
					t.Fatalf("the registry counts %d, want %d", exported, locked)
				}
			},
		})
	})
}
