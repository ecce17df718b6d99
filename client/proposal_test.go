package client_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/google/go-cmp/cmp"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/spec"
)

// holder is the address of an account.
const holder = "althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684"

// state is what a fake chain holds: rules, one task, and one proposal.
type state struct {
	task     taskpb.Task
	proposal *govv1.Proposal
	poll     *daopb.Poll
	entry    *timelockpb.Entry
	tried    []*codectypes.Any // messages of the last dry run
}

func (s *state) answer(method string, request []byte) proto.Message {
	switch method {
	case "/althing.dao.v1.Query/Params":
		return &daopb.QueryParamsResponse{
			Params: daopb.Params{WarmupSeconds: 60, LateSeconds: 70, MaxOpen: 20, HighThreshold: 667_000},
			Rules:  daopb.Rules{VotingSeconds: 600, MinDeposit: 1000 * spec.Thing, InitialDeposit: 250_000, Quorum: 250_000, Threshold: 500_000, Veto: 334_000},
		}
	case "/althing.fee.v1.Query/Params":
		return &feepb.QueryParamsResponse{Params: feepb.Params{MinGasPrice: 25}}
	case "/althing.node.v1.Query/Params":
		return &nodepb.QueryParamsResponse{Params: nodeRules()}
	case "/althing.task.v1.Query/Tariff":
		return &taskpb.QueryTariffResponse{Tariff: taskpb.TariffFromSpec(spec.DefaultTariff())}
	case "/althing.timelock.v1.Query/Params":
		return &timelockpb.QueryParamsResponse{Params: timelockpb.Params{DelaySeconds: 172_800, Guardian: holder}}
	case "/althing.task.v1.Query/Task":
		return &taskpb.QueryTaskResponse{Task: s.task}
	case "/althing.dao.v1.Query/DryRun":
		var req daopb.QueryDryRun
		if err := proto.Unmarshal(request, &req); err != nil {
			return nil
		}
		s.tried = req.Messages
		return &daopb.QueryDryRunResponse{DryRun: daopb.DryRun{Height: 4, Error: "no", Gas: 77}, Dangerous: true}
	case "/cosmos.gov.v1.Query/Proposal":
		if s.proposal != nil {
			return &govv1.QueryProposalResponse{Proposal: s.proposal}
		}
	case "/althing.dao.v1.Query/Poll":
		if s.poll != nil {
			return &daopb.QueryPollResponse{Poll: *s.poll}
		}
	case "/althing.timelock.v1.Query/Entry":
		if s.entry != nil {
			return &timelockpb.QueryEntryResponse{Entry: *s.entry, Now: 9}
		}
	}
	return nil
}

func nodeRules() nodepb.Params {
	return nodepb.Params{
		Stakes: nodepb.Stakes{
			Trainer:   nodepb.StakeBounds{Min: 2 * spec.Thing, Max: 7 * spec.Thing},
			Evaluator: nodepb.StakeBounds{Min: 3 * spec.Thing, Max: 8 * spec.Thing},
		},
		Local: true, JailSeconds: 600, MaxSlash: 100_000,
	}
}

func governed() taskpb.Task {
	asked := spec.DefaultTask()
	asked.Training.Rate = 100_000
	record := taskpb.TaskSpecFromSpec(asked)
	record.Governed = true
	base := spec.DigestOf([]byte("newest"))
	return taskpb.Task{Id: 1, Spec: &record, State: taskpb.TaskStateFromSpec(spec.TaskRunning), Round: 4, Model: base[:], Updates: 3, Revisions: []taskpb.Revision{
		{Round: 5, Training: taskpb.Training{Rate: 60_000, Batch: 16}},
	}}
}

