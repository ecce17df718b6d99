package client_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestNobodyAnswers: errors without an answer are of the family of communication errors.
func TestNobodyAnswers(t *testing.T) {
	_, err := client.Dial(t.Context(), "http://127.0.0.1:1", "http://127.0.0.1:2")
	if !errors.Is(err, client.ErrUnreachable) || !errors.Is(err, spec.ErrCommunication) {
		t.Errorf("got %v", err)
	}
	if !errors.Is(client.ErrUnconfirmed, spec.ErrCommunication) {
		t.Errorf("%v is not of the family %v", client.ErrUnconfirmed, spec.ErrCommunication)
	}
}

// TestRefusalsHaveNumbers: the numbers of a refusal, not its text, decide which error it is.
func TestRefusalsHaveNumbers(t *testing.T) {
	for _, want := range round.Refusals() {
		if err := (&client.Refusal{Codespace: "task", Code: want.Code, Why: "task not found, said somebody"}); !errors.Is(err, want) {
			t.Errorf("%v: want %v", err, want)
		}
	}
	for _, c := range []struct {
		refusal client.Refusal
		want    error // nil: none
	}{
		{client.Refusal{Query: "/althing.task.v1.Query/Task", Codespace: "sdk", Code: 22}, round.ErrTaskNotFound},
		{client.Refusal{Query: "/althing.task.v1.Query/Rounds", Codespace: "sdk", Code: 22}, round.ErrTaskNotFound},
		{client.Refusal{Query: "/althing.task.v1.Query/Round", Codespace: "sdk", Code: 22}, round.ErrRoundNotFound},
		{client.Refusal{Query: "/althing.node.v1.Query/Node", Codespace: "sdk", Code: 22}, client.ErrNodeNotFound},
		{client.Refusal{Query: "/althing.node.v1.Query/NodeByOwner", Codespace: "sdk", Code: 22}, client.ErrNodeNotFound},
		{client.Refusal{Codespace: "node", Code: 2}, client.ErrNodeNotFound},
		{client.Refusal{Query: "/althing.model.v1.Query/Line", Codespace: "sdk", Code: 22}, client.ErrNoLine},
		{client.Refusal{Query: "/althing.model.v1.Query/Versions", Codespace: "sdk", Code: 22}, client.ErrNoLine},
		{client.Refusal{Query: "/althing.model.v1.Query/Cards", Codespace: "sdk", Code: 22}, client.ErrNoLine},
		{client.Refusal{Codespace: "model", Code: 2}, client.ErrNoLine},
		{client.Refusal{Codespace: "model", Code: 7}, client.ErrNotLineOwner},
		{client.Refusal{Codespace: "sdk", Code: 5}, client.ErrFunds},
		{client.Refusal{Codespace: "node", Code: 5}, client.ErrFunds},
		{client.Refusal{Codespace: "dao", Code: 2}, client.ErrNoProposal},
		{client.Refusal{Codespace: "dao", Code: 3}, client.ErrInactive},
		{client.Refusal{Codespace: "dao", Code: 4}, client.ErrPower},
		{client.Refusal{Codespace: "dao", Code: 5}, client.ErrVoted},
		{client.Refusal{Codespace: "dao", Code: 6}, client.ErrVoting},
		{client.Refusal{Codespace: "dao", Code: 7}, client.ErrQuorum},
		{client.Refusal{Codespace: "dao", Code: 99, Why: "already voted"}, nil},
		{client.Refusal{Codespace: "timelock", Code: 2}, client.ErrNotQueued},
		{client.Refusal{Codespace: "timelock", Code: 3}, client.ErrInactive},
		{client.Refusal{Codespace: "timelock", Code: 4}, client.ErrEarly},
		{client.Refusal{Codespace: "gov", Code: 16}, client.ErrSmall},
		{client.Refusal{Query: "/althing.dao.v1.Query/Poll", Codespace: "sdk", Code: 22}, client.ErrNoProposal},
		{client.Refusal{Query: "/cosmos.gov.v1.Query/Proposal", Codespace: "sdk", Code: 22}, client.ErrNoProposal},
		{client.Refusal{Query: "/althing.timelock.v1.Query/Entry", Codespace: "sdk", Code: 22}, client.ErrNotQueued},
		{client.Refusal{Query: "/cosmos.auth.v1beta1.Query/AccountInfo", Codespace: "sdk", Code: 22, Why: "task not found"}, client.ErrNoAccount},
		{client.Refusal{Codespace: "task", Code: 1, Why: "round not found"}, nil},
		{client.Refusal{Codespace: "node", Code: 14, Why: "node not found"}, nil},
	} {
		got := c.refusal.Unwrap()
		if !errors.Is(got, c.want) || errors.Is(&c.refusal, spec.ErrCommunication) {
			t.Errorf("%+v: got %v, want %v", c.refusal, got, c.want)
		}
	}
}

// TestRestartedNodesMayBeAskedAgain: refusals that a node gives until its first block after a
// restart may be retried.
func TestRestartedNodesMayBeAskedAgain(t *testing.T) {
	for _, c := range []struct {
		space string
		code  uint32
		again bool
	}{{"sdk", 4, true}, {"sdk", 18, true}, {"sdk", 32, true}, {"sdk", 13, false}, {"task", 4, false}} {
		if err := (&client.Refusal{Codespace: c.space, Code: c.code}); client.Retry(err) != c.again {
			t.Errorf("%s/%d: may be retried %v, want %v", c.space, c.code, !c.again, c.again)
		}
	}
	if client.Retry(client.ErrUnreachable) || client.Retry(nil) {
		t.Error("an error that is no refusal may be retried as one")
	}
}
