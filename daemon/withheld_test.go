package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// few and many are numbers of rows between which an attacker wants to distinguish. In both cases
// two thirds are classified right. A task asks for at least minRows.
const few, many, minRows = 36, 102, 30

// blank is an engine whose weights do not depend on rows. The step differs by node, because
// aggregators refuse equal updates as copies.
type blank struct{ step float32 }

func (b blank) Train(_ context.Context, job train.Job, _ func(done, total int)) (train.Result, error) {
	weights := slices.Clone(job.Weights)
	for i := range weights {
		weights[i] += 0.25 + b.step
	}
	return train.Result{Weights: weights, Samples: job.Table.Rows()}, nil
}

func (blank) Evaluate(_ context.Context, _ spec.Model, _ []float32, t data.Table) (train.Evaluation, error) {
	return train.Evaluation{Correct: 2 * t.Rows() / 3, Samples: t.Rows()}, nil
}

// first returns a table with a number of rows, which repeat if the given table has fewer.
func first(t data.Table, rows int) data.Table {
	var places []int
	for i := range rows {
		places = append(places, i%t.Rows())
	}
	return t.View(places)
}

// villagers returns a network of four aggregators, four evaluators, and a trainer with a number of
// rows.
func villagers(t *testing.T, rows int, withhold bool) *sim.Network {
	t.Helper()
	table, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	n := sim.New(sim.Config{Takes: func(*sim.Node, role.Action) time.Duration { return 10 * time.Millisecond }})
	for i := range 9 {
		m := sim.Member{Roles: spec.Aggregator}
		switch {
		case i >= 8:
			m = sim.Member{Roles: spec.Trainer, Rows: first(table, rows), Withhold: withhold}
		case i >= 4:
			m = sim.Member{Roles: spec.Evaluator, Rows: first(table, 50)}
		}
		if _, err := n.Join(m); err != nil {
			t.Fatal(err)
		}
	}
	n.Nodes[8].Tools.Trainer = blank{}
	return n
}

