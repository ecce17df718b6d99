package timelockpb

import (
	"github.com/althing-network/althing/pb/words"
	"github.com/althing-network/althing/spec"
)

func entryStates() []words.Pair[EntryState, spec.EntryState] {
	return []words.Pair[EntryState, spec.EntryState]{
		words.Of(ENTRY_STATE_QUEUED, spec.EntryQueued),
		words.Of(ENTRY_STATE_EXECUTED, spec.EntryExecuted),
		words.Of(ENTRY_STATE_CANCELLED, spec.EntryCancelled),
		words.Of(ENTRY_STATE_EXPIRED, spec.EntryExpired),
	}
}

// ToSpec is the state in plain types. It refuses one that does not exist.
func (s EntryState) ToSpec() (spec.EntryState, error) {
	return words.Word("state of an entry", entryStates(), s)
}

// ToSpec is the entry in plain types. It refuses a state that does not exist.
func (m *QueryEntryResponse) ToSpec() (spec.Entry, error) {
	e := m.Entry
	state, err := e.State.ToSpec()
	return spec.Entry{
		State: state, Queued: e.Queued, ETA: spec.Time(e.Eta), Expires: spec.Time(e.Expires), Closed: e.Closed, By: e.By,
		Now: spec.Time(m.Now), Refusal: m.Refusal,
	}, err
}
