package chain_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// text returns a name of the largest length, different for each number.
func text(i int) string { return fmt.Sprintf("%064d", i) }

// TestGasOfTheLargestMessages: the gas limit that clients set is enough for the largest messages
// that pay, with a third to spare. chain/task tests the messages of a round.
func TestGasOfTheLargestMessages(t *testing.T) {
	profile := spec.Profile{
		Name: text(0), Roles: spec.DataProvider | spec.Trainer | spec.Aggregator | spec.Evaluator | spec.Consumer, Slots: spec.MaxSlots,
		Endpoint:     "https://" + strings.Repeat(strings.Repeat("h", 60)+".", 4) + "hhhh",
		TransportKey: make([]byte, spec.KeySize), SealingKey: make([]byte, spec.KeySize), Claimed: spec.One,
		Resources: spec.Resources{CPU: 1 << 31, Memory: 1 << 31, Storage: 1 << 31, Bandwidth: 1 << 31},
	}
	for i := range 32 {
		profile.Holdings = append(profile.Holdings, spec.Holding{Name: text(i), Samples: spec.MaxSamples})
	}
	if err := profile.Validate(); err != nil {
		t.Fatal(err)
	}
	task := spec.DefaultTask()
	task.Name = text(0)
	task.Model = spec.Model{
		Kind: spec.ModelLayers, Inputs: 4, Image: spec.Image{Height: 2, Width: 2, Channels: 1}, Classes: 10, Seed: 1 << 63,
	}
	for range spec.MaxLayers - 1 {
		task.Model.Layers = append(task.Model.Layers, spec.Layer{Kind: spec.LayerConv2D, Out: 200, Kernel: 3, Stride: 1, Padding: 1})
	}
	task.Model.Layers = append(task.Model.Layers, spec.Layer{Kind: spec.LayerDense, Out: 10})
	task.Data.Name = text(0)
	task.Training.Rate = 100_000
	task.Target.Rounds = 10
	task.Escrow = 100 * chain.Thing
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	limit := cost.Limit{Unit: cost.DataSubject, Adjacency: cost.ReplaceOne, Epsilon: 1 << 50, Delta: cost.OneDelta - 1}
	lower := limit
	lower.Epsilon--
	n := start(t, genesis(t))
	n.gas = client.Gas
	owner := account("ann").String()
	for _, msg := range []sdk.Msg{
		&nodepb.MsgRegister{Owner: owner, Profile: nodepb.ProfileFromSpec(profile), Stake: chain.Thing},
		&nodepb.MsgUpdate{Owner: owner, Profile: nodepb.ProfileFromSpec(profile)},
		&datasetpb.MsgRegister{
			Owner: owner,
			Description: datasetpb.DescriptionFromSpec(spec.Description{
				Name: text(0), Commitment: spec.DigestOf(nil), Features: spec.MaxWidth, Classes: spec.MaxWidth, Rows: spec.MaxSamples, Key: spec.PublicKey{1},
			}),
			Limit: ledgerpb.LimitFromCost(limit),
		},
		&datasetpb.MsgGrant{Owner: owner, Dataset: 1, Node: 1},
		&datasetpb.MsgRevoke{Owner: owner, Dataset: 1, Node: 1},
		&datasetpb.MsgKey{Owner: owner, Dataset: 1, Key: bytes.Repeat([]byte{2}, spec.KeySize)},
		&datasetpb.MsgLimit{Owner: owner, Dataset: 1, Limit: ledgerpb.LimitFromCost(lower)},
		&nodepb.MsgDeactivate{Owner: owner},
		&nodepb.MsgActivate{Owner: owner},
		&nodepb.MsgBond{Owner: owner, Amount: chain.Thing},
		&nodepb.MsgUnbond{Owner: owner, Amount: chain.Thing},
		&nodepb.MsgCancelUnbond{Owner: owner, Number: 1},
		&nodepb.MsgExit{Owner: owner},
		&taskpb.MsgCreate{Owner: owner, Spec: taskpb.TaskSpecFromSpec(task)},
		&taskpb.MsgCancel{Owner: owner, Task: 1},
	} {
		res := n.block(n.sign("ann", 1, 10_000, msg))[0]
		offered := client.Gas
		if _, registers := msg.(*nodepb.MsgRegister); registers {
			offered = client.GasOf(client.Register{})
		}
		if res.Code != 0 || uint64(res.GasUsed) > offered*3/4 {
			t.Errorf("%T uses %d gas of %d: %s", msg, res.GasUsed, offered, res.Log)
		}
		t.Logf("%T uses %d gas", msg, res.GasUsed)
	}
}

