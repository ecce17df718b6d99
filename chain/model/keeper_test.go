package model_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/chain/model"
	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/spec"
)

// account returns an address that begins with a name.
func account(name string) string {
	s, err := address.NewBech32Codec("althing").BytesToString([]byte(name + strings.Repeat(" ", 20-len(name))))
	if err != nil {
		panic(err)
	}
	return s
}

// registry is a keeper and a context to call it in.
type registry struct {
	model.Keeper
	ctx   sdk.Context
	codec codec.Codec
	key   *storetypes.KVStoreKey
}

func open() registry {
	keys := storetypes.NewKVStoreKeys(model.Name)
	r := registry{
		ctx:   testutil.DefaultContextWithKeys(keys, nil, nil).WithBlockHeight(7),
		codec: moduletestutil.MakeTestEncodingConfig(model.Module{}).Codec,
		key:   keys[model.Name],
	}
	r.Keeper = model.NewKeeper(r.codec, runtime.NewKVStoreService(r.key), address.NewBech32Codec("althing"))
	return r
}

// exported returns what the registry writes into a genesis.
func (r registry) exported() (g modelpb.Genesis) {
	r.codec.MustUnmarshalJSON(model.Module{Keeper: r.Keeper}.ExportGenesis(r.ctx, r.codec), &g)
	return g
}

// begin returns a registry that begins with a genesis, or the reason why it cannot.
func begin(g modelpb.Genesis) (r registry, err error) {
	r = open()
	defer func() {
		if refused, panics := recover().(error); panics {
			err = refused
		}
	}()
	model.Module{Keeper: r.Keeper}.InitGenesis(r.ctx, r.codec, r.codec.MustMarshalJSON(&g))
	return r, nil
}

func softmax() spec.Model { return spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10} }

func digest(word string) spec.Digest { return spec.DigestOf([]byte(word)) }

func enter(t *testing.T, r registry, task uint64, owner, line string) {
	t.Helper()
	if err := r.Enter(r.ctx, task, account(owner), line, softmax()); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, r registry, v spec.Version) {
	t.Helper()
	if err := r.Publish(r.ctx, v); err != nil {
		t.Fatal(err)
	}
}

