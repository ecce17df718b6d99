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

// target is what an attacker knows of a network. The attacker has read from its folder the
// addresses, and the keys of the attacker's own nodes. It uses raw requests and reads as
// little of the answers as possible, so that it can attack networks of older versions, too.
type target struct {
	dir        string
	homes      []home
	validators []*rpc.HTTP
	chain      string
	task       uint64 // 0: none yet
}

// home is the part of a home folder's configuration that an attacker needs.
type home struct {
	Name   string `json:"name"`
	Chain  string `json:"chain"`
	RPC    any    `json:"rpc"`    // the own address of a validator, or the addresses that a node uses
	Listen string `json:"listen"` // address of a node's blob interface
}

// requestTimeout is the timeout of a request to a validator or a node.
const requestTimeout = 10 * time.Second

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
			validator, err := rpc.NewWithClient("http://"+address, "/websocket", &http.Client{Timeout: requestTimeout})
			if err != nil {
				return nil, err
			}
			t.validators = append(t.validators, validator)
		}
	}
	if len(t.validators) == 0 {
		return nil, fmt.Errorf("%s: want the folder of a network, with home folders of validators", dir)
	}
	if id, err := os.ReadFile(filepath.Join(dir, taskNote)); err == nil {
		_, err = fmt.Sscan(string(id), &t.task)
		return t, err
	}
	return t, ctx.Err()
}

// taskNote is the file with the number of the network's task, for attackers.
const taskNote = "task.id"

// home is the folder of a validator or a node.
func (t *target) home(name string) string { return filepath.Join(t.dir, name) }

// of lists the homes with a role, by name.
func (t *target) of(role string) (some []home) {
	for _, h := range t.homes {
		if strings.HasPrefix(h.Name, role+"-") {
			some = append(some, h)
		}
	}
	slices.SortFunc(some, func(a, b home) int { return strings.Compare(a.Name, b.Name) })
	return some
}

// ask queries the state of the chain from one of the validators.
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

// newest is the network's task in its current state.
func (t *target) newest(ctx context.Context, validator int) (taskpb.Task, error) {
	var resp taskpb.QueryTaskResponse
	err := t.ask(ctx, validator, "/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: t.task}, &resp)
	return resp.Task, err
}

// stranger is an HTTP client that does not verify servers.
func stranger() *http.Client {
	return &http.Client{Timeout: requestTimeout, Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true}, // an attacker does not verify the server
		MaxIdleConnsPerHost: 16,
	}}
}