// TestGasOfAPrivateTaskOfLargeNodes: the gas limit that clients set for a private task is enough for
// the largest number of owners, whose nodes have the largest profiles.
func TestGasOfAPrivateTaskOfLargeNodes(t *testing.T) {
	const owners = 20
	task := spec.DefaultTask()
	task.Name, task.Data.Name = "digits", text(0)
	task.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	task.Training.Rate, task.Target.Rounds, task.Escrow = spec.One/10, 10, 100*chain.Thing
	task.Aggregation.Rule = spec.RuleMean
	task.Selection.Trainers, task.Selection.MinTrainers = owners, owners
	task.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindGaussian, Clip: spec.One / 10, Noise: 4 * spec.One}
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 9 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	g := genesis(t)
	for i := range owners {
		g.Accounts = append(g.Accounts, chain.Account{Address: account(text(i)), Amount: 10 * chain.Thing})
	}
	n := start(t, g)
	n.gas = client.Gas
	must := func(number uint64, name string, msg sdk.Msg) {
		t.Helper()
		if res := n.block(n.sign(name, number, 10_000, msg))[0]; res.Code != 0 {
			t.Fatalf("%T: %s", msg, res.Log)
		}
	}
	for i := range owners {
		owner, number, id := account(text(i)).String(), uint64(len(genesis(t).Accounts)+i), uint64(i+1)
		profile := spec.Profile{
			Name: text(0), Roles: spec.DataProvider | spec.Trainer, Slots: 1, TransportKey: make([]byte, spec.KeySize), SealingKey: make([]byte, spec.KeySize),
		}
		for j := range 32 {
			profile.Holdings = append(profile.Holdings, spec.Holding{Name: text(31 - j), Samples: spec.MaxSamples, Dataset: id})
		}
		must(number, text(i), &nodepb.MsgRegister{Owner: owner, Profile: nodepb.ProfileFromSpec(profile), Stake: chain.Thing})
		must(number, text(i), &datasetpb.MsgRegister{Owner: owner, Limit: ledgerpb.LimitFromCost(limit), Description: datasetpb.DescriptionFromSpec(spec.Description{
			Name: text(0), Commitment: spec.DigestOf(nil), Features: 64, Classes: 10, Key: spec.PublicKey{1},
		})})
		must(number, text(i), &datasetpb.MsgGrant{Owner: owner, Dataset: id, Node: id})
	}
	n.gas = client.GasOf(client.CreateTask{Spec: task})
	res := n.block(n.sign("ann", 1, 100_000, &taskpb.MsgCreate{Owner: account("ann").String(), Spec: taskpb.TaskSpecFromSpec(task)}))[0]
	if res.Code != 0 || uint64(res.GasUsed) > n.gas*3/4 {
		t.Errorf("it uses %d gas of %d: %s", res.GasUsed, n.gas, res.Log)
	}
	t.Logf("%d gas for %d owners", res.GasUsed, owners)
	if n.gas >= uint64(chain.DefaultMaxGas) {
		t.Error("a block has no room for it")
	}
}

