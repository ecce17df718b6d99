package modelpb_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/spec"
)

func TestLinesComeBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.Make[spec.Line]().Draw(t, "line")
		sent := modelpb.LineFromSpec(line)
		raw, err := sent.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var received modelpb.Line
		if err := received.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(line, received.ToSpec(), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestVersionsComeBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		version := rapid.Make[spec.Version]().Draw(t, "version")
		sent := modelpb.VersionFromSpec(version)
		raw, err := sent.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var received modelpb.Version
		if err := received.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		got, err := received.ToSpec()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(version, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestCardsComeBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card := rapid.Make[spec.Card]().Draw(t, "card")
		sent := modelpb.CardFromSpec(card)
		raw, err := sent.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var received modelpb.Card
		if err := received.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(card, received.ToSpec()); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestDigestsOfAnotherLengthAreRefused(t *testing.T) {
	v := modelpb.Version{Line: 3, Number: 7, Model: make([]byte, 31)}
	if _, err := v.ToSpec(); err == nil || !strings.Contains(err.Error(), "version 7 of line 3: model: digest of 31 bytes") {
		t.Errorf("got %v", err)
	}
	v = modelpb.Version{Line: 3, Number: 7, Model: make([]byte, 32), Base: make([]byte, 33)}
	if _, err := v.ToSpec(); err == nil || !strings.Contains(err.Error(), "version 7 of line 3: base: digest of 33 bytes") {
		t.Errorf("got %v", err)
	}
}

func FuzzVersion(f *testing.F) {
	seed := modelpb.VersionFromSpec(spec.Version{
		Line: 1, Number: 2, Model: spec.DigestOf(nil), Base: spec.DigestOf([]byte{1}), Task: 4, Round: 5, Height: 9,
		Score: 7, Scored: true, Trainers: 3, Participants: 8,
	})
	raw, err := seed.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m modelpb.Version
		if m.Unmarshal(raw) != nil {
			return
		}
		v, err := m.ToSpec()
		if err != nil {
			return
		}
		again := modelpb.VersionFromSpec(v)
		back, err := again.ToSpec()
		if err != nil || back != v {
			t.Errorf("%+v becomes %+v (%v)", v, back, err)
		}
	})
}

func FuzzLine(f *testing.F) {
	seed := modelpb.LineFromSpec(spec.Line{ID: 1, Owner: "ann", Name: "digits", Model: spec.DefaultTask().Model, Tasks: 1})
	raw, err := seed.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m modelpb.Line
		if m.Unmarshal(raw) != nil {
			return
		}
		l := m.ToSpec()
		again := modelpb.LineFromSpec(l)
		if d := cmp.Diff(l, again.ToSpec(), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if l.Validate() == nil && l.Model.Difference(l.Model) != "" {
			t.Errorf("an architecture differs from itself: %+v", l.Model)
		}
	})
}
