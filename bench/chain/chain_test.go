package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/pb/taskpb"
)

// TestEveryMessageIsMeasured: every message of the task module is measured with both numbers
// of trainers, and a round with more trainers writes more bytes.
func TestEveryMessageIsMeasured(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), options{trainers: []int{3, 13}, tasks: 1, json: true}, &out); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]row{}
	for line := range strings.Lines(out.String()) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		rows[r.What] = append(rows[r.What], r)
	}
	var messages []string
	for _, method := range taskpb.Msg_serviceDesc.Methods {
		if slices.Contains([]string{"AttestModel", "UpdateModel", "UpdateParams"}, method.MethodName) {
			continue // these follow a vote of token holders, not a round
		}
		if method.MethodName == "Ready" {
			messages = append(messages, "Ready by aggregator", "Ready by evaluator")
			continue
		}
		messages = append(messages, method.MethodName)
	}
	ends := []string{"block that opens a round", "block that settles a round", "block that settles and closes"}
	for _, what := range append(messages, ends...) {
		got := rows[what]
		if len(got) != 2 || got[0].Trainers != 3 || got[1].Trainers != 13 {
			t.Errorf("%s: got rows %+v, want one for 3 trainers and one for 13", what, got)
			continue
		}
		for _, r := range got {
			if r.Samples == 0 || r.Keys < 3 || r.Bytes < 100 || r.Tree < r.Bytes {
				t.Errorf("%s: %+v", what, r)
			}
		}
		// The messages before the first round do not depend on the number of trainers.
		if !strings.HasPrefix(what, "Ready") && what != "Create" && got[0].Bytes > got[1].Bytes {
			t.Errorf("%s: writes less with 13 trainers: %+v", what, got)
		}
	}
	for _, what := range messages {
		for _, r := range rows[what] {
			if r.Gas < 10_000 || r.Check == 0 {
				t.Errorf("%s: %+v", what, r)
			}
		}
	}
	if want := len(messages) + len(ends); len(rows) != want {
		t.Errorf("%d kinds of rows, want %d", len(rows), want)
	}
}

// TestRefusedMessageIsAnError: a message that the chain refuses is an error of the
// measurement, in CheckTx and in a block.
func TestRefusedMessageIsAnError(t *testing.T) {
	m, err := newMeasurement(minTrainers)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func(){m.create, m.prepare, func() { m.open(1) }} {
		step()
	}
	early := m.hold(1)(m.aggregators[0])
	m.alone("Attest", m.aggregators[0], paid, early)
	if m.err == nil || !strings.Contains(m.err.Error(), "refused: task/13") {
		t.Errorf("an early attest: got %v, want it refused", m.err)
	}
	if m.costs["Attest"] != nil {
		t.Error("a refused message has a figure")
	}
	m.err = nil
	m.together(m.aggregators[:1], paid, m.hold(1))
	if m.err == nil || !strings.Contains(m.err.Error(), "refused: task/13") {
		t.Errorf("an early attest among others: got %v, want it refused", m.err)
	}
	m.err = nil
	m.alone("Attest", m.aggregators[0], owed, early)
	if m.err == nil || !strings.Contains(m.err.Error(), "insufficient fee") {
		t.Errorf("a message without a fee that is not owed: got %v, want it refused", m.err)
	}
	m.err = nil
	m.end("block that settles a round", func() bool { return false })
	if m.err == nil || !strings.Contains(m.err.Error(), "not within") {
		t.Errorf("a round that never settles: got %v", m.err)
	}
}

// TestEmptyBlocksAreAlike: two empty blocks cost the same, so the difference between a block
// with a message and an empty one is the cost of the message.
func TestEmptyBlocksAreAlike(t *testing.T) {
	m, err := newMeasurement(minTrainers)
	if err != nil {
		t.Fatal(err)
	}
	m.idle()
	for range 5 {
		a, err := m.block()
		b, err2 := m.block()
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if a.keys != b.keys || a.bytes != b.bytes || a.gas != 0 || b.gas != 0 {
			t.Errorf("empty blocks cost %+v and %+v", a, b)
		}
	}
}

func TestInterruption(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, options{trainers: []int{3}, tasks: 1}, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--trainers", "10,256", "--tasks", "2", "--json"}, io.Discard)
	if diff := cmp.Diff([]any{[]int{10, 256}, 2, true}, []any{o.trainers, o.tasks, o.json}); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for flags, want := range map[string]string{
		"--trainers x":        `parsing "x"`,
		"--trainers 2":        "want at least 3",
		"--trainers 10,-1":    "--trainers -1",
		"--trainers 10000000": "selection.trainers",
		"--tasks 0":           "want 1 to",
		"10":                  "flags only",
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(flags), &said); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%s: got %q, want %q", flags, said.String(), want)
		}
	}
}

func TestRow(t *testing.T) {
	costs := []cost{{gas: 5, time: 3 * time.Microsecond}, {gas: 1, time: time.Millisecond}, {gas: 2}, {gas: 9, time: time.Hour}}
	want := row{Trainers: 10, What: "Commit", Samples: 4, Gas: 2, Time: 3}
	if diff := cmp.Diff(want, newRow(10, "Commit", costs)); diff != "" {
		t.Error(diff)
	}
	var table strings.Builder
	if err := report(&table, false, []row{want, {Trainers: 10, What: "block that opens a round", Samples: 1, Keys: 7}}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Commit", "block that opens a round        1    -     7"} {
		if !strings.Contains(table.String(), text) {
			t.Errorf("the table lacks %q:\n%s", text, &table)
		}
	}
}
