package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// model is about what tasks produce.
func (s *session) model() *cobra.Command {
	return noun("model", "See what tasks have made, and get it",
		s.modelShow(), s.modelFetch(), s.modelList(), s.modelVersions(), s.modelCard())
}

func (s *session) modelShow() *cobra.Command {
	var word string
	c := &cobra.Command{
		Use:   "show TASK|FILE",
		Short: "Show the model card of a task, or what a model file holds",
		Long: `Shows the model card of a task: architecture, every version with its score,
who took part, the rules, the faults, the money; with --round one version alone. A
whole number is a task, all else is a file, so a file named 1 is ./1.`,
		Example: "  althing model show 1\n  althing model show 1 --round best\n  althing model show model.safetensors",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := strconv.ParseUint(args[0], 10, 64); err != nil {
				if word != "" {
					return errors.New("--round is about a task, not about a file")
				}
				return s.showFile(args[0])
			}
			c, t, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if word != "" {
				return s.showVersion(cmd.Context(), c, t, word)
			}
			card, err := readCard(cmd.Context(), c, t)
			if err != nil {
				return err
			}
			return s.showCard(card)
		},
	}
	c.Flags().StringVar(&word, "round", "", "show only "+roundFlag)
	return c
}

// file is what a model file says of itself.
type file struct {
	File       string      `json:"file"`
	Model      spec.Model  `json:"model"`
	Parameters int         `json:"parameters"`
	Bytes      int         `json:"bytes"`
	SHA256     spec.Digest `json:"sha256"`
}

// readModel reads a model file.
func readModel(path string) (file, []float32, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return file{}, nil, err
	}
	f, err := model.Open(b)
	if err != nil {
		return file{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	return file{File: path, Model: f.Model, Parameters: len(f.Weights), Bytes: len(b), SHA256: spec.DigestOf(b)}, f.Weights, nil
}

func (s *session) showFile(path string) error {
	f, _, err := readModel(path)
	if err != nil {
		return err
	}
	if s.json {
		return s.line(f)
	}
	layout, err := model.Layout(f.Model)
	if err != nil {
		return err
	}
	t := s.table()
	t.row("model", architecture(f.Model))
	t.row("bytes", f.Bytes)
	t.row("sha256", f.SHA256)
	for _, tensor := range layout {
		t.row(tensor.Name, fmt.Sprintf("float32 %v", tensor.Shape))
	}
	return t.flush()
}

// fetched is a model that was downloaded and found as the chain has it.
type fetched struct {
	Event  string      `json:"event"`
	Task   uint64      `json:"task"`
	Round  uint64      `json:"round"` // that made it, 0 for model 0
	SHA256 spec.Digest `json:"sha256"`
	Bytes  int         `json:"bytes"`
	File   string      `json:"file"`
}

func (s *session) modelFetch() *cobra.Command {
	var out, word string
	c := &cobra.Command{
		Use:   "fetch TASK",
		Short: "Download a model of a task and check it against the chain",
		Long: `Downloads the newest model of a task from its aggregators, or the one that --round
names, checks its hash against the chain and its bytes against the task, and writes
the file. The models of a round are kept for as long as the task says (retain), the
newest as long as there is room.

Anybody may, unless the task says model.access: members. Then the model is for the
consumer's node and the nodes that serve the task: name the home folder of one with
--home.`,
		Example: "  althing model fetch 1 --out model.safetensors\n  althing model fetch 1 --round best\n" +
			"  althing model fetch 1 --home net/consumer-1",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			made, digest, err := versionOf(cmd.Context(), c, t, word)
			if err != nil {
				return s.explain(err)
			}
			b, err := s.fetchVersion(cmd.Context(), c, t, made, digest)
			if err != nil {
				return err
			}
			if out == "" {
				out = fmt.Sprintf("task-%d.safetensors", t.ID)
			}
			if err := replace(out, b); err != nil {
				return err
			}
			if s.json {
				return s.line(fetched{"fetched", t.ID, made, digest, len(b), out})
			}
			_, err = fmt.Fprintf(s.out, "%s: model of task %d after round %d, %d bytes\nsha256 %s, as on the chain\n", out, t.ID, made, len(b), digest)
			return err
		},
	}
	c.Flags().StringVar(&out, "out", "", "file to write (default: task-N.safetensors)")
	c.Flags().StringVar(&word, "round", "", roundFlag)
	return c
}

// maker finds the round that made a model, or the one that began with it, on
// the chain: a task that trains may have a newer one by now.
func maker(ctx context.Context, c *client.Client, task uint64, digest spec.Digest) (uint64, error) {
	t, err := c.Task(ctx, task)
	if err != nil {
		return 0, err
	}
	for n := t.Round; n > 0; n-- {
		r, err := c.Round(ctx, task, n)
		switch {
		case err != nil:
			return 0, err
		case r.Next == digest && r.Phase == spec.PhaseSettled:
			return n, nil
		case n == 1 && r.Base == digest:
			return 0, nil
		}
	}
	if t.Model == digest {
		return 0, nil
	}
	return 0, fmt.Errorf("model %s is no version of task %d: the chain does not know it", digest, task)
}
