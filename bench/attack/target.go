package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	rpc "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cosmos/gogoproto/proto"

	"github.com/althing-network/althing/pb/taskpb"
)

// target is a network as an attacker sees it, who has read its folder for the
// addresses and for the keys of the nodes that are the attacker's. It speaks to the
// network in bytes and reads no more of an answer than it must, so that networks of
// older versions can be attacked, too.
type target struct {
	dir        string
	homes      []home
	validators []*rpc.HTTP
	chain      string
	task       uint64 // 0: none yet
}

// home is what a home folder says, as far as an attacker cares.
type home struct {
	Name   string `json:"name"`
	Chain  string `json:"chain"`
	RPC    any    `json:"rpc"`    // of a validator its own address, of a node those it asks
	Listen string `json:"listen"` // of a node's blob interface
}

// rpcPatience is how long an answer of a validator is waited for.
const rpcPatience = 10 * time.Second

func newTarget(ctx context.Context, dir string) (*target, error) {
	t := &target{dir: dir}
	for _, file := range []string{"validator.json", "node.json"} {
		paths, err := filepath.Glob(filepath.Join(dir, "*", file))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			var h home
			b, err := os.ReadFile(path)
			if err == nil {
				err = json.Unmarshal(b, &h)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			t.homes = append(t.homes, h)
			t.chain = h.Chain
			address, ok := h.RPC.(string)
			if !ok {
				continue
			}
			validator, err := rpc.NewWithClient("http://"+address, "/websocket", &http.Client{Timeout: rpcPatience})
			if err != nil {
				return nil, err
			}
			t.validators = append(t.validators, validator)
		}
	}
	if len(t.validators) == 0 {
		return nil, fmt.Errorf("%s holds no home folder of a validator", dir)
	}
	if id, err := os.ReadFile(filepath.Join(dir, taskNote)); err == nil {
		_, err = fmt.Sscan(string(id), &t.task)
		return t, err
	}
	return t, ctx.Err()
}

// taskNote is where the number of the network's task is noted for attackers.
const taskNote = "task.id"

// home is the folder of a validator or a node.
func (t *target) home(name string) string { return filepath.Join(t.dir, name) }

// of lists the homes whose names begin so.
func (t *target) of(role string) (some []home) {
	for _, h := range t.homes {
		if strings.HasPrefix(h.Name, role+"-") {
			some = append(some, h)
		}
	}
	slices.SortFunc(some, func(a, b home) int { return strings.Compare(a.Name, b.Name) })
	return some
}

// ask asks one of the validators a question about the chain's state.
func (t *target) ask(ctx context.Context, validator int, method string, req, resp proto.Message) error {
	data, err := proto.Marshal(req)
	if err != nil {
		return err
	}
	answer, err := t.validators[validator%len(t.validators)].ABCIQuery(ctx, method, data)
	if err != nil {
		return err
	}
	if answer.Response.Code != 0 {
		return errors.New(answer.Response.Log)
	}
	return proto.Unmarshal(answer.Response.Value, resp)
}

// newest is the network's task as it is now.
func (t *target) newest(ctx context.Context, validator int) (taskpb.Task, error) {
	var resp taskpb.QueryTaskResponse
	err := t.ask(ctx, validator, "/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: t.task}, &resp)
	return resp.Task, err
}

// stranger is an HTTP client that believes every server.
func stranger() *http.Client {
	return &http.Client{Timeout: rpcPatience, Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true}, // an attacker does not care who answers
		MaxIdleConnsPerHost: 16,
	}}
}