func versions(t *testing.T, r registry, line uint64) (list []spec.Version) {
	t.Helper()
	resp, err := r.Versions(r.ctx, &modelpb.QueryVersions{Line: line})
	if err != nil {
		t.Fatal(err)
	}
	for i := range resp.Versions {
		v, err := resp.Versions[i].ToSpec()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// sound fails the test if the store has contradictions.
func sound(t interface {
	Helper()
	Errorf(string, ...any)
}, r registry,
) {
	t.Helper()
	if found, err := r.Inconsistencies(r.ctx); err != nil || len(found) > 0 {
		t.Errorf("contradictions %q (%v)", found, err)
	}
}

// trained returns a registry in which tasks 1 and 3 of ann publish into one line, task 2 of bob has
// its own line, and a vote has rolled ann's line back.
func trained(t *testing.T) registry {
	t.Helper()
	r := open()
	enter(t, r, 1, "ann", "digits")
	enter(t, r, 2, "bob", "")
	publish(t, r, spec.Version{Task: 1, Model: digest("0")})
	publish(t, r, spec.Version{Task: 1, Model: digest("1"), Base: digest("0"), Round: 1, Trainers: 3, Participants: 8})
	r.ctx = r.ctx.WithBlockHeight(9)
	publish(t, r, spec.Version{Task: 1, Model: digest("2"), Base: digest("1"), Round: 2, Trainers: 2, Participants: 7})
	if err := r.SetScore(r.ctx, 1, 2, 900_000); err != nil {
		t.Fatal(err)
	}
	if err := r.SetScore(r.ctx, 1, 1, 800_000); err != nil { // late: the line keeps the newer score
		t.Fatal(err)
	}
	publish(t, r, spec.Version{Task: 1, Model: digest("1"), Base: digest("1"), Proposal: 4})
	enter(t, r, 3, "ann", "digits")
	publish(t, r, spec.Version{Task: 3, Model: digest("0")})
	return r
}

func TestLinesGoAcrossTasks(t *testing.T) {
	r := trained(t)
	want := []spec.Version{
		{Line: 1, Number: 1, Model: digest("0"), Task: 1, Height: 7},
		{Line: 1, Number: 2, Model: digest("1"), Base: digest("0"), Task: 1, Round: 1, Height: 7, Score: 800_000, Scored: true, Trainers: 3, Participants: 8},
		{Line: 1, Number: 3, Model: digest("2"), Base: digest("1"), Task: 1, Round: 2, Height: 9, Score: 900_000, Scored: true, Trainers: 2, Participants: 7},
		{Line: 1, Number: 4, Model: digest("1"), Base: digest("1"), Task: 1, Proposal: 4, Height: 9},
		{Line: 1, Number: 5, Model: digest("0"), Task: 3, Height: 9},
	}
	if d := cmp.Diff(want, versions(t, r, 1)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	newest, err := r.Newest(r.ctx, 1)
	if d := cmp.Diff(want[4], newest); err != nil || d != "" {
		t.Errorf("newest: %v (-want +got):\n%s", err, d)
	}
	line, err := r.Get(r.ctx, 1)
	wantLine := spec.Line{ID: 1, Owner: account("ann"), Name: "digits", Model: softmax(), Created: 7, Tasks: 2, Versions: 5, Scored: 3, Score: 900_000}
	if d := cmp.Diff(wantLine, line); err != nil || d != "" {
		t.Errorf("line: %v (-want +got):\n%s", err, d)
	}
	own, err := r.Get(r.ctx, 2)
	if err != nil || own.Name != "task-2" || own.Owner != account("bob") || own.Versions != 0 {
		t.Errorf("the line of a task that names none is %+v (%v)", own, err)
	}
	if _, err := r.Newest(r.ctx, 2); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("the newest of no versions: %v", err)
	}
	for _, c := range []struct {
		task      uint64
		model     string
		published bool
	}{{1, "0", true}, {1, "2", true}, {3, "2", true}, {1, "3", false}, {2, "0", false}} {
		if is, err := r.Published(r.ctx, c.task, digest(c.model)); err != nil || is != c.published {
			t.Errorf("model %s is a version of the line of task %d: %v (%v)", c.model, c.task, is, err)
		}
	}
	if _, err := r.Published(r.ctx, 9, digest("0")); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("a task that nobody knows: %v", err)
	}
	if n, err := r.CountEntries(r.ctx); err != nil || n != 3 {
		t.Errorf("%d tasks have a line (%v)", n, err)
	}
	sound(t, r)
}

// TestLinesOfOwnersAreApart: two owners may have lines with the same name; their versions do not mix.
func TestLinesOfOwnersAreApart(t *testing.T) {
	r := open()
	enter(t, r, 1, "ann", "digits")
	enter(t, r, 2, "bob", "digits")
	publish(t, r, spec.Version{Task: 1, Model: digest("0")})
	if is, err := r.Published(r.ctx, 2, digest("0")); err != nil || is {
		t.Errorf("a version of ann's is one of bob's (%v)", err)
	}
	if err := r.Publish(r.ctx, spec.Version{Task: 2, Model: digest("1"), Base: digest("0"), Round: 1}); !errors.Is(err, model.ErrVersion) {
		t.Errorf("bob's version is made from ann's: %v", err)
	}
	sound(t, r)
}

// TestRefused: each refused message has its own error and changes nothing.
func TestRefused(t *testing.T) {
	wider := softmax()
	wider.Inputs, wider.Seed = 65, 3
	for want, try := range map[string]struct {
		is   error
		what func(registry) error
	}{
		`line 1 "digits": model.inputs is 65 instead of 64`: {model.ErrArchitecture, func(r registry) error { return r.Enter(r.ctx, 4, account("ann"), "digits", wider) }},
		"task 2: task has a model line already":             {model.ErrEntered, func(r registry) error { return r.Enter(r.ctx, 2, account("bob"), "", softmax()) }},
		"task 0":                                            {model.ErrEntered, func(r registry) error { return r.Enter(r.ctx, 0, account("bob"), "", softmax()) }},
		`line "task-9" of `:                                 {model.ErrLine, func(r registry) error { return r.Enter(r.ctx, 4, account("bob"), "task-9", softmax()) }},
		`does not exist: only task 2 can create a line with this name`: {model.ErrLine, func(r registry) error { return r.Enter(r.ctx, 4, account("ann"), "task-2", softmax()) }},
		"printable text":                   {model.ErrLine, func(r registry) error { return r.Enter(r.ctx, 4, account("ann"), "two\nlines", softmax()) }},
		"task 9: model line not found":     {model.ErrNotFound, func(r registry) error { return r.Publish(r.ctx, spec.Version{Task: 9, Model: digest("0")}) }},
		"a version of task 1 has no model": {model.ErrVersion, func(r registry) error { return r.Publish(r.ctx, spec.Version{Task: 1}) }},
		"task 1 round 2 has a version already": {model.ErrVersion, func(r registry) error {
			return r.Publish(r.ctx, spec.Version{Task: 1, Model: digest("x"), Base: digest("1"), Round: 2})
		}},
		"task 1 round 0 has a version already": {model.ErrVersion, func(r registry) error {
			return r.Publish(r.ctx, spec.Version{Task: 1, Model: digest("x")})
		}},
		"want a version of line 1": {model.ErrVersion, func(r registry) error {
			return r.Publish(r.ctx, spec.Version{Task: 1, Model: digest("x"), Base: digest("y"), Round: 3})
		}},
		"task 1 round 7 has no version to score":  {model.ErrVersion, func(r registry) error { return r.SetScore(r.ctx, 1, 7, 1) }},
		"version 3 of line 1 has a score already": {model.ErrVersion, func(r registry) error { return r.SetScore(r.ctx, 1, 2, 1) }},
		"has the score 1000001: want at most":     {model.ErrVersion, func(r registry) error { return r.SetScore(r.ctx, 3, 0, spec.One+1) }},
		"line 9: model line not found":            {model.ErrNotFound, card("ann", 9, "text")},
		"line 1 belongs to " + account("ann"):     {model.ErrOwner, card("bob", 1, "text")},
		"card of 0 bytes: want 1 to 8192":         {model.ErrCard, card("ann", 1, "")},
		"card of 8193 bytes: want 1 to 8192":      {model.ErrCard, card("ann", 1, strings.Repeat("x", 8193))},
		`control character '\x1b' after "see "`:   {model.ErrCard, card("ann", 1, "see \x1b[2J")},
		"card is not valid UTF-8":                 {model.ErrCard, card("ann", 1, "\xff")},
		"decoding bech32 failed": {model.ErrOwner, func(r registry) error {
			_, err := r.SetCard(r.ctx, &modelpb.MsgSetCard{Owner: "ann", Line: 1})
			return err
		}},
		"line 1 and task 1: want one of them":      {model.ErrNotFound, func(r registry) error { _, err := r.Line(r.ctx, &modelpb.QueryLine{Id: 1, Task: 1}); return err }},
		"line 0: model line not found":             {model.ErrNotFound, func(r registry) error { _, err := r.Line(r.ctx, &modelpb.QueryLine{}); return err }},
		"line 8: model line not found":             {model.ErrNotFound, func(r registry) error { _, err := r.Versions(r.ctx, &modelpb.QueryVersions{Line: 8}); return err }},
		"line 7: model line not found":             {model.ErrNotFound, func(r registry) error { _, err := r.Cards(r.ctx, &modelpb.QueryCards{Line: 7}); return err }},
		"task 6: model line not found":             {model.ErrNotFound, func(r registry) error { _, err := r.Line(r.ctx, &modelpb.QueryLine{Task: 6}); return err }},
		"line 2 has no version: model line not fo": {model.ErrNotFound, func(r registry) error { _, err := r.Newest(r.ctx, 2); return err }},
	} {
		r := trained(t)
		before := r.exported()
		inside, _ := r.ctx.CacheContext() // as a message that fails
		err := try.what(registry{r.Keeper, inside, r.codec, r.key})
		if !errors.Is(err, try.is) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if d := cmp.Diff(before, r.exported()); d != "" {
			t.Errorf("%s: it has changed something:\n%s", want, d)
		}
	}
}

func card(owner string, line uint64, text string) func(registry) error {
	return func(r registry) error {
		_, err := r.SetCard(r.ctx, &modelpb.MsgSetCard{Owner: account(owner), Line: line, Text: text})
		return err
	}
}

// TestTaskContinuesALine: a task may publish into the line of an earlier task of the same owner.
func TestTaskContinuesALine(t *testing.T) {
	r := trained(t)
	enter(t, r, 4, "bob", "task-2")
	if line, err := r.Get(r.ctx, 2); err != nil || line.Tasks != 2 {
		t.Errorf("line %+v (%v)", line, err)
	}
	sound(t, r)
}

func TestCardsStay(t *testing.T) {
	r := trained(t)
	for i := range spec.MaxCards {
		r.ctx = r.ctx.WithBlockHeight(int64(20 + i)).WithEventManager(sdk.NewEventManager())
		resp, err := r.SetCard(r.ctx, &modelpb.MsgSetCard{Owner: strings.ToUpper(account("ann")), Line: 1, Text: fmt.Sprintf("card\n%d\n", i+1)})
		if err != nil || resp.Number != uint32(i+1) {
			t.Fatalf("card %d: %v (%v)", i+1, resp, err)
		}
		if events := r.ctx.EventManager().Events(); len(events) != 1 || events[0].Type != "althing.model.v1.EventCardSet" {
			t.Errorf("card %d: got events %v", i+1, events)
		}
	}
	if err := card("ann", 1, "one more")(r); !errors.Is(err, model.ErrFull) {
		t.Errorf("card 257: %v", err)
	}
	seen, at := 0, &query.PageRequest{Limit: 1000}
	for {
		resp, err := r.Cards(r.ctx, &modelpb.QueryCards{Line: 1, Pagination: at})
		if err != nil {
			t.Fatal(err)
		}
		if len(resp.Cards) > 64 {
			t.Errorf("%d cards in one answer", len(resp.Cards))
		}
		for _, c := range resp.Cards {
			seen++
			want := modelpb.Card{Line: 1, Number: uint32(seen), Text: fmt.Sprintf("card\n%d\n", seen), Height: int64(19 + seen)}
			if d := cmp.Diff(want, c); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		}
		if at = (&query.PageRequest{Key: resp.Pagination.NextKey}); at.Key == nil {
			break
		}
	}
	if seen != spec.MaxCards {
		t.Errorf("%d cards are kept", seen)
	}
	line, err := r.Line(r.ctx, &modelpb.QueryLine{Task: 3})
	if err != nil || line.Line.Id != 1 || line.Card.Number != spec.MaxCards || line.Newest.Number != 5 {
		t.Errorf("line %+v (%v)", line, err)
	}
	sound(t, r)
}

func TestListsOfLines(t *testing.T) {
	r := open()
	for i, name := range []string{"ships", "cars", "", "birds"} {
		enter(t, r, uint64(i+1), "ann", name)
	}
	enter(t, r, 5, "bob", "ants")
	names := func(req modelpb.QueryLines) (list []string) {
		for {
			resp, err := r.Lines(r.ctx, &req)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range resp.Lines {
				if d := cmp.Diff(softmax(), l.Model.ToSpec()); d != "" {
					t.Errorf("line %d has another architecture:\n%s", l.Id, d)
				}
				list = append(list, l.Name)
			}
			if len(resp.Pagination.NextKey) == 0 {
				return list
			}
			req.Pagination = &query.PageRequest{Key: resp.Pagination.NextKey, Limit: 2}
		}
	}
	for _, c := range []struct {
		req  modelpb.QueryLines
		want []string
	}{
		{modelpb.QueryLines{}, []string{"ships", "cars", "task-3", "birds", "ants"}},
		{modelpb.QueryLines{Pagination: &query.PageRequest{Limit: 2}}, []string{"ships", "cars", "task-3", "birds", "ants"}},
		{modelpb.QueryLines{Owner: account("ann"), Pagination: &query.PageRequest{Limit: 2}}, []string{"birds", "cars", "ships", "task-3"}},
		{modelpb.QueryLines{Owner: strings.ToUpper(account("bob"))}, []string{"ants"}},
		{modelpb.QueryLines{Owner: account("eve")}, nil},
	} {
		if d := cmp.Diff(c.want, names(c.req)); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.req, d)
		}
	}
	if _, err := r.Lines(r.ctx, &modelpb.QueryLines{Owner: "ann"}); !errors.Is(err, model.ErrOwner) {
		t.Errorf("lines of no account: %v", err)
	}
}

