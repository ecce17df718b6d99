package model_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/pb/modelpb"
)

// described is a registry with everything in it.
func described(t *testing.T) modelpb.Genesis {
	t.Helper()
	r := trained(t)
	for _, text := range []string{"first", "second"} {
		if err := card("ann", 1, text)(r); err != nil {
			t.Fatal(err)
		}
	}
	return r.exported()
}

func TestGenesisComesBack(t *testing.T) {
	for name, g := range map[string]modelpb.Genesis{"empty": open().exported(), "trained": described(t)} {
		r, err := begin(g)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(g, r.exported()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		sound(t, r)
	}
	if r, err := begin(modelpb.Genesis{}); err != nil || r.exported().Next != 1 {
		t.Errorf("a genesis without a word: %v", err)
	}
}

func TestGenesisIsRefused(t *testing.T) {
	for want, change := range map[string]func(*modelpb.Genesis){
		"line 2 behind line 2: want ascending ids":                   func(g *modelpb.Genesis) { g.Lines[0].Id = 2 },
		"line 0: want an id from 1":                                  func(g *modelpb.Genesis) { g.Lines[0].Id = 0 },
		"line 2: the next id is 2":                                   func(g *modelpb.Genesis) { g.Next = 2 },
		"line 1 has no owner":                                        func(g *modelpb.Genesis) { g.Lines[0].Owner = "" },
		"which is no account as the chain writes it":                 func(g *modelpb.Genesis) { g.Lines[0].Owner = strings.ToUpper(g.Lines[0].Owner) },
		"model.classes: want 2 to":                                   func(g *modelpb.Genesis) { g.Lines[0].Model.Classes = 0 },
		`line 2 has the name "digits" of another of its owner`:       func(g *modelpb.Genesis) { g.Lines[1].Owner, g.Lines[1].Name = g.Lines[0].Owner, "digits" },
		`has the name "task-3", and task 3 does not publish into it`: func(g *modelpb.Genesis) { g.Lines[1].Name = "task-3" },
		"line 1 has 2 tasks, and says 3":                             func(g *modelpb.Genesis) { g.Lines[0].Tasks++ },
		"line 2 has 0 tasks, and says 0: want one at least":          func(g *modelpb.Genesis) { g.Lines[1].Tasks, g.Lines[0].Tasks, g.Entries[1].Line = 0, 3, 1 },
		"the line of task 0 behind that of task 0":                   func(g *modelpb.Genesis) { g.Entries[0].Task = 0 },
		"the line of task 1 behind that of task 1":                   func(g *modelpb.Genesis) { g.Entries[1].Task = 1 },
		"task 3 has line 9, which is not there":                      func(g *modelpb.Genesis) { g.Entries[2].Line = 9 },
		"version 3 of line 1: want number 2":                         func(g *modelpb.Genesis) { g.Versions[1] = g.Versions[2] },
		"model: digest of 31 bytes":                                  func(g *modelpb.Genesis) { g.Versions[0].Model = g.Versions[0].Model[1:] },
		"has no model":                                               func(g *modelpb.Genesis) { g.Versions[0].Model = nil },
		"version 1 of line 1 is of task 2, which has another line":   func(g *modelpb.Genesis) { g.Versions[0].Task = 2 },
		"version 3 of line 1 was published at height 6":              func(g *modelpb.Genesis) { g.Versions[2].Height = 6 },
		"is made from 6b86b273, which is no version before it":       func(g *modelpb.Genesis) { g.Versions[1].Base = g.Versions[1].Model },
		"version 3 of line 1 is the second of round 1 of task 1":     func(g *modelpb.Genesis) { g.Versions[2].Round = 1 },
		"has 4 versions, of which number 3 has the newest score":     func(g *modelpb.Genesis) { g.Versions = g.Versions[:4] },
		"of which number 2 has the newest score 800000, and says":    func(g *modelpb.Genesis) { g.Versions[2].Scored, g.Versions[2].Score = false, 0 },
		"of which number 3 has the newest score 5, and says":         func(g *modelpb.Genesis) { g.Versions[2].Score = 5 },
		"version 6 of line 3: out of order, or of no line":           func(g *modelpb.Genesis) { g.Versions = append(g.Versions, modelpb.Version{Line: 3, Number: 6}) },
		"card 1 of line 1: card of 0 bytes":                          func(g *modelpb.Genesis) { g.Cards[0].Text = "" },
		"card 1 of line 1 at height 9: want number 2":                func(g *modelpb.Genesis) { g.Cards[1].Number = 1 },
		"card 2 of line 1 at height 1: want number 2, and heights":   func(g *modelpb.Genesis) { g.Cards[1].Height = 1 },
		"line 1 has 1 cards, and says 2":                             func(g *modelpb.Genesis) { g.Cards = g.Cards[:1] },
		"card 1 of line 5: out of order, or of no line":              func(g *modelpb.Genesis) { g.Cards = append(g.Cards, modelpb.Card{Line: 5, Number: 1, Text: "x"}) },
		"line 1 has 2 cards, and says 0":                             func(g *modelpb.Genesis) { g.Lines[0].Cards = 0 },
		"version 1 of line 1 is of task 9, which has another line":   func(g *modelpb.Genesis) { g.Versions[0].Task = 9 },
		"every other from one":                                       func(g *modelpb.Genesis) { g.Versions[1].Base = nil },
		"line 1 has 5 versions, but version 6 has a score":           func(g *modelpb.Genesis) { g.Lines[0].Scored = 6 },
		"of which number 3 has the newest score 900000, and says 6":  func(g *modelpb.Genesis) { g.Lines[0].Versions = 6 },
	} {
		g := described(t)
		change(&g)
		if _, err := begin(g); !errors.Is(err, model.ErrGenesis) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// What contradicts itself in the store is told: here an index that lost its line.
func TestContradictionsAreFound(t *testing.T) {
	r := trained(t)
	for prefix := range byte(9) {
		if prefix == 0 || prefix == 7 { // the sequence has its own check, and there are no cards
			continue
		}
		inside, _ := r.ctx.CacheContext()
		store := inside.KVStore(r.key)
		all := store.Iterator([]byte{prefix}, []byte{prefix + 1})
		if !all.Valid() {
			t.Fatalf("nothing is stored under %d", prefix)
		}
		store.Delete(all.Key())
		all.Close()
		found, err := r.Contradictions(inside)
		if len(found) == 0 && err == nil {
			t.Errorf("an entry under %d is gone, and nothing is found", prefix)
		}
	}
	r.ctx.KVStore(r.key).Delete([]byte{0})
	if found, err := r.Contradictions(r.ctx); err != nil || len(found) == 0 {
		t.Errorf("the newest id is gone: %q (%v)", found, err)
	}
}
