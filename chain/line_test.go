package chain_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// withLine returns a chain whose only task has ended. The models of its rounds are in line 1, which
// ann owns.
func withLine(t *testing.T) crew {
	t.Helper()
	c := training(t, 3, nil)
	for blocks := 0; !c.over(); blocks++ {
		if blocks == 200 {
			t.Fatalf("the task never ends: %s", c.where())
		}
		c.block(c.honest()...)
	}
	var rounds taskpb.QueryRoundsResponse
	c.ask("/althing.task.v1.Query/Rounds", &taskpb.QueryRounds{Task: 1}, &rounds)
	line := spec.Line{ID: 1, Owner: account("ann").String(), Name: "digits", Model: c.task().Model, Created: 1, Tasks: 1}
	g := modelpb.Genesis{Next: 2, Entries: []modelpb.Entry{{Task: 1, Line: 1}}}
	add := func(v spec.Version) {
		line.Versions++
		v.Line, v.Task, v.Number = 1, 1, line.Versions
		if v.Scored {
			line.Scored, line.Score = v.Number, v.Score
		}
		g.Versions = append(g.Versions, modelpb.VersionFromSpec(v))
	}
	for i := range rounds.Rounds {
		var res taskpb.QueryRoundResponse
		c.ask("/althing.task.v1.Query/Round", &taskpb.QueryRound{Task: 1, Number: uint64(i + 1)}, &res)
		r := must(res.Round.ToSpec())
		if i == 0 {
			add(spec.Version{Model: r.Base, Height: r.Opened})
		}
		if r.Phase == spec.PhaseSettled {
			add(spec.Version{Model: r.Next, Base: r.Base, Round: r.Number, Score: r.Score, Scored: r.Scored, Height: r.Closed, Trainers: uint32(r.Survivors())})
		}
	}
	g.Lines = []modelpb.Line{modelpb.LineFromSpec(line)}
	doc := c.exported()
	var state map[string]json.RawMessage
	if err := json.Unmarshal(doc.AppState, &state); err != nil {
		t.Fatal(err)
	}
	state[model.Name] = c.Codec.MustMarshalJSON(&g)
	doc.AppState = must(json.Marshal(state))
	return c.at(importAndStart(t, doc, ""))
}

// lines returns everything that can be queried about a line.
func (c crew) lines(id uint64) (l modelpb.QueryLineResponse, v modelpb.QueryVersionsResponse, cards modelpb.QueryCardsResponse) {
	c.Helper()
	for _, res := range []struct{ code uint32 }{
		{c.ask("/althing.model.v1.Query/Line", &modelpb.QueryLine{Id: id}, &l).Code},
		{c.ask("/althing.model.v1.Query/Versions", &modelpb.QueryVersions{Line: id}, &v).Code},
		{c.ask("/althing.model.v1.Query/Cards", &modelpb.QueryCards{Line: id}, &cards).Code},
	} {
		if res.code != 0 {
			c.Fatalf("line %d cannot be read: code %d", id, res.code)
		}
	}
	return l, v, cards
}

// TestCardsOfALine: only the owner of a line may set its card. Former cards stay, also after an
// export.
func TestCardsOfALine(t *testing.T) {
	c := withLine(t)
	card := client.SetCard{Line: 1, Text: strings.Repeat("Ziffern: grün\n", spec.MaxCard/15)}
	card.Text += strings.Repeat("x", spec.MaxCard-len(card.Text))
	c.gas = client.GasOf(card)
	set := func(who, text string, line uint64) (code uint32, gas int64, log string) {
		res := c.block(c.says(who, 100_000, 0, &modelpb.MsgSetCard{Owner: account(who).String(), Line: line, Text: text}))[0]
		return res.Code, res.GasUsed, res.Codespace + ": " + res.Log
	}
	code, gas, log := set("ann", card.Text, 1)
	if code != 0 || uint64(gas) > c.gas*3/4 {
		t.Errorf("the longest card uses %d gas of %d: %s", gas, c.gas, log)
	}
	t.Logf("the longest card uses %d gas of %d", gas, c.gas)
	if code, gas, log = set("ann", "second", 1); code != 0 || uint64(gas) > client.Gas/3 {
		t.Errorf("a short card uses %d gas: %s", gas, log)
	}
	for _, refused := range []struct {
		who, text string
		line      uint64
		want      error
	}{{"bob", "mine", 1, client.ErrNotLineOwner}, {"ann", "nowhere", 2, client.ErrNoLine}} {
		res := c.block(c.says(refused.who, 100_000, 0, &modelpb.MsgSetCard{Owner: account(refused.who).String(), Line: refused.line, Text: refused.text}))[0]
		if err := (&client.Refusal{Codespace: res.Codespace, Code: res.Code, Why: res.Log}); !errors.Is(err, refused.want) {
			t.Errorf("%s: got %v, want %v", refused.text, err, refused.want)
		}
	}
	l, v, cards := c.lines(1)
	if len(cards.Cards) != 2 || cards.Cards[0].Text != card.Text || l.Card.Text != "second" || l.Newest.Number != uint64(len(v.Versions)) {
		t.Errorf("the line is %+v", l)
	}
	l2, v2, cards2 := c.at(importAndStart(t, c.exported(), "renamed-1")).lines(1)
	if d := cmp.Diff([]any{l, v, cards}, []any{l2, v2, cards2}); d != "" {
		t.Errorf("after an export:\n%s", d)
	}
}

// TestWhoHasLeftReadsLines: nobody has to stay to keep access. A node that has left with its stake,
// like anybody else, can still read the models that it helped to make, their versions and their
// cards.
func TestWhoHasLeftReadsLines(t *testing.T) {
	c := withLine(t)
	c.all(c.says("ann", 100_000, 0, &modelpb.MsgSetCard{Owner: account("ann").String(), Line: 1, Text: "what we made"}))
	l, v, cards := c.lines(1)
	if len(v.Versions) < 2 {
		t.Fatalf("the task has published %d versions", len(v.Versions))
	}
	for _, name := range []string{"trainer0", "trainer1", "trainer2", "aggregator", "evaluator"} {
		c.all(c.says(name, 10_000, 0, &nodepb.MsgExit{Owner: account(name).String()}))
	}
	c.now = c.now.Add(30 * 24 * time.Hour)
	c.block()
	c.block()
	for id := range uint64(5) {
		var res nodepb.QueryNodeResponse
		c.ask("/althing.node.v1.Query/Node", &nodepb.QueryNode{Id: id + 1}, &res)
		if n := must(res.Node.ToSpec()); n.State != spec.NodeExited || n.Locked() > 0 {
			t.Errorf("node %d has not left: %+v", id+1, n)
		}
	}
	if got := c.balance("trainer0"); got < 10*chain.Thing-30_000 {
		t.Errorf("a node that has left has %d uthing: its stake stayed", got)
	}
	l2, v2, cards2 := c.lines(1)
	if d := cmp.Diff([]any{l, v, cards}, []any{l2, v2, cards2}); d != "" {
		t.Errorf("after all have left:\n%s", d)
	}
	for _, version := range v2.Versions {
		if len(version.Model) != len(spec.Digest{}) {
			t.Errorf("version %d has no digest to fetch it by", version.Number)
		}
	}
}