// publicOf runs a task and returns everything that others see of the trainer, and what the trainer
// writes to its journal and log, in bytes.
func publicOf(t *testing.T, n *sim.Network) map[string]string {
	t.Helper()
	node, ctx := n.Nodes[8], t.Context()
	seen := map[string]string{}
	see := func(what string, m proto.Message) {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		seen[what] += string(b)
	}
	profile := nodepb.ProfileFromSpec(node.Profile())
	see("profile", &profile)
	send := node.Tools.Send
	node.Tools.Send = func(ctx context.Context, s role.Send) error {
		m, err := taskpb.MessageOf(node.Owner, s.Task, s.Input)
		if err != nil {
			return err
		}
		see("messages", m)
		return send(ctx, s)
	}
	task := sim.DigitsTask(2)
	task.Data.MinSamples = minRows
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Finish(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := n.Errs(); err != nil {
		t.Fatal(err)
	}
	news := daemon.OfNode(node.ID, node.Owner)
	for number := uint64(1); number <= 2; number++ {
		r, err := n.Round(1, number)
		if err != nil || r.Survivors() != 1 {
			t.Fatalf("round %d has %d survivors, %v", number, r.Survivors(), err)
		}
		record := taskpb.RoundFromSpec(r)
		see("record", &record)
		held, err := n.Nodes[0].Tools.Store.Lookup(ctx, blob.Ref{Kind: blob.Update, Slot: node.Tools.Slot(spec.Task{ID: 1, Chain: "althing-sim"}, number)})
		if err != nil {
			t.Fatal(err)
		}
		update, err := role.ReadBlob(ctx, n.Nodes[0].Tools.Store, held.Digest)
		if err != nil {
			t.Fatal(err)
		}
		label, err := json.Marshal(held)
		if err != nil {
			t.Fatal(err)
		}
		seen["blobs"] += string(label) + string(update)
		var done trainer.Trained
		if found, err := node.Tools.Journal.Recall(trainer.TrainKey(1, number), &done); err != nil || !found {
			t.Fatal(found, err)
		}
		written, err := json.Marshal(done)
		if err != nil {
			t.Fatal(err)
		}
		seen["journal"] += string(written)
		seen["log"] += strings.Join(news.Done(done), "\n")
	}
	return seen
}

// TestAttackCountRows: an attacker who reads everything that a trainer sends, stores and logs can
// tell 36 rows from 102. If the number of rows is withheld, every byte is the same for both.
func TestAttackCountRows(t *testing.T) {
	open, other := publicOf(t, villagers(t, few, false)), publicOf(t, villagers(t, many, false))
	for _, what := range []string{"profile", "messages", "record", "journal", "log"} {
		if open[what] == other[what] || open[what] == "" {
			t.Errorf("%s is the same for two public numbers of rows: the attack must work without the defence", what)
		}
	}
	hidden, same := publicOf(t, villagers(t, few, true)), publicOf(t, villagers(t, many, true))
	if diff := cmp.Diff(hidden, same); diff != "" {
		t.Errorf("a withheld number of rows makes a difference (-%d +%d):\n%s", few, many, diff)
	}
	if hidden["blobs"] != open["blobs"] || len(hidden["log"]) == 0 {
		t.Error("the trainer that withholds did not do the same work, so the comparison shows nothing")
	}
}

// TestAttackCountRowsInLogs: in a whole network, the log of a trainer at all levels tells 36 rows
// from 102. If the number of rows is withheld, the logs are equal.
func TestAttackCountRowsInLogs(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a whole network")
	}
	const trainers = 4
	n, err := sim.Digits(sim.Config{}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	said := map[uint64]*lines{}
	for i, rows := range []int{few, many, few, many} {
		node := n.Nodes[sim.FirstTrainer-1+i]
		node.Table, node.Tools.Trainer, node.Tools.Withhold = first(node.Table, rows), blank{float32(i)}, i >= 2
		said[node.ID] = &lines{}
	}
	network(t, n, everybody(trainers, 1), func(node uint64) slog.Handler {
		if own := said[node]; own != nil {
			return slog.NewTextHandler(own, &slog.HandlerOptions{Level: slog.LevelDebug})
		}
		return slog.DiscardHandler
	}, func() {
		for _, l := range said {
			for !l.has("round is settled") {
				time.Sleep(10 * time.Millisecond)
			}
		}
	})
	own := regexp.MustCompile(`time=\S+ |took=\S+|node=\S+|name=\S+|\bid=\S+|to=\S+`) // these differ between nodes and between runs
	of := func(i int) string { return own.ReplaceAllString(said[uint64(sim.FirstTrainer+i)].text.String(), "") }
	if of(0) == of(1) || !strings.Contains(of(1), "rows=102") {
		t.Error("logs of two public numbers of rows are the same: the attack must work without the defence")
	}
	if diff := cmp.Diff(of(2), of(3)); diff != "" || !strings.Contains(of(2), "trained") {
		t.Errorf("a withheld number of rows makes a difference in the log (-%d +%d):\n%s", few, many, diff)
	}
}

// TestFewerRowsThanAsked: a node that withholds its number of rows may be selected for every task.
// If it has too few rows, it declines; the reason does not mention rows, and its reputation does
// not fall.
func TestFewerRowsThanAsked(t *testing.T) {
	n := villagers(t, minRows-1, true)
	task := sim.DigitsTask(1)
	task.Data.MinSamples, task.Retries = minRows, 0
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Finish(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	r, err := n.Round(1, 1)
	if err != nil || len(r.Trainers) != 1 || r.Trainers[0].Height != 0 || r.Trainers[0].Declined != spec.DeclinePolicy {
		t.Errorf("the round has %+v, %v", r.Trainers, err)
	}
	node := n.Nodes[8]
	if len(node.Errs) != 1 || !strings.Contains(node.Errs[0].Error(), "fewer than data.min_samples") || strings.Contains(node.Errs[0].Error(), "29") {
		t.Errorf("the node reports %v", node.Errs)
	}
	if labels, err := node.Tools.Store.Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Errorf("the node keeps blobs %v, %v; want none", labels, err)
	}
	if record, _ := n.Node(node.ID); record.Reputation != round.NewStanding().Reputation {
		t.Errorf("its reputation is %s", record.Reputation)
	}
}

// stuck is an engine that fails at a step whose number depends on the number of rows.
type stuck struct{ blank }

func (stuck) Train(ctx context.Context, job train.Job, _ func(done, total int)) (train.Result, error) {
	job.Weights = slices.Clone(job.Weights)
	job.Training.Rate = 10 * spec.One
	for i := range job.Weights {
		job.Weights[i] = 1e38
	}
	return train.Engine{}.Train(ctx, job, nil)
}

// TestFailuresTellNoRows: the error of a training that fails names the step and the number of
// steps. If the number of rows is withheld, it says only that the training failed.
func TestFailuresTellNoRows(t *testing.T) {
	says := func(rows int, withhold bool) string {
		n := villagers(t, rows, withhold)
		n.Nodes[8].Tools.Trainer = stuck{}
		task := sim.DigitsTask(1)
		task.Retries = 0
		if _, err := n.Open("consumer", task); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Finish(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		for _, err := range n.Nodes[8].Errs {
			said.WriteString(err.Error())
		}
		return said.String()
	}
	if open := says(few, false); open == says(many, false) || !strings.Contains(open, " of ") {
		t.Errorf("errors of two public numbers of rows are the same: the attack must work without the defence: %s", open)
	}
	if hidden := says(few, true); hidden != says(many, true) || !strings.Contains(hidden, "training") {
		t.Errorf("the error depends on a withheld number of rows: %s", hidden)
	}
}
