package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/spec"
)

// fetchedModel is a model that was downloaded, with the hash that the chain has.
type fetchedModel struct {
	Event  string      `json:"event"`
	Task   uint64      `json:"task"`
	Round  uint64      `json:"round"` // that made it, 0 for model 0
	SHA256 spec.Digest `json:"sha256"`
	Bytes  int         `json:"bytes"`
	File   string      `json:"file"`
}

func (s *session) modelFetch() *cobra.Command {
	var out, version string
	c := &cobra.Command{
		Use:   "fetch TASK",
		Short: "Download a model of a task and check it against the chain",
		Long: `Downloads the newest model of a task from its aggregators, or the one that --round
names, checks its hash against the chain and its bytes against the task, and writes the
file. Aggregators keep the model of a round for as long as the task says (retain), and the
newest one as long as there is room.

Anybody may fetch it, unless the task says model.access: members. Then only the consumer's
node and the nodes that serve the task may: name the home folder of one with --home.`,
		Example: "  althing model fetch 1 --out model.safetensors\n  althing model fetch 1 --round best\n" +
			"  althing model fetch 1 --home net/consumer-1",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, t, err := s.findTask(ctx, args[0])
			if err != nil {
				return err
			}
			round, digest, err := findVersion(ctx, c, t, version)
			if err != nil {
				return s.hintList(err)
			}
			b, err := s.fetchVersion(ctx, c, t, round, digest)
			if err != nil {
				return err
			}
			if out == "" {
				out = fmt.Sprintf("task-%d.safetensors", t.ID)
			}
			if err := writeFile(out, b); err != nil {
				return err
			}
			if s.json {
				return s.line(fetchedModel{"fetched", t.ID, round, digest, len(b), out})
			}
			_, err = fmt.Fprintf(s.out, "%s: model of task %d after round %d, %d bytes\nsha256 %s, as on the chain\n", out, t.ID, round, len(b), digest)
			return err
		},
	}
	c.Flags().StringVar(&out, "out", "", "file to write (default: task-N.safetensors)")
	c.Flags().StringVar(&version, "round", "", roundFlag)
	return c
}