// TestGasOfAPrivateTask: the creation of a private task reads the books of all owners who may be
// charged, and computes the cost of a release once. The gas limit that clients set is enough, with
// a quarter to spare.
func TestGasOfAPrivateTask(t *testing.T) {
	const owners = 10
	g := genesis(t)
	name := func(i int) string { return fmt.Sprintf("owner-%d", i) }
	for i := range owners {
		g.Accounts = append(g.Accounts, chain.Account{Address: account(name(i)), Amount: 10 * chain.Thing})
	}
	n := start(t, g)
	n.gas = client.Gas
	say := func(name string, number, fee uint64, msg sdk.Msg) uint64 {
		t.Helper()
		res := n.block(n.sign(name, number, fee, msg))[0]
		if res.Code != 0 {
			t.Fatalf("%T: %s", msg, res.Log)
		}
		return uint64(res.GasUsed)
	}
	profile := spec.Profile{
		Roles: spec.DataProvider | spec.Trainer, Slots: 1, Holdings: []spec.Holding{{Name: text(0), Samples: 140}},
		Endpoint: "https://owner.example", TransportKey: make([]byte, spec.KeySize), SealingKey: make([]byte, spec.KeySize),
	}
	for i := range owners {
		id, number, owner := uint64(i)+1, uint64(i)+3, account(name(i)).String() // behind the validator, ann and bob
		profile.Name, profile.Holdings[0].Dataset = text(i), 0
		adjacency := cost.Adjacencies()[i%len(cost.Adjacencies())]
		say(name(i), number, 10_000, &nodepb.MsgRegister{Owner: owner, Profile: nodepb.ProfileFromSpec(profile), Stake: chain.Thing})
		say(name(i), number, 10_000, &datasetpb.MsgRegister{
			Owner: owner,
			Description: datasetpb.DescriptionFromSpec(spec.Description{
				Name: text(0), Commitment: spec.DigestOf([]byte(owner)), Features: spec.MaxWidth, Classes: spec.MaxWidth, Rows: spec.MaxSamples, Key: spec.PublicKey{1},
			}),
			Limit: ledgerpb.LimitFromCost(cost.Limit{Unit: cost.Example, Adjacency: adjacency, Epsilon: 1000 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}),
		})
		say(name(i), number, 10_000, &datasetpb.MsgGrant{Owner: owner, Dataset: id, Node: id})
		profile.Holdings[0].Dataset = id
		say(name(i), number, 10_000, &nodepb.MsgUpdate{Owner: owner, Profile: nodepb.ProfileFromSpec(profile)})
	}
	for _, mode := range []string{spec.PrivacyExample, spec.PrivacyLocal} {
		task := spec.DefaultTask()
		task.Name = text(0)
		task.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
		task.Data.Name = text(0)
		task.Training.Rate = 100_000
		task.Aggregation.Rule = spec.RuleMean
		task.Privacy = spec.Privacy{Mode: mode, Kind: spec.KindGaussian, Clip: spec.One, Noise: 2 * spec.One}
		if mode == spec.PrivacyExample {
			task.Privacy.Rate, task.Privacy.Steps, task.Privacy.Divisor = 200_000, 10, 32
		}
		task.Selection.Trainers, task.Selection.MinTrainers = owners, owners
		task.Target.Rounds = 20
		task.Escrow = 100 * chain.Thing
		n.gas = client.GasOf(client.CreateTask{Spec: task})
		create := &taskpb.MsgCreate{Owner: account("ann").String(), Spec: taskpb.TaskSpecFromSpec(task)}
		if mode == spec.PrivacyLocal { // the data sets are of examples
			if res := n.block(n.sign("ann", 1, 100_000, create))[0]; res.Code == 0 || !strings.Contains(res.Log, "0 of at least 10 owners") {
				t.Errorf("%s: %q", mode, res.Log)
			}
			continue
		}
		plain := say("ann", 1, 100_000, create)
		for i := range spec.MaxOwners {
			task.Selection.Owners = append(task.Selection.Owners, account(name(i)).String())
		}
		slices.Sort(task.Selection.Owners)
		create.Spec = taskpb.TaskSpecFromSpec(task)
		before := n.gas
		n.gas = client.GasOf(client.CreateTask{Spec: task})
		named := say("ann", 1, 200_000, create)
		if more := n.gas - before; (named-plain)*4/3 > more {
			t.Errorf("%d named owners take %d gas more, but clients add only %d", spec.MaxOwners, named-plain, more)
		}
		t.Logf("%d gas, %d with %d named owners", plain, named, spec.MaxOwners)
		used := plain
		n.gas = before
		if t.Logf("%s uses %d gas", mode, used); used > n.gas*3/4 {
			t.Errorf("%s uses %d gas of %d", mode, used, n.gas)
		}
	}
}
