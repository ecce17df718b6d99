package client_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

func evidence() []client.Evidence {
	return []client.Evidence{
		{Task: 1, Answers: &client.Answers{First: []byte("one"), Second: []byte("another")}},
		{Task: 1, Receipts: &round.TwoReceipts{Round: 1, Aggregator: 7, Trainer: 1, First: round.SignedReceipt{Commitment: spec.Digest{1}, Signature: spec.Signature{2}}}},
	}
}

// TestReadEvidence: evidence that was written to a file is read back; any other file is refused.
func TestReadEvidence(t *testing.T) {
	for _, want := range evidence() {
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.ReadEvidence(bytes.NewReader(raw))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v (-want +got):\n%s", err, d)
		}
	}
	for _, wrong := range []string{
		"", "null", "{}", `{"task":1}`, `{"task":0,"answers":{}}`, `{"task":1,"answers":{},"receipts":{}}`,
		`{"task":1,"answers":{}} more`, `{"task":1,"answers":{"first":"?"}}`, `{"task":1,"other":1}`,
		`{"task":1,"answers":{"first":"` + strings.Repeat("A", client.MaxEvidence) + `"}}`,
	} {
		if e, err := client.ReadEvidence(strings.NewReader(wrong)); !errors.Is(err, client.ErrEvidence) {
			t.Errorf("%.40s: %v, %v", wrong, e, err)
		}
	}
}

// FuzzEvidence reads any bytes as a file with evidence.
func FuzzEvidence(f *testing.F) {
	for _, e := range evidence() {
		raw, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := client.ReadEvidence(bytes.NewReader(raw))
		if err == nil && (e.Task == 0 || e.Message() == nil) {
			t.Errorf("%s is read as %v", raw, e)
		}
	})
}