func TestVersionsAreTold(t *testing.T) {
	r := open()
	enter(t, r, 1, "ann", "")
	r.ctx = r.ctx.WithEventManager(sdk.NewEventManager())
	publish(t, r, spec.Version{Task: 1, Model: digest("0")})
	if events := r.ctx.EventManager().Events(); len(events) != 1 || events[0].Type != "althing.model.v1.EventVersionPublished" {
		t.Errorf("got events %v for a version", events)
	}
}

// TestGasOfAPublication: the gas of a publication grows neither with the number of versions of the
// line nor with the size of the architecture.
func TestGasOfAPublication(t *testing.T) {
	r := open()
	deep := spec.Model{Kind: spec.ModelMLP, Inputs: 64, Classes: 10}
	for range spec.MaxDepth {
		deep.Hidden = append(deep.Hidden, 1000)
	}
	if err := r.Enter(r.ctx, 1, account("ann"), strings.Repeat("n", 64), deep); err != nil {
		t.Fatal(err)
	}
	publish(t, r, spec.Version{Task: 1, Model: digest("0")})
	var first, gas uint64
	for i := range uint64(300) {
		ctx := r.ctx.WithGasMeter(storetypes.NewGasMeter(1_000_000)).WithBlockHeight(1 << 40)
		v := spec.Version{Task: 1, Model: digest(fmt.Sprint("round ", i)), Base: digest("0"), Round: 1_000_000 + i, Trainers: spec.MaxTrainers, Participants: spec.MaxTrainers}
		if err := r.Publish(ctx, v); err != nil {
			t.Fatal(err)
		}
		if err := r.SetScore(ctx, 1, v.Round, spec.One); err != nil {
			t.Fatal(err)
		}
		gas = ctx.GasMeter().GasConsumed()
		if i == 0 {
			first = gas
		}
	}
	t.Logf("%d gas to publish and score the first version, %d the last", first, gas)
	if gas > 60_000 || gas > first+1000 {
		t.Errorf("%d gas to publish and score a version, %d the first: want at most 60000", gas, first)
	}
}
