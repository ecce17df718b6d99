package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
	neutral "github.com/althing-network/althing/view"
)

// localnet writes the home folders of a network that runs as processes.
func (s *session) localnet() *cobra.Command {
	var n demo.Network
	var port int
	c := &cobra.Command{
		Use:   "localnet DIR",
		Short: "Write the home folders of a network on this machine",
		Long: `Writes a folder with a home folder for each validator and node, and a task file.
Each home folder is run by a process of its own, with "althing start DIR/NAME".

  validator-N   makes blocks, and answers queries at its address
  trainer-N     trains on its own rows
  aggregator-N  adds up updates, and serves models at its address
  evaluator-N   judges models on rows of its own
  consumer-1    has the money for the task; "task create" signs with its key
  guest-1       a spare trainer with rows of its own, which has not joined: start it
                at any time, and it takes part from the next round on` + networkSizes,
		Example: "  althing localnet net --validators 4 --trainers 10\n  althing start net/validator-1\n  althing task create net/task.yaml --home net/consumer-1",
		Args:    cobra.ExactArgs(1),
	}
	as := s.networkFlags(c, &n)
	c.Flags().IntVar(&port, "port", 26600, "first of the ports taken; 0 takes ports that are free on this machine")
	c.Flags().StringSliceVar(&n.Hosts, "hosts", nil, "IP addresses over which validators and nodes are spread, separated by commas (default: 127.0.0.1)")
	c.Flags().DurationVar(&n.Voting, "voting", time.Minute, "how long holders may vote on a proposal")
	c.Flags().DurationVar(&n.Delay, "delay", time.Minute/2, "how long a passed proposal waits before it may be executed")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		as.into(&n)
		if n.Voting <= 0 {
			return hintFlags(cmd, fmt.Errorf("--voting %s: want more than 0s", n.Voting), "voting", "1m0s")
		}
		if n.Delay <= 0 {
			return hintFlags(cmd, fmt.Errorf("--delay %s: want more than 0s", n.Delay), "delay", "30s")
		}
		local, task, err := n.Write(args[0], port)
		if err != nil {
			return s.hintNetwork(cmd, err)
		}
		if s.json {
			return s.listHomes(local)
		}
		return s.showLocalnet(local, task)
	}
	return c
}

// hintNetwork adds to an error of a network the same command with another value.
func (s *session) hintNetwork(cmd *cobra.Command, err error) error {
	if taken, ok := errors.AsType[*demo.PortTakenError](err); ok && taken.Next > 0 {
		return hintFlags(cmd, err, "port", fmt.Sprint(taken.Next))
	}
	if _, ok := errors.AsType[*demo.TooManyLiarsError](err); ok {
		return hintFlags(cmd, err, "force", "true")
	}
	return err
}

// home is a home folder of a network that was written.
type home struct {
	Event   string `json:"event"`
	Home    string `json:"home"`
	Roles   string `json:"roles"`
	Address string `json:"address"`
}

// homesOf lists the home folders of a network.
func homesOf(local daemon.Localnet) (list []home) {
	for i, address := range local.RPC() {
		list = append(list, home{"home", local.Home(local.Validator(i)), "validator", address})
	}
	for _, r := range local.Residents {
		list = append(list, home{"home", local.Home(r.Config.Name), r.Config.Roles.String(), r.Config.Listen})
	}
	return list
}

func (s *session) listHomes(local daemon.Localnet) error {
	for _, h := range homesOf(local) {
		if err := s.line(h); err != nil {
			return err
		}
	}
	return nil
}

// showLocalnet says what was written, and what to do with it.
func (s *session) showLocalnet(local daemon.Localnet, task spec.TaskSpec) error {
	homes := neutral.Table([]string{"HOME", "ROLES", "ADDRESS"}, homesOf(local), func(h home) []any {
		roles := h.Roles
		if filepath.Base(h.Home) == demo.Guest {
			roles += ", has not joined"
		}
		return []any{h.Home, roles, neutral.Dash(h.Address == "", h.Address)}
	})
	file := filepath.Join(local.Dir, "task.yaml")
	about := neutral.Part{Text: fmt.Sprintf("%s is a task for this network: %s.\n%s is a spare trainer with rows of its own. Start it at any time, and it takes part from the next round on.",
		file, task.Name, local.Home(demo.Guest))}
	screen, consumer := s.screen(), quote(local.Home(demo.Consumer))
	if err := screen.Page(neutral.Page{Parts: []neutral.Part{homes, about}}); err != nil {
		return err
	}
	dir := quote(local.Dir) + "/"
	return screen.Print(
		"",
		"start all of it:",
		"  for home in "+dir+"validator-* "+dir+"trainer-* "+dir+"aggregator-* \\",
		"      "+dir+"evaluator-* "+dir+"consumer-*; do",
		"    "+s.asTyped("althing start \"$home\" >\"$home/log.txt\" 2>&1 &"),
		"  done",
		"some seconds later, when the nodes have registered:",
		"  "+s.asTyped("althing task create "+quote(file)+" --home "+consumer),
		"  "+s.asTyped("althing round watch 1 --home "+consumer),
		"stop all of it:",
		"  kill $(jobs -p)",
	)
}
