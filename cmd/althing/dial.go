package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/round"
)

// defaultRPC is asked when neither --rpc nor --home says whom to ask.
const defaultRPC = "http://127.0.0.1:26657"

// dial connects to the chain behind --rpc, else behind the addresses in the home folder,
// else to one that runs on this machine.
func (s *session) dial(ctx context.Context) (*client.Client, error) {
	if len(s.rpc) == 0 && s.home == "" {
		return s.dialLocal(ctx)
	}
	addresses, err := s.addresses()
	if err != nil {
		return nil, err
	}
	c, err := client.Dial(ctx, addresses...)
	if err != nil {
		return nil, hinted{err, s.startChain(addresses)}
	}
	return c, nil
}

func (s *session) addresses() ([]string, error) {
	switch {
	case len(s.rpc) > 0:
		return s.rpc, nil
	case s.home == "":
		return []string{defaultRPC}, nil
	}
	config, err := daemon.LoadNode(s.home)
	if errors.Is(err, fs.ErrNotExist) {
		v, err := daemon.LoadValidator(s.home)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, s.noHomeFolder()
		case err != nil:
			return nil, err
		}
		return []string{"http://" + v.RPC}, nil
	}
	return config.RPC, err
}

// noHomeFolder says what is wrong with a --home that is no home folder.
func (s *session) noHomeFolder() error {
	if _, err := os.Stat(s.home); err != nil {
		return hinted{fmt.Errorf("--home %s: there is no such folder: want the home folder of a node", s.home), "althing localnet net"}
	}
	return fmt.Errorf("--home %s: want the home folder of a node, which holds node.json", s.home)
}

// isNodeHome reports whether a folder is the home folder of a node.
func isNodeHome(home string) bool {
	_, err := daemon.LoadNode(home)
	return !errors.Is(err, fs.ErrNotExist)
}

// noNodeHome says what is wrong with a --home that is the home folder of no node, for a command
// that needs a node. Its hint is the same command with a node's home folder in the same network.
func (s *session) noNodeHome(cmd *cobra.Command) error {
	if _, err := daemon.LoadValidator(s.home); errors.Is(err, fs.ErrNotExist) {
		return s.noHomeFolder()
	}
	err := fmt.Errorf("--home %s: this is the home folder of a validator: want that of a node, which holds node.json", s.home)
	return hintFlags(cmd, err, "home", filepath.Join(filepath.Dir(filepath.Clean(s.home)), "trainer-1"))
}

// checkRPC refuses a --rpc without an address, or with something that is none.
func (s *session) checkRPC(c *cobra.Command) error {
	addresses := s.rpc
	if c.Flags().Changed("rpc") && len(addresses) == 0 {
		addresses = []string{""}
	}
	for _, address := range addresses {
		if _, err := client.ParseAddress(address); err != nil {
			return hintFlags(c, fmt.Errorf("--rpc: %w", err), "rpc", defaultRPC)
		}
	}
	return nil
}

// startChain is the command that would bring up a chain that was asked at addresses: that of
// the network of the home folder, else that of a network on this machine with such an address.
func (s *session) startChain(addresses []string) string {
	if s.home != "" {
		validator := filepath.Join(filepath.Dir(filepath.Clean(s.home)), "validator-1")
		if _, err := os.Stat(validator); err == nil {
			return "althing start --home " + quote(validator)
		}
	}
	for _, dir := range localNetworks() {
		if slices.ContainsFunc(validatorAddresses(dir), func(address string) bool { return slices.Contains(addresses, address) }) {
			return "althing start --home " + quote(filepath.Join(dir, "validator-1"))
		}
	}
	return "althing demo"
}

// account connects to the chain as the account whose key is in the home folder.
func (s *session) account(ctx context.Context) (*client.Account, error) {
	if s.home == "" {
		return nil, hinted{errNoHome, "althing localnet net"}
	}
	config, err := daemon.LoadNode(s.home)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := daemon.LoadValidator(s.home); errors.Is(err, fs.ErrNotExist) {
			return nil, s.noHomeFolder()
		} else if err != nil {
			return nil, err
		}
		config, err = daemon.NodeConfig{}, nil // a validator: its own chain, unless --rpc names another
	}
	if err != nil {
		return nil, err
	}
	key, err := daemon.LoadKey(s.home)
	if err != nil {
		return nil, err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	if config.Chain != "" && c.Chain() != config.Chain {
		return nil, fmt.Errorf("%w: %s belongs to %s, the chain that answers is %s", daemon.ErrOtherChain, s.home, config.Chain, c.Chain())
	}
	account, err := c.Account(ctx, key)
	if errors.Is(err, client.ErrNoAccount) {
		return nil, hinted{err, s.command("token faucet")}
	}
	return account, err
}

// hintList adds to a refusal of the chain its next step: the command that lists
// what there is.
func (s *session) hintList(err error) error {
	var refusal *client.Refusal
	switch {
	case !errors.As(err, &refusal):
		return err
	case errors.Is(err, round.ErrTaskNotFound):
		return hinted{err, s.command("task list")}
	case errors.Is(err, client.ErrNodeNotFound):
		return hinted{err, s.command("node list")}
	case errors.Is(err, client.ErrNoProposal):
		return hinted{err, s.command("proposal list")}
	case errors.Is(err, client.ErrNoDataset):
		return hinted{err, s.command("data list")}
	case errors.Is(err, client.ErrNoLine):
		return hinted{err, s.command("model list")}
	}
	return err
}

// command is a command line that speaks to the same chain as this one.
func (s *session) command(words ...string) string {
	line := "althing " + strings.Join(words, " ")
	if len(s.rpc) > 0 {
		line += " --rpc " + quote(strings.Join(s.rpc, ","))
	}
	if s.home != "" {
		line += " --home " + quote(s.home)
	}
	return line
}

// quote makes one word of a shell out of s.
func quote(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:,=@%+", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
