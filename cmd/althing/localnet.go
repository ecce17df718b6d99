package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// The nodes with a name of their own.
const (
	customer = "consumer-1"
	guest    = "guest-1"
)

// localnet writes the home folders of a network that runs as processes.
func (s *session) localnet() *cobra.Command {
	var n network
	var port int
	c := &cobra.Command{
		Use:   "localnet DIR",
		Short: "Write the home folders of a network on this machine",
		Long: `Writes a folder with a home folder for each validator and node, and a task
file. Run each with "althing start --home DIR/x".` + sizes,
		Example: "  althing localnet net --validators 4 --trainers 10\n  althing start --home net/validator-1\n  althing task create net/task.yaml --home net/consumer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.writeLocalnet(args[0], port, n)
		},
	}
	n.flags(c)
	c.Flags().IntVar(&port, "port", 26600, "first of the ports taken; 0 takes ports that are free on this machine")
	c.Flags().StringSliceVar(&n.hosts, "hosts", nil, "IP addresses over which validators and nodes are spread, separated by commas (default: 127.0.0.1)")
	c.Flags().DurationVar(&n.voting, "voting", time.Minute, "how long holders may vote on a proposal")
	c.Flags().DurationVar(&n.delay, "delay", time.Minute/2, "how long a passed proposal waits before it may be executed")
	return c
}

func (s *session) writeLocalnet(dir string, port int, n network) error {
	local, _, err := n.write(dir, port)
	if err != nil {
		return err
	}
	for i, address := range local.RPC() {
		s.wrote(local.Home(local.Validator(i)), "validator", address)
	}
	for _, r := range local.Residents {
		s.wrote(local.Home(r.Config.Name), r.Config.Roles.String(), r.Config.Listen)
	}
	return nil
}

func (s *session) wrote(home, what, address string) {
	if s.json {
		_ = json.NewEncoder(s.out).Encode(map[string]string{"event": "home", "home": home, "roles": what, "address": address})
		return
	}
	fmt.Fprintf(s.out, "%-24s %-24s %s\n", home, what, address)
}
