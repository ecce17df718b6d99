package model_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/pb/modelpb"
)

// described returns the genesis of a registry with some of everything.
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
		"line 2 follows line 2: want ascending ids":                               func(g *modelpb.Genesis) { g.Lines[0].Id = 2 },
		"line 0: want an id from 1":                                               func(g *modelpb.Genesis) { g.Lines[0].Id = 0 },
		"line 2: want ids below the next id 2":                                    func(g *modelpb.Genesis) { g.Next = 2 },
		"line 1 has no owner":                                                     func(g *modelpb.Genesis) { g.Lines[0].Owner = "" },
		"want an address in the spelling of the chain":                            func(g *modelpb.Genesis) { g.Lines[0].Owner = strings.ToUpper(g.Lines[0].Owner) },
		"model.classes: want 2 to":                                                func(g *modelpb.Genesis) { g.Lines[0].Model.Classes = 0 },
		`line 2: its owner has another line with the name "digits"`:               func(g *modelpb.Genesis) { g.Lines[1].Owner, g.Lines[1].Name = g.Lines[0].Owner, "digits" },
		`with the name "task-3": want task 3 to publish into it`:                  func(g *modelpb.Genesis) { g.Lines[1].Name = "task-3" },
		"line 1 says 3 tasks: want 2":                                             func(g *modelpb.Genesis) { g.Lines[0].Tasks++ },
		"line 2 says 0 tasks: want 0, as many as publish into it, and at least 1": func(g *modelpb.Genesis) { g.Lines[1].Tasks, g.Lines[0].Tasks, g.Entries[1].Line = 0, 3, 1 },
		"entry of task 0 follows that of task 0":                                  func(g *modelpb.Genesis) { g.Entries[0].Task = 0 },
		"entry of task 1 follows that of task 1":                                  func(g *modelpb.Genesis) { g.Entries[1].Task = 1 },
		"task 3 publishes into line 9, which is missing":                          func(g *modelpb.Genesis) { g.Entries[2].Line = 9 },
		"version 3 of line 1: want number 2":                                      func(g *modelpb.Genesis) { g.Versions[1] = g.Versions[2] },
		"model: digest of 31 bytes":                                               func(g *modelpb.Genesis) { g.Versions[0].Model = g.Versions[0].Model[1:] },
		"has no model":                                                            func(g *modelpb.Genesis) { g.Versions[0].Model = nil },
		"version 1 of line 1 is of task 2: want a task of this line":              func(g *modelpb.Genesis) { g.Versions[0].Task = 2 },
		"version 3 of line 1 was published at height 6":                           func(g *modelpb.Genesis) { g.Versions[2].Height = 6 },
		"is made from 6b86b273: want an earlier version of the line":              func(g *modelpb.Genesis) { g.Versions[1].Base = g.Versions[1].Model },
		"version 3 of line 1 is of task 1 round 1: want one version per round":    func(g *modelpb.Genesis) { g.Versions[2].Round = 1 },
		"newest scored version 3, score 900000 ppm: want 4, 3":                    func(g *modelpb.Genesis) { g.Versions = g.Versions[:4] },
		"want 5, 2 and":   func(g *modelpb.Genesis) { g.Versions[2].Scored, g.Versions[2].Score = false, 0 },
		"want 5, 3 and 5": func(g *modelpb.Genesis) { g.Versions[2].Score = 5 },
		"version 6 of line 3: want versions in the order":                 func(g *modelpb.Genesis) { g.Versions = append(g.Versions, modelpb.Version{Line: 3, Number: 6}) },
		"card 1 of line 1: card of 0 bytes":                               func(g *modelpb.Genesis) { g.Cards[0].Text = "" },
		"card 1 of line 1 at height 9: want number 2":                     func(g *modelpb.Genesis) { g.Cards[1].Number = 1 },
		"card 2 of line 1 at height 1: want number 2 and at least height": func(g *modelpb.Genesis) { g.Cards[1].Height = 1 },
		"line 1 says 2 cards: want 1,":                                    func(g *modelpb.Genesis) { g.Cards = g.Cards[:1] },
		"card 1 of line 5: want cards in the order":                       func(g *modelpb.Genesis) { g.Cards = append(g.Cards, modelpb.Card{Line: 5, Number: 1, Text: "x"}) },
		"line 1 says 0 cards: want 2,":                                    func(g *modelpb.Genesis) { g.Lines[0].Cards = 0 },
		"version 1 of line 1 is of task 9: want a task of this line":      func(g *modelpb.Genesis) { g.Versions[0].Task = 9 },
		"want a base for every version but":                               func(g *modelpb.Genesis) { g.Versions[1].Base = nil },
		"line 1 has 5 versions, but version 6 has a score":                func(g *modelpb.Genesis) { g.Lines[0].Scored = 6 },
		"line 1 says 6 versions":                                          func(g *modelpb.Genesis) { g.Lines[0].Versions = 6 },
	} {
		g := described(t)
		change(&g)
		if _, err := begin(g); !errors.Is(err, model.ErrGenesis) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestContradictionsAreFound: contradictions in the store are found, here an index without its line.
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
		found, err := r.Inconsistencies(inside)
		if len(found) == 0 && err == nil {
			t.Errorf("an entry under prefix %d is missing, and no contradiction is found", prefix)
		}
	}
	r.ctx.KVStore(r.key).Delete([]byte{0})
	if found, err := r.Inconsistencies(r.ctx); err != nil || len(found) == 0 {
		t.Errorf("the newest id is gone: %q (%v)", found, err)
	}
}
