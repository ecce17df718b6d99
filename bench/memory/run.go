package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// owners are the accounts that send a transaction in every block.
const owners = 2

// run measures one validator from its first block on, and prints a line per step.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "althing-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(o.dir)
	}
	if o.program == "" {
		o.program = filepath.Join(o.dir, "althing")
		if said, err := exec.CommandContext(ctx, "go", "build", "-o", o.program, "./cmd/althing").CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w\n%s", err, said)
		}
	}
	net := daemon.Localnet{Dir: filepath.Join(o.dir, "net"), Validators: 1, Commit: time.Millisecond, Gossip: time.Millisecond}
	for i := range owners {
		net.Residents = append(net.Residents, daemon.Resident{
			Funds: 10_000_000 * spec.Thing,
			Config: daemon.NodeConfig{
				Name: fmt.Sprintf("owner-%d", i+1), Roles: spec.Consumer, Slots: 1,
			},
		})
	}
	if err := net.Write(); err != nil {
		return err
	}
	home := net.Home(net.Validator(0))
	if err := o.set.write(filepath.Join(home, "validator.json")); err != nil {
		return err
	}
	if err := setEvidenceAge(filepath.Join(home, "config", "genesis.json"), o.evidenceBlocks); err != nil {
		return err
	}
	v, err := startValidator(o.program, home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.stop()) }()
	c, err := v.dial(ctx, net.RPC())
	if err != nil {
		return err
	}
	all := make([]*owner, owners)
	for i := range all {
		if all[i], err = newOwner(ctx, c, net.Home(net.Residents[i].Config.Name)); err != nil {
			return err
		}
	}
	return follow(ctx, o, v, c, all, json.NewEncoder(out))
}

// follow sends transactions at every new height, and prints a line per step.
func follow(ctx context.Context, o options, v *validator, c *client.Client, all []*owner, out *json.Encoder) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next, began := int64(0), time.Now()
	for height := range c.Heights(ctx) {
		for _, a := range all {
			if err := a.change(ctx, height); err != nil {
				return fmt.Errorf("height %d: %w", height, err)
			}
		}
		if height < next {
			continue
		}
		l := line{Name: o.name, Height: height, Seconds: time.Since(began).Seconds()}
		if err := v.measure(&l); err != nil {
			return fmt.Errorf("height %d: %w", height, err)
		}
		if err := out.Encode(l); err != nil {
			return err
		}
		if height >= o.blocks {
			return nil
		}
		next = (height/o.step + 1) * o.step
	}
	return fmt.Errorf("interrupted: %w", ctx.Err())
}

// write writes the settings into a JSON file, and keeps its other fields.
func (s settings) write(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var all settings
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	maps.Copy(all, s)
	if b, err = json.MarshalIndent(all, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// setEvidenceAge sets the maximum age of evidence of double signing in a genesis, in blocks.
func setEvidenceAge(genesis string, blocks int64) error {
	doc, err := genutiltypes.AppGenesisFromFile(genesis)
	if err != nil {
		return err
	}
	doc.Consensus.Params.Evidence.MaxAgeNumBlocks = blocks
	doc.Consensus.Params.Evidence.MaxAgeDuration = time.Second
	return doc.SaveAs(genesis)
}

// owner is an account with a node.
type owner struct {
	*client.Account
	profile spec.Profile
	price   uint64
}

func newOwner(ctx context.Context, c *client.Client, home string) (*owner, error) {
	chain.Configure()
	key, err := daemon.LoadKey(home)
	if err != nil {
		return nil, err
	}
	o := &owner{profile: spec.Profile{
		Name: filepath.Base(home), Roles: spec.Consumer, TransportKey: make([]byte, spec.KeySize), Slots: 1,
	}}
	if o.Account, err = c.Account(ctx, key); err != nil {
		return nil, err
	}
	if o.price, err = c.GasPrice(ctx); err != nil {
		return nil, err
	}
	_, err = o.Send(ctx, client.Register{Profile: o.profile, Stake: 100 * spec.Thing})
	return o, err
}

// change changes the node's registration. It does not wait for the block, and a busy
// validator may refuse it.
func (o *owner) change(ctx context.Context, height int64) error {
	o.profile.Resources.Memory = uint32(height)
	signed, err := o.Sign(client.Update{Profile: o.profile}, client.Gas, (client.Gas*o.price+999)/1000, time.Now())
	if err != nil {
		return err
	}
	if err := o.Broadcast(ctx, signed); err != nil && errors.Is(err, client.ErrUnreachable) {
		return err
	}
	return nil
}
