package client_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

func TestNobodyAnswers(t *testing.T) {
	_, err := client.Dial(t.Context(), "http://127.0.0.1:1", "http://127.0.0.1:2")
	if !errors.Is(err, client.ErrUnreachable) || !errors.Is(err, spec.ErrCommunication) {
		t.Errorf("got %v", err)
	}
	if !errors.Is(client.ErrUnconfirmed, spec.ErrCommunication) {
		t.Error("what no block holds is no matter of communication")
	}
}

func TestRefusalsHaveNames(t *testing.T) {
	for why, want := range map[string]error{
		"task 9: task not found":           client.ErrTaskNotFound,
		"task 9 round 3: round not found":  client.ErrRoundNotFound,
		"id 9: node not found":             client.ErrNodeNotFound,
		"message is late: phase has ended": nil,
	} {
		err := error(&client.Refusal{Codespace: "task", Code: 2, Why: why})
		if want != nil && !errors.Is(err, want) || errors.Is(err, spec.ErrCommunication) {
			t.Errorf("%v: want %v", err, want)
		}
	}
}

func TestRestartedNodesMayBeAskedAgain(t *testing.T) {
	for _, c := range []struct {
		space string
		code  uint32
		again bool
	}{{"sdk", 4, true}, {"sdk", 18, true}, {"sdk", 32, true}, {"sdk", 13, false}, {"task", 4, false}} {
		if err := (&client.Refusal{Codespace: c.space, Code: c.code}); client.Retry(err) != c.again {
			t.Errorf("%s/%d: retried is %v, want %v", c.space, c.code, !c.again, c.again)
		}
	}
	if client.Retry(client.ErrUnreachable) || client.Retry(nil) {
		t.Error("what is no refusal is retried as one")
	}
}
