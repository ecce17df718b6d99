package model_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/spec"
)

// history is what the registry should hold, in lists.
type history struct {
	lines    map[string]uint64         // by owner and name
	of       map[uint64]uint64         // line by task
	owner    map[uint64]string         // by task
	versions map[uint64][]spec.Version // by line
	cards    map[uint64][]string       // by line
	rounds   map[uint64]uint64         // newest round by task
}

// TestHistoriesOnlyGrow: versions are published, rolled back, scored and described in random order,
// with exports and imports in between. Numbers ascend without gaps, digests never change, only a
// score is ever added to a version, and the registry finds exactly what was published.
func TestHistoriesOnlyGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := open()
		h := history{
			lines: make(map[string]uint64), of: make(map[uint64]uint64), owner: make(map[uint64]string),
			versions: make(map[uint64][]spec.Version), cards: make(map[uint64][]string), rounds: make(map[uint64]uint64),
		}
		height, tasks := int64(7), uint64(0)
		aTask := func() uint64 { return rapid.Uint64Range(1, tasks).Draw(t, "task") }
		t.Repeat(map[string]func(*rapid.T){
			"enter": func(t *rapid.T) {
				tasks++
				owner := rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "owner")
				name := rapid.SampledFrom([]string{"", "digits", "faces"}).Draw(t, "name")
				if err := r.Enter(r.ctx, tasks, account(owner), name, softmax()); err != nil {
					t.Fatal(err)
				}
				if name == "" {
					name = spec.LineOfTask(tasks)
				}
				if h.lines[owner+"/"+name] == 0 {
					h.lines[owner+"/"+name] = uint64(len(h.lines)) + 1
				}
				h.of[tasks], h.owner[tasks] = h.lines[owner+"/"+name], owner
			},
			"publish": func(t *rapid.T) {
				if tasks == 0 {
					t.Skip()
				}
				task := aTask()
				line := h.of[task]
				v := spec.Version{Line: line, Task: task, Height: height, Model: digest(fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "model")))}
				if own := slices.ContainsFunc(h.versions[line], func(v spec.Version) bool { return v.Task == task }); own {
					v.Base = rapid.SampledFrom(h.versions[line]).Draw(t, "base").Model
					h.rounds[task]++
					v.Round, v.Trainers, v.Participants = h.rounds[task], 3, 8
					if rapid.Bool().Draw(t, "rollback") {
						v.Round, v.Trainers, v.Participants, v.Model = 0, 0, 0, v.Base
						v.Proposal = uint64(height)
					}
				}
				if err := r.Publish(r.ctx, v); err != nil {
					t.Fatal(err)
				}
				v.Number = uint64(len(h.versions[line])) + 1
				h.versions[line] = append(h.versions[line], v)
			},
			"score": func(t *rapid.T) {
				if tasks == 0 {
					t.Skip()
				}
				task, score := aTask(), spec.PPM(rapid.Uint32Range(0, uint32(spec.One)).Draw(t, "score"))
				round := rapid.Uint64Range(0, h.rounds[task]+1).Draw(t, "round")
				known := h.versions[h.of[task]]
				i := slices.IndexFunc(known, func(v spec.Version) bool { return v.Task == task && v.Round == round && v.Proposal == 0 })
				wrong := i < 0 || known[i].Scored
				if err := r.SetScore(r.ctx, task, round, score); (err != nil) != wrong {
					t.Fatalf("score of round %d of task %d: %v", round, task, err)
				}
				if !wrong {
					known[i].Scored, known[i].Score = true, score
				}
			},
			"card": func(t *rapid.T) {
				if tasks == 0 {
					t.Skip()
				}
				task, text := aTask(), rapid.SampledFrom([]string{"one", "two\n", "\x00"}).Draw(t, "text")
				_, err := r.SetCard(r.ctx, &modelpb.MsgSetCard{Owner: account(h.owner[task]), Line: h.of[task], Text: text})
				if (err != nil) != (text == "\x00") {
					t.Fatalf("card %q: %v", text, err)
				}
				if err == nil {
					h.cards[h.of[task]] = append(h.cards[h.of[task]], text)
				}
			},
			"block": func(*rapid.T) {
				height++
				r.ctx = r.ctx.WithBlockHeight(height)
			},
			"carry the chain on": func(t *rapid.T) {
				before := r.exported()
				next, err := begin(before)
				if err != nil {
					t.Fatal(err)
				}
				next.ctx = next.ctx.WithBlockHeight(height)
				if d := cmp.Diff(before, next.exported()); d != "" {
					t.Fatalf("the import exports something else:\n%s", d)
				}
				if d := cmp.Diff(stored(r), stored(next)); d != "" {
					t.Fatalf("the import stores something else:\n%s", d)
				}
				r = next
			},
			"look": func(t *rapid.T) {
				sound(t, r)
				h.is(t, r)
			},
		})
		sound(t, r)
		h.is(t, r)
	})
}

// is fails the test unless the registry equals the lists.
func (h history) is(t *rapid.T, r registry) {
	for name, id := range h.lines {
		l, err := r.Get(r.ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		versions, err := r.Versions(r.ctx, &modelpb.QueryVersions{Line: id})
		if err != nil {
			t.Fatal(err)
		}
		var got []spec.Version
		for i := range versions.Versions {
			v, err := versions.Versions[i].ToSpec()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		if d := cmp.Diff(h.versions[id], got); d != "" {
			t.Fatalf("versions of %s (-want +got):\n%s", name, d)
		}
		cards, err := r.Cards(r.ctx, &modelpb.QueryCards{Line: id})
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, c := range cards.Cards {
			texts = append(texts, c.Text)
		}
		if d := cmp.Diff(h.cards[id], texts); d != "" {
			t.Fatalf("cards of %s (-want +got):\n%s", name, d)
		}
		want := spec.Line{
			ID: id, Owner: l.Owner, Name: l.Name, Model: softmax(), Created: l.Created,
			Versions: uint64(len(got)), Cards: uint32(len(texts)),
		}
		for _, line := range h.of {
			if line == id {
				want.Tasks++
			}
		}
		for _, v := range got {
			if v.Scored {
				want.Scored, want.Score = v.Number, v.Score
			}
		}
		if d := cmp.Diff(want, l); d != "" {
			t.Fatalf("%s (-want +got):\n%s", name, d)
		}
	}
	for task, line := range h.of {
		for i := range 10 {
			model := digest(fmt.Sprint(i))
			want := slices.ContainsFunc(h.versions[line], func(v spec.Version) bool { return v.Model == model })
			if is, err := r.Published(r.ctx, task, model); err != nil || is != want {
				t.Fatalf("model %d is a version of line %d: %v (%v)", i, line, is, err)
			}
		}
	}
}

// stored returns everything in the store.
func stored(r registry) (pairs [][2][]byte) {
	all := r.ctx.KVStore(r.key).Iterator(nil, nil)
	defer all.Close()
	for ; all.Valid(); all.Next() {
		pairs = append(pairs, [2][]byte{bytes.Clone(all.Key()), bytes.Clone(all.Value())})
	}
	return pairs
}