// TestProposalsTravel: every action that a file can state becomes a message, and is read back from
// it unchanged, with the values filled in that the chain had before.
func TestProposalsTravel(t *testing.T) {
	s := &state{task: governed()}
	c := (&fake{T: t, state: s.answer}).dial()
	model := spec.DigestOf([]byte("other"))
	draft := spec.Draft{Title: "title", Summary: "summary", Actions: []spec.Action{
		{UpdateModel: &spec.UpdateModel{Task: 1, Base: spec.LatestModel, Model: model.String(), Holder: 8, Settings: spec.Settings{
			{Name: "training.rate", Value: "0.05"}, {Name: "training.batch", Value: "32"}, {Name: "aggregation.tau", Value: "0.001"},
		}}},
		{AddParticipant: &spec.AddParticipant{Node: 3, Grant: 5}},
		{RemoveParticipant: &spec.RemoveParticipant{Node: 4, Reason: "silent"}},
		{Mint: &spec.Mint{To: holder, Amount: 6}},
		{Cancel: &spec.CancelEntry{Proposal: 2}},
		{UpdateParams: &spec.UpdateParams{Module: "fee", Settings: spec.Settings{{Name: "min_gas_price", Value: "30"}}}},
		{UpdateParams: &spec.UpdateParams{Module: "node", Settings: spec.Settings{{Name: "stakes.trainer.min", Value: "2.5"}, {Name: "stakes.evaluator.max", Value: "9"}}}},
		{UpdateParams: &spec.UpdateParams{Module: "task", Settings: spec.Settings{{Name: "no_reveal", Value: "0.01"}}}},
		{UpdateParams: &spec.UpdateParams{Module: "dao", Settings: spec.Settings{{Name: "max_open", Value: "9"}, {Name: "quorum", Value: "0.3"}}}},
		{UpdateParams: &spec.UpdateParams{Module: "timelock", Settings: spec.Settings{{Name: "guardian", Value: spec.NoAccount}}}},
	}}
	m, err := c.Compose(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	if m.Deposit != spec.Amount(1000*spec.Thing) {
		t.Errorf("the deposit is %s, want all that a vote needs", m.Deposit)
	}
	newest := spec.DigestOf([]byte("newest"))
	update := m.Actions[0].UpdateModel
	want := &spec.UpdateModel{Task: 1, Base: newest.String(), Model: model.String(), Holder: 8, Updates: 3, Settings: spec.Settings{
		{Name: "training.rate", Value: "0.05", Before: "0.06"}, {Name: "training.batch", Value: "32", Before: "16"}, {Name: "aggregation.tau", Value: "0.001", Before: "0"},
	}}
	if diff := cmp.Diff(want, update); diff != "" {
		t.Errorf("update_model (-want +got):\n%s", diff)
	}
	ran, dangerous, err := c.DryRun(t.Context(), &m)
	if want := (spec.DryRun{Height: 4, Error: "no", Gas: 77}); err != nil || ran != want || !dangerous || m.Ran != 77 {
		t.Errorf("dry run %+v, dangerous %v, %d gas (%v)", ran, dangerous, m.Ran, err)
	}
	if got := client.GasOf(m); got <= client.Gas+2*77 {
		t.Errorf("a submission of %d messages may use %d gas", len(s.tried), got)
	}
	digest, err := m.Digest()
	if err != nil || digest.IsZero() {
		t.Error(digest, err)
	}
	// Now read the actions back from the chain.
	ends := time.UnixMilli(5000)
	s.proposal = &govv1.Proposal{Id: 1, Title: "title", Messages: s.tried, VotingEndTime: &ends}
	s.poll = &daopb.Poll{Proposal: 1, Proposer: holder, Start: 1}
	p, err := c.Proposal(t.Context(), 1)
	if err != nil || p.Status != spec.ProposalVoting || p.Ends != 5000 || p.Proposer() != holder {
		t.Fatalf("%+v (%v)", p, err)
	}
	compared, err := c.Compare(t.Context(), p.Actions)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range compared {
		was := m.Actions[i]
		if a.UpdateParams == nil {
			if diff := cmp.Diff(was, a); diff != "" {
				t.Errorf("action %d (-written +read):\n%s", i+1, diff)
			}
			continue
		}
		changed := spec.UpdateParams{Module: a.UpdateParams.Module}
		for _, s := range a.UpdateParams.Settings {
			if s.Value != s.Before {
				changed.Settings = append(changed.Settings, s)
			}
		}
		if diff := cmp.Diff(was.UpdateParams, &changed); diff != "" {
			t.Errorf("action %d: a parameter that the file does not name has changed (-written +read):\n%s", i+1, diff)
		}
		if got, want := len(a.UpdateParams.Settings), len(spec.Parameters(changed.Module)); got != want {
			t.Errorf("%s has %d parameters, want %d", changed.Module, got, want)
		}
	}
	// Only the named bounds of roles change. Parameters that only the genesis can set stay.
	var got nodepb.MsgUpdateParams
	if err := proto.Unmarshal(s.tried[6].Value, &got); err != nil {
		t.Fatal(err)
	}
	rules := nodeRules()
	rules.Stakes.Trainer.Min, rules.Stakes.Evaluator.Max = 2_500_000, 9*spec.Thing
	if diff := cmp.Diff(rules, got.Params); diff != "" {
		t.Errorf("rules of nodes (-want +got):\n%s", diff)
	}
}

// TestLatestModel: the newest model is the one with which the next round begins. After a vote has
// adopted a model, it is the adopted one.
func TestLatestModel(t *testing.T) {
	s := &state{task: governed()}
	c := (&fake{T: t, state: s.answer}).dial()
	adopted := spec.DigestOf([]byte("adopted"))
	s.task.Adopted = &taskpb.Adoption{Proposal: 2, Model: adopted[:], Round: 5}
	draft := spec.Draft{Title: "t", Summary: "s", Actions: []spec.Action{{UpdateModel: &spec.UpdateModel{
		Task: 1, Base: spec.LatestModel, Settings: spec.Settings{{Name: "training.rate", Value: "1"}},
	}}}}
	m, err := c.Compose(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Actions[0].UpdateModel.Base; got != adopted.String() {
		t.Errorf("the base is %s, want the adopted model %s", got, adopted)
	}
}

// TestEveryParameterIsRead: the client reads from the chain every parameter of every module that a
// vote may change.
func TestEveryParameterIsRead(t *testing.T) {
	c := (&fake{T: t, state: (&state{task: governed()}).answer}).dial()
	check := func(a spec.Action, settings func(spec.Action) spec.Settings) {
		t.Helper()
		all, err := c.Compare(t.Context(), []spec.Action{a})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range settings(all[0]) {
			if s.Before == "" {
				t.Errorf("%s: got no value", s.Name)
			}
		}
	}
	named := func(list []spec.Parameter) (s spec.Settings) {
		for _, p := range list {
			s = append(s, spec.Setting{Name: p.Name})
		}
		return s
	}
	for _, m := range spec.Modules() {
		check(spec.Action{UpdateParams: &spec.UpdateParams{Module: m.Name, Settings: named(m.Parameters)}},
			func(a spec.Action) spec.Settings { return a.UpdateParams.Settings })
	}
	check(spec.Action{UpdateModel: &spec.UpdateModel{Task: 1, Settings: named(spec.Hyperparameters())}},
		func(a spec.Action) spec.Settings { return a.UpdateModel.Settings })
}

func TestComposeRefuses(t *testing.T) {
	s := &state{task: governed()}
	c := (&fake{T: t, state: s.answer}).dial()
	s.task.Spec.Governed = false
	update := spec.Action{UpdateModel: &spec.UpdateModel{Task: 1, Base: spec.LatestModel, Settings: spec.Settings{{Name: "training.rate", Value: "1"}}}}
	for want, a := range map[string]spec.Action{
		"not governed":                   update,
		"want the address of an account": {Mint: &spec.Mint{To: "althing1", Amount: 1}},
		"min_gas_price":                  {UpdateParams: &spec.UpdateParams{Module: "fee", Settings: spec.Settings{{Name: "min_gas_price", Value: "-1"}}}},
		"max_open: 429496":               {UpdateParams: &spec.UpdateParams{Module: "dao", Settings: spec.Settings{{Name: "max_open", Value: "4294967296"}}}},
		"unknown setting":                {UpdateParams: &spec.UpdateParams{Module: "node", Settings: spec.Settings{{Name: "local", Value: "1"}}}},
	} {
		_, err := c.Compose(t.Context(), spec.Draft{Title: "t", Summary: "s", Actions: []spec.Action{a}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	s.task.Spec.Governed, s.task.Model = true, nil
	if _, err := c.Compose(t.Context(), spec.Draft{Title: "t", Summary: "s", Actions: []spec.Action{update}}); err == nil {
		t.Error("the newest model of a task without a model: got no error")
	}
}

// TestStatus: the status of a proposal is made of what x/gov, the poll and the timelock store.
func TestStatus(t *testing.T) {
	proposal := &govv1.Proposal{Id: 1, Metadata: "text"}
	for _, c := range []struct {
		want     spec.ProposalStatus
		proposal *govv1.Proposal
		poll     daopb.Poll
		entry    timelockpb.EntryState
	}{
		{spec.ProposalDeposit, proposal, daopb.Poll{}, 0},
		{spec.ProposalVoting, proposal, daopb.Poll{Start: 1}, 0},
		{spec.ProposalPassed, proposal, daopb.Poll{Start: 1, Outcome: daopb.OUTCOME_PASSED}, 0},
		{spec.ProposalRejected, proposal, daopb.Poll{Start: 1, Outcome: daopb.OUTCOME_QUORUM}, 0},
		{spec.ProposalRejected, proposal, daopb.Poll{Start: 1, Outcome: daopb.OUTCOME_VETOED}, 0},
		{spec.ProposalFailed, proposal, daopb.Poll{Start: 1, Outcome: daopb.OUTCOME_FAILED}, 0},
		{spec.ProposalExpired, nil, daopb.Poll{Outcome: daopb.OUTCOME_NO_DEPOSIT}, 0},
		{spec.ProposalCancelled, nil, daopb.Poll{Outcome: daopb.OUTCOME_CANCELLED}, 0},
		{spec.ProposalQueued, proposal, daopb.Poll{Outcome: daopb.OUTCOME_PASSED}, timelockpb.ENTRY_STATE_QUEUED},
		{spec.ProposalExecuted, proposal, daopb.Poll{Outcome: daopb.OUTCOME_PASSED}, timelockpb.ENTRY_STATE_EXECUTED},
		{spec.ProposalCancelled, proposal, daopb.Poll{Outcome: daopb.OUTCOME_PASSED}, timelockpb.ENTRY_STATE_CANCELLED},
		{spec.ProposalExpired, proposal, daopb.Poll{Outcome: daopb.OUTCOME_PASSED}, timelockpb.ENTRY_STATE_EXPIRED},
	} {
		s := &state{proposal: c.proposal, poll: &c.poll}
		if c.entry != 0 {
			s.entry = &timelockpb.Entry{State: c.entry}
		}
		p, err := (&fake{T: t, state: s.answer}).dial().Proposal(t.Context(), 1)
		if err != nil || p.Status != c.want {
			t.Errorf("got %s (%v), want %s", p.Status, err, c.want)
		}
	}
	_, err := (&fake{T: t, state: (&state{}).answer}).dial().Proposal(t.Context(), 1)
	if !errors.Is(err, client.ErrNoProposal) {
		t.Errorf("got %v, want %v", err, client.ErrNoProposal)
	}
	unknown := &state{poll: &daopb.Poll{}, proposal: &govv1.Proposal{Messages: []*codectypes.Any{{TypeUrl: "/cosmos.bank.v1beta1.MsgSend"}}}}
	p, err := (&fake{T: t, state: unknown.answer}).dial().Proposal(t.Context(), 1)
	if err != nil || p.Actions[0].Unknown != "/cosmos.bank.v1beta1.MsgSend" {
		t.Errorf("%+v (%v)", p.Actions, err)
	}
}
