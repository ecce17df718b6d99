package chain_test

import (
	"fmt"
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

// text is a name as long as a name may be, different for each number.
func text(i int) string { return fmt.Sprintf("%064d", i) }

// What a client offers is enough for the largest messages that are paid for, with a
// third to spare. What is owed in a round is tested in chain/task.
func TestGasOfTheLargestMessages(t *testing.T) {
	profile := spec.Profile{
		Name: text(0), Roles: spec.DataProvider | spec.Trainer | spec.Aggregator | spec.Evaluator | spec.Consumer, Slots: 1 << 31,
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
	task.Escrow = chain.Thing
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
				Name: text(0), Commitment: spec.DigestOf(nil), Features: spec.MaxWidth, Classes: spec.MaxWidth, Rows: spec.MaxSamples,
			}),
			Limit: ledgerpb.LimitFromCost(limit),
		},
		&datasetpb.MsgGrant{Owner: owner, Dataset: 1, Node: 1},
		&datasetpb.MsgRevoke{Owner: owner, Dataset: 1, Node: 1},
		&datasetpb.MsgLimit{Owner: owner, Dataset: 1, Limit: ledgerpb.LimitFromCost(lower)},
		&nodepb.MsgDeactivate{Owner: owner},
		&nodepb.MsgActivate{Owner: owner},
		&nodepb.MsgExit{Owner: owner},
		&taskpb.MsgCreate{Owner: owner, Spec: taskpb.TaskSpecFromSpec(task)},
		&taskpb.MsgCancel{Owner: owner, Task: 1},
	} {
		res := n.block(n.sign("ann", 1, 10_000, msg))[0]
		if res.Code != 0 || uint64(res.GasUsed) > client.Gas*3/4 {
			t.Errorf("%T uses %d gas of %d: %s", msg, res.GasUsed, client.Gas, res.Log)
		}
		t.Logf("%T uses %d gas", msg, res.GasUsed)
	}
}
