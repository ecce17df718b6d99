package client

import (
	"context"

	rpc "github.com/cometbft/cometbft/rpc/client/http"

	"github.com/cosmos/cosmos-sdk/types/query"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// gRPC methods that ask for one thing, which may not be there.
const (
	queryAccount     = "/cosmos.auth.v1beta1.Query/AccountInfo"
	queryNode        = "/althing.node.v1.Query/Node"
	queryNodeByOwner = "/althing.node.v1.Query/NodeByOwner"
	queryTask        = "/althing.task.v1.Query/Task"
	queryRound       = "/althing.task.v1.Query/Round"
	queryRounds      = "/althing.task.v1.Query/Rounds"
	queryCommitted   = "/althing.task.v1.Query/Committed"
)

// Page asks for a part of a list: at most Limit entries (0: the chain's
// default) from the place a former page ended at.
type Page struct {
	Limit uint64
	From  []byte
}

func (p Page) request() *query.PageRequest {
	return &query.PageRequest{Limit: p.Limit, Key: p.From}
}

func (p Page) next(r *query.PageResponse) Page {
	if r == nil {
		return Page{Limit: p.Limit}
	}
	return Page{Limit: p.Limit, From: r.NextKey}
}

// More reports whether the list has more pages.
func (p Page) More() bool { return len(p.From) > 0 }

// Node returns a node by its id.
func (c *Client) Node(ctx context.Context, id uint64) (spec.Node, error) {
	var resp nodepb.QueryNodeResponse
	if err := c.query(ctx, queryNode, &nodepb.QueryNode{Id: id}, &resp); err != nil {
		return spec.Node{}, err
	}
	return resp.Node.ToSpec()
}

// NodeByOwner returns the node of an account.
func (c *Client) NodeByOwner(ctx context.Context, owner string) (spec.Node, error) {
	var resp nodepb.QueryNodeResponse
	if err := c.query(ctx, queryNodeByOwner, &nodepb.QueryNodeByOwner{Owner: owner}, &resp); err != nil {
		return spec.Node{}, err
	}
	return resp.Node.ToSpec()
}

// Nodes lists nodes that hold all the given roles (0: any), in the order of their ids.
func (c *Client) Nodes(ctx context.Context, roles spec.Role, active bool, page Page) ([]spec.Node, Page, error) {
	var resp nodepb.QueryNodesResponse
	req := nodepb.QueryNodes{Roles: uint32(roles), Active: active, Pagination: page.request()}
	if err := c.query(ctx, "/althing.node.v1.Query/Nodes", &req, &resp); err != nil {
		return nil, Page{}, err
	}
	nodes, err := list(resp.Nodes, func(n *nodepb.Node) (spec.Node, error) { return n.ToSpec() })
	return nodes, page.next(resp.Pagination), err
}

// Local reports whether the genesis says that the network runs on one machine, or on machines
// side by side.
func (c *Client) Local(ctx context.Context) (bool, error) {
	var resp nodepb.QueryParamsResponse
	err := c.query(ctx, "/althing.node.v1.Query/Params", &nodepb.QueryParams{}, &resp)
	return resp.Params.Local, err
}

// GasPrice is what 1000 units of gas cost at least, in uthing.
func (c *Client) GasPrice(ctx context.Context) (uint64, error) {
	var resp feepb.QueryParamsResponse
	err := c.query(ctx, "/althing.fee.v1.Query/Params", &feepb.QueryParams{}, &resp)
	return resp.Params.MinGasPrice, err
}

// Task returns a task by its id.
func (c *Client) Task(ctx context.Context, id uint64) (spec.Task, error) {
	var resp taskpb.QueryTaskResponse
	if err := c.query(ctx, queryTask, &taskpb.QueryTask{Id: id}, &resp); err != nil {
		return spec.Task{}, err
	}
	return resp.Task.ToSpec()
}

// Tasks lists tasks in a state ("": any) of an owner ("": anybody).
func (c *Client) Tasks(ctx context.Context, state spec.TaskState, owner string, page Page) ([]spec.Task, Page, error) {
	if err := checkOwner(owner); err != nil {
		return nil, Page{}, err
	}
	var resp taskpb.QueryTasksResponse
	req := taskpb.QueryTasks{State: taskpb.TaskStateFromSpec(state), Owner: owner, Pagination: page.request()}
	if err := c.query(ctx, "/althing.task.v1.Query/Tasks", &req, &resp); err != nil {
		return nil, Page{}, err
	}
	tasks, err := list(resp.Tasks, func(t *taskpb.Task) (spec.Task, error) { return t.ToSpec() })
	return tasks, page.next(resp.Pagination), err
}

// Round returns one round of a task.
func (c *Client) Round(ctx context.Context, task, number uint64) (spec.Round, error) {
	return c.RoundOf(ctx, task, number, 0)
}

// RoundOf returns one round of a task with only one node of its trainers, or with all trainers
// if node is 0. So the answer to a trainer does not grow with the number of trainers.
func (c *Client) RoundOf(ctx context.Context, task, number, node uint64) (spec.Round, error) {
	var resp taskpb.QueryRoundResponse
	if err := c.query(ctx, queryRound, &taskpb.QueryRound{Task: task, Number: number, Node: node}, &resp); err != nil {
		return spec.Round{}, err
	}
	return resp.Round.ToSpec()
}

// Rounds lists the rounds of a task in their order.
func (c *Client) Rounds(ctx context.Context, task uint64, page Page) ([]spec.Round, Page, error) {
	var resp taskpb.QueryRoundsResponse
	req := taskpb.QueryRounds{Task: task, Pagination: page.request()}
	if err := c.query(ctx, queryRounds, &req, &resp); err != nil {
		return nil, Page{}, err
	}
	rounds, err := list(resp.Rounds, func(r *taskpb.Round) (spec.Round, error) { return r.ToSpec() })
	return rounds, page.next(resp.Pagination), err
}

// Duty is an open task in which a node has a part, with the rounds that run, the earlier
// one first. Of each round it has what [round.PartsFor] keeps for the node.
type Duty struct {
	Task   spec.Task
	Rounds []spec.Round
}

// Duties lists the open tasks in which a node has a part, and says what network time
// it is.
func (c *Client) Duties(ctx context.Context, node uint64) (duties []Duty, now spec.Time, err error) {
	for page := (Page{}); ; {
		var resp taskpb.QueryDutiesResponse
		req := taskpb.QueryDuties{Node: node, Pagination: &query.PageRequest{Key: page.From, Limit: 100}} // or the smaller limit of the chain
		if err := c.query(ctx, "/althing.task.v1.Query/Duties", &req, &resp); err != nil {
			return nil, 0, err
		}
		more, err := list(resp.Duties, func(d *taskpb.Duty) (Duty, error) {
			task, err := d.Task.ToSpec()
			if err != nil {
				return Duty{}, err
			}
			rounds, err := list(d.Rounds, func(r *taskpb.Round) (spec.Round, error) { return r.ToSpec() })
			return Duty{Task: task, Rounds: rounds}, err
		})
		if err != nil {
			return nil, 0, err
		}
		duties = append(duties, more...)
		if page = page.next(resp.Pagination); !page.More() {
			return duties, spec.Time(resp.Time), nil
		}
	}
}

// Time is network time at the newest block.
func (c *Client) Time(ctx context.Context) (spec.Time, error) {
	var resp taskpb.QueryTimeResponse
	err := c.query(ctx, "/althing.task.v1.Query/Time", &taskpb.QueryTime{}, &resp)
	return spec.Time(resp.Time), err
}

// Committed is the trainer that has sent a commitment in a task, or 0. The chain
// knows it only while the round trains.
func (c *Client) Committed(ctx context.Context, task uint64, commitment spec.Digest) (uint64, error) {
	var resp taskpb.QueryCommittedResponse
	err := c.query(ctx, queryCommitted, &taskpb.QueryCommitted{Task: task, Commitment: commitment[:]}, &resp)
	return resp.Node, err
}

// account is the number the chain gave an account; it is part of every signature.
func (c *Client) account(ctx context.Context, address string) (uint64, error) {
	var resp authtypes.QueryAccountInfoResponse
	if err := c.query(ctx, queryAccount, &authtypes.QueryAccountInfoRequest{Address: address}, &resp); err != nil {
		return 0, err
	}
	return resp.Info.AccountNumber, nil
}

// AppHash is the hash of the application's state that the block at a height
// carries, that is of the state after the block before it.
func (c *Client) AppHash(ctx context.Context, height int64) (hash []byte, err error) {
	err = c.each(ctx, func(remote *rpc.HTTP) error {
		header, err := remote.Header(ctx, &height)
		if err == nil {
			hash = header.Header.AppHash
		}
		return err
	})
	return hash, err
}

func list[P, S any](in []P, convert func(*P) (S, error)) ([]S, error) {
	out := make([]S, len(in))
	for i := range in {
		var err error
		if out[i], err = convert(&in[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
