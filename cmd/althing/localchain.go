package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
)

// dialLocal connects to a chain of this machine, for a command that is told neither --rpc
// nor --home: to the one at the default address, else to that of a network in a folder here,
// else to that of another localnet or demo of this user. All later requests and hints of the
// command use the same chain.
func (s *session) dialLocal(ctx context.Context) (*client.Client, error) {
	c, err := client.Dial(ctx, defaultRPC)
	if err == nil || ctx.Err() != nil {
		return c, err
	}
	networks := localNetworks()
	for _, dir := range networks {
		addresses := validatorAddresses(dir)
		if len(addresses) == 0 {
			continue
		}
		if c, err := dialQuickly(ctx, addresses); err == nil {
			s.rpc = addresses
			s.tell("althing: note: this asks the network in %s; --rpc or --home would name another", dir)
			return c, nil
		}
	}
	hint := "althing demo"
	if len(networks) > 0 {
		hint = "althing start --home " + quote(filepath.Join(networks[0], "validator-1"))
	}
	return nil, hinted{err, hint}
}

// dialQuickly gives up soon: a validator of this machine answers at once or not at all.
func dialQuickly(ctx context.Context, addresses []string) (*client.Client, error) {
	const limit = 2 * time.Second
	quick, stop := context.WithTimeout(ctx, limit)
	defer stop()
	if _, err := client.Dial(quick, addresses...); err != nil {
		return nil, err
	}
	return client.Dial(ctx, addresses...)
}

// localNetworks are the folders of networks that lie here or that the user's cache knows: those
// here first, in each place the newest first.
func localNetworks() []string {
	here := networksIn("*")
	if _, err := os.Stat(filepath.Join("validator-1", "validator.json")); err == nil {
		here = append(here, ".")
	}
	return append(here, networksIn(demo.Networks()...)...)
}

// networksIn are the folders of networks that patterns match, the newest first.
func networksIn(patterns ...string) (dirs []string) {
	var files []string
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(pattern, "validator-1", "validator.json")) // the patterns are good ones
		files = append(files, found...)
	}
	written := func(file string) int64 {
		info, err := os.Stat(file)
		if err != nil {
			return 0
		}
		return info.ModTime().UnixNano()
	}
	slices.SortStableFunc(files, func(a, b string) int {
		switch at, bt := written(a), written(b); {
		case at > bt:
			return -1
		case at < bt:
			return 1
		}
		return 0
	})
	for _, file := range files {
		dir := filepath.Dir(filepath.Dir(file))
		if linked, err := os.Readlink(dir); err == nil {
			dir = linked
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

// validatorAddresses are the RPC addresses of the validators whose home folders lie in a
// folder.
func validatorAddresses(dir string) (addresses []string) {
	homes, _ := filepath.Glob(filepath.Join(dir, "validator-*")) // the pattern is a good one
	for _, home := range homes {
		if v, err := daemon.LoadValidator(home); err == nil {
			addresses = append(addresses, "http://"+v.RPC)
		}
	}
	return addresses
}
