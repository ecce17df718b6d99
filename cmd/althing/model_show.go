package main

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) modelShow() *cobra.Command {
	var torch bool
	var version string
	c := &cobra.Command{
		Use:   "show TASK|FILE",
		Short: "Show the model of a task, or what a model file holds",
		Long: `Shows the model of a task: its architecture, every version with its score, who took
part, the rules, the faults, the money; with --round only one version. A whole number is a
task, everything else is a file: write ./1 for a file named 1.

--torch prints lines of Python that load a file into PyTorch and predict with it: its
layers, its columns in their order, and how they are brought to scale.`,
		Example: "  althing model show 1\n  althing model show 1 --round best\n  althing model show model.safetensors\n  althing model show model.safetensors --torch > model.py",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, notNumber := strconv.ParseUint(args[0], 10, 64)
			switch isTask := notNumber == nil; {
			case torch && isTask:
				return hinted{errors.New("--torch is of a file: fetch the model first"), s.command("model fetch", args[0])}
			case !isTask && version != "":
				return errors.New("--round is about a task, not about a file")
			case torch:
				return s.showTorch(args[0])
			case !isTask:
				f, _, err := readModelFile(args[0])
				if err != nil {
					return err
				}
				return s.show(f)
			}
			c, t, err := s.findTask(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if version != "" {
				return s.showVersion(cmd.Context(), c, t, version)
			}
			return s.showTaskModel(cmd.Context(), c, t)
		},
	}
	c.Flags().BoolVar(&torch, "torch", false, "print the lines of Python that load a file into PyTorch")
	c.Flags().StringVar(&version, "round", "", "show only "+roundFlag)
	return c
}

// showTaskModel shows everything that is known of the model of a task.
func (s *session) showTaskModel(ctx context.Context, c *client.Client, t spec.Task) error {
	m, err := view.ReadTaskModel(ctx, c, t)
	if err != nil {
		return err
	}
	if t.Spec.Private() && t.Round > 0 {
		if m.Charges, err = charges(ctx, c, t, m.EndedRounds()); err != nil {
			return err
		}
	}
	return s.show(m)
}

// showVersion shows one version of the model of a task.
func (s *session) showVersion(ctx context.Context, c *client.Client, t spec.Task, word string) error {
	round, digest, err := findVersion(ctx, c, t, word)
	if err != nil {
		return s.hintList(err)
	}
	v, err := view.ReadTaskVersion(ctx, c, t, round, digest)
	if err != nil {
		return err
	}
	return s.show(v)
}

// showTorch prints the lines of Python that load a file.
func (s *session) showTorch(path string) error {
	_, f, err := readModelFile(path)
	if err != nil {
		return err
	}
	lines, err := torch(path, f)
	if err != nil {
		return err
	}
	if s.json {
		return s.line(map[string]string{"event": "torch", "file": path, "lines": lines})
	}
	_, err = io.WriteString(s.out, lines)
	return err
}
