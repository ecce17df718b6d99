package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
)

// dialLocal connects to a chain of this machine, for a command that is told neither --rpc
// nor --home: to the one at the default address, else to that of a localnet in a folder
// here, else to that of a demo that runs. All later requests and hints of the command use
// the same chain.
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
			fmt.Fprintf(s.err, "althing: note: without --rpc, %s in %s is asked\n", c.Chain(), dir)
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

// localNetworks are the folders of networks that lie here or in the user's cache of demos:
// those here first, in each place the newest first.
func localNetworks() (dirs []string) {
	here := networksIn("*")
	if _, err := os.Stat(filepath.Join("validator-1", "validator.json")); err == nil {
		here = append(here, ".")
	}
	dirs = append(dirs, here...)
	if cache, err := demo.CacheDir(); err == nil {
		dirs = append(dirs, networksIn(filepath.Join(cache, "*"))...)
	}
	return dirs
}

// networksIn are the folders of networks that a pattern matches, the newest first.
func networksIn(pattern string) (dirs []string) {
	files, _ := filepath.Glob(filepath.Join(pattern, "validator-1", "validator.json")) // the pattern is a good one
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
		dirs = append(dirs, filepath.Dir(filepath.Dir(file)))
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
