package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// loadTable reads one of the small tables in data/testdata under its own schema.
func loadTable(t *testing.T, name string) data.Table {
	t.Helper()
	path := filepath.Join("..", "data", "testdata", "tables", name)
	report, err := data.Inspect(path, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := report.Schema()
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := data.Read(path, spec.Data{Schema: schema}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// people returns a task that asks for rows of a schema. Their scale is measured in round 1.
func people(s spec.Schema, trainers, rounds uint32) spec.TaskSpec {
	asked := everybody(trainers, rounds)
	asked.Name = "people"
	asked.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(s.Inputs()), Classes: uint32(len(s.Classes))}
	asked.Data = spec.Data{Name: "people", Features: spec.FeaturesStandard, Schema: s}
	asked.Training.Epochs, asked.Training.Rate = 10, spec.One
	return asked
}

// TestHugeScaleTrains: a column with values of 1e30 is scaled by what round 1 measures. A network
// and the simulator get the same models, scores and pay.
func TestHugeScaleTrains(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a whole network")
	}
	const trainers, rounds = 3, 3
	rows := loadTable(t, "huge_scale.csv")
	kept, apart, err := data.Holdout(rows, spec.One/5, 1)
	if err != nil {
		t.Fatal(err)
	}
	n := sim.New(sim.Config{})
	join := func(m sim.Member) {
		m.Data = "people"
		if _, err := n.Join(m); err != nil {
			t.Fatal(err)
		}
	}
	for range sim.Aggregators {
		join(sim.Member{Roles: spec.Aggregator})
	}
	for _, part := range []struct {
		rows  data.Table
		nodes int
		role  spec.Role
	}{{apart, sim.Evaluators, spec.Evaluator}, {kept, trainers, spec.Trainer}} {
		shards, err := data.Shards(part.rows, part.nodes)
		if err != nil {
			t.Fatal(err)
		}
		for _, shard := range shards {
			join(sim.Member{Roles: part.role, Rows: shard})
		}
	}
	task := people(rows.Schema, trainers, rounds)
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	if end, err := n.Finish(t.Context(), 1); err != nil || end.State != spec.TaskSpent {
		t.Fatalf("simulated task is %s (%s): %v", end.State, end.Reason, err)
	}
	var want []outcome
	for number := uint64(1); number <= rounds; number++ {
		r, err := n.Round(1, number)
		if err != nil || r.Measures != (number == 1) || r.Survivors() != trainers {
			t.Fatalf("simulated round %d measures: %t, %d survive: %v", number, r.Measures, r.Survivors(), err)
		}
		want = append(want, outcomeOf(r))
	}
	if diff := cmp.Diff(want, network(t, n, task, nil, func() {})); diff != "" {
		t.Errorf("rounds (-simulator +network):\n%s", diff)
	}
}

// ownRows returns the rows of a home folder as their owner registers them.
func ownRows(t *testing.T, home string) data.Table {
	t.Helper()
	config, err := daemon.LoadNode(home)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := config.Data.Load(home)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// opened opens a home folder until it is registered, and returns its log.
func opened(t *testing.T, home string) *lines {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	said := &lines{}
	p, err := daemon.OpenParticipant(ctx, home, slog.New(slog.NewTextHandler(said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return said
}

// TestRowsAtRegistration: a node does not start if its rows fit no open task that states a schema
// for them; the error names the first difference and the columns of the file. Columns in another
// order fit. A node that is registered already, or that names its own schema, starts and only
// logs the difference.
func TestRowsAtRegistration(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a validator")
	}
	rows := loadTable(t, "plain.csv")
	resident := func(name string) daemon.Resident {
		return daemon.Resident{Funds: 10 * chain.Thing, Rows: rows, Config: daemon.NodeConfig{
			Name: name, Roles: spec.Trainer, Stake: chain.Thing, Slots: 1, Data: daemon.Rows{Name: "people", File: "rows.csv"},
		}}
	}
	local := daemon.Localnet{Dir: t.TempDir(), Chain: "althing-rows", Validators: 1, Commit: 20 * time.Millisecond, Residents: []daemon.Resident{
		resident("one"), {Config: daemon.NodeConfig{Name: "consumer", Roles: spec.Consumer, Stake: chain.Thing}, Funds: 100 * chain.Thing},
	}}
	if err := local.Write(); err != nil {
		t.Fatal(err)
	}
	validators := startAll(t, []string{local.Home(local.Validator(0))})
	defer stopAll(t, validators)
	c, home := dial(t, validators[0]), local.Home("one")
	reach(t, c, 2)
	asked := people(rows.Schema, 1, 2)
	open(t, c, local.Home("consumer"), asked)

	file := filepath.Join(home, "rows.csv")
	plain, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if head, _, _ := strings.Cut(string(plain), "\n"); head != "age,bmi,bp,label" {
		t.Fatalf("the home's file names the columns %s", head)
	}
	change := func(old, new string) {
		if err := os.WriteFile(file, []byte(strings.Replace(string(plain), old, new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := daemon.LoadNode(home)
	if err != nil {
		t.Fatal(err)
	}
	if config.Data.Schema == "" || config.Data.Classes != 0 {
		t.Fatalf("node.json says of the rows %+v", config.Data)
	}
	own := config.Data.Schema
	setSchema := func(schema string) {
		config.Data.Schema = schema
		if err := daemon.SaveNode(home, config); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(err error, words ...string) {
		t.Helper()
		if !errors.Is(err, data.ErrMisfit) {
			t.Errorf("%v: want %v", err, data.ErrMisfit)
		}
		for _, word := range words {
			if err != nil && !strings.Contains(err.Error(), word) {
				t.Errorf("%v: want %s", err, word)
			}
		}
	}
	change("bmi", "mass")
	wants(refused(t, home), `no column is named "bmi"`, `"mass"`, own) // of its own schema
	setSchema("")
	wants(refused(t, home), "the rows fit no open task of their data set: task 1 states another schema", `no column is named "bmi"; the file has "age", "mass", "bp", "label"`)

	permuted, err := os.ReadFile(filepath.Join("..", "data", "testdata", "tables", "permuted.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, permuted, 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := daemon.LoadKey(home)
	if err != nil {
		t.Fatal(err)
	}
	account, err := c.Account(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if said := opened(t, home); said.has("fit no open task") {
		t.Error("columns in another order were refused")
	}
	if n, err := c.NodeByOwner(t.Context(), account.Address()); err != nil || len(n.Profile.Holdings) != 1 || n.Profile.Holdings[0].Samples != 120 {
		t.Errorf("got holdings %+v, %v; want one with 120 rows", n.Profile.Holdings, err)
	}
	change("bmi", "mass")
	if said := opened(t, home); !said.has("the rows fit no open task of their data set") || !said.has("mass") {
		t.Error("a registered node does not log that its rows do not fit")
	}
	config.Data.Withhold = true
	setSchema("")
	if said := opened(t, home); !said.has("the rows fit no open task of their data set") || !said.has("another schema") || said.has("mass") {
		t.Error("a node that withholds its rows does not log that they do not fit, or quotes their file")
	}

	wants(daemon.Rows{Name: "people", File: file}.CheckFit(t.Context(), c, home), "task 1")
	if err := (daemon.Rows{Name: "others", File: file}).CheckFit(t.Context(), c, home); err != nil {
		t.Errorf("another data set: %v", err)
	}
}

// taskList answers queries for running tasks with a list.
type taskList []spec.Task

func (o taskList) Tasks(_ context.Context, state spec.TaskState, _ string, _ client.Page) ([]spec.Task, client.Page, error) {
	if state != spec.TaskRunning {
		return nil, client.Page{}, nil
	}
	return o, client.Page{}, nil
}

// TestAttackTasksThatNoRowsFit: an attacker opens so many tasks which no rows fit that a node does
// not reach the task that its rows fit. A node compares its rows with MaxTasksTried tasks. If they
// fit none of these and there may be more, the result is undecided, which does not keep the node
// from registering.
func TestAttackTasksThatNoRowsFit(t *testing.T) {
	rows := loadTable(t, "plain.csv")
	other := rows.Schema
	other.Label = "none"
	for _, hostile := range []int{0, 1, daemon.MaxTasksTried - 1, daemon.MaxTasksTried, 3 * daemon.MaxTasksTried} {
		var tasks taskList
		for i := range hostile + 1 {
			task := spec.Task{ID: uint64(i) + 1, Spec: people(other, 1, 1)}
			if i == hostile {
				task.Spec.Data.Schema = rows.Schema
			}
			tasks = append(tasks, task)
		}
		err := daemon.CheckFit(t.Context(), tasks, "people", role.InMemory(rows))
		wrong, found := errors.AsType[*daemon.Misfit](err)
		if found != (hostile >= daemon.MaxTasksTried) || found && (!wrong.Undecided || wrong.Task != 1) || !found && err != nil {
			t.Errorf("%d tasks before the one that the rows fit: got %v", hostile, err)
		}
		if hostile == 0 || hostile >= daemon.MaxTasksTried {
			continue
		}
		err = daemon.CheckFit(t.Context(), tasks[:hostile], "people", role.InMemory(rows))
		if wrong, found := errors.AsType[*daemon.Misfit](err); !found || wrong.Undecided {
			t.Errorf("only %d tasks that the rows do not fit: got %v, want a misfit", hostile, err)
		}
	}
}

// TestOwnRows: rows are read as the settings in node.json say.
func TestOwnRows(t *testing.T) {
	home := t.TempDir()
	const table = "id;ward;age;sick\n1;3;40;no\n2;4;;yes\n3;3;60;no\n4;3;61;yes\n"
	schema := `{"label": "sick", "classes": ["no", "yes"], "columns": [{"name": "age", "kind": "number"}, {"name": "ward", "kind": "category", "values": ["3", "4"]}]}`
	for name, text := range map[string]string{"rows.csv": table, "schema.json": schema} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		rows daemon.Rows
		want string
	}{
		{daemon.Rows{}, "0 rows of 0 features and 0 classes"},
		{daemon.Rows{File: "none.csv"}, "no such file"},
		{daemon.Rows{File: "rows.csv", Label: "sick", Drop: []string{"id"}}, "missing"},
		{daemon.Rows{File: "rows.csv", Label: "sick", Drop: []string{"id"}, Missing: spec.MissingImpute}, "4 rows of 2 features and 2 classes"},
		{daemon.Rows{File: "rows.csv", Label: "sick", Drop: []string{"id"}, Categories: []string{"ward"}, Missing: spec.MissingImpute}, "4 rows of 3 features and 2 classes"},
		{daemon.Rows{File: "rows.csv", Drop: []string{"id"}, Schema: "schema.json"}, "line 3"},
		{daemon.Rows{File: "rows.csv", Drop: []string{"id"}, Schema: "schema.json", Missing: spec.MissingImpute}, "4 rows of 3 features and 2 classes"},
		{daemon.Rows{File: "rows.csv", Schema: "schema.json", Missing: spec.MissingImpute}, `the schema has no column "id"`},
		{daemon.Rows{File: "rows.csv", Schema: "rows.csv"}, "schema file"},
		{daemon.Rows{File: "rows.csv", Schema: "none.json"}, "data.schema"},
		{daemon.Rows{File: "rows.csv", Label: "sick", Classes: 2}, "the cell is missing"},
	} {
		rows, err := c.rows.Load(home)
		got := fmt.Sprintf("%d rows of %d features and %d classes", rows.Rows(), rows.Features, rows.Classes)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v: %s, want %s", c.rows, got, c.want)
		}
	}
}
