package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"unicode/utf8"

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
	var lines bool
	var word string
	c := &cobra.Command{
		Use:   "show TASK|FILE",
		Short: "Show the model card of a task, or what a model file holds",
		Long: `Shows the model card of a task: architecture, every version with its score,
who took part, the rules, the faults, the money; with --round one version alone. A
whole number is a task, all else is a file, so a file named 1 is ./1.

--torch prints lines of Python that load a file into PyTorch and predict with it: its
layers, its columns in their order, and how they are brought to scale.`,
		Example: "  althing model show 1\n  althing model show 1 --round best\n  althing model show model.safetensors\n  althing model show model.safetensors --torch > model.py",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := strconv.ParseUint(args[0], 10, 64)
			switch {
			case lines && err == nil:
				return hinted{errors.New("--torch is of a file: fetch the model first"), s.command("model fetch", args[0])}
			case err != nil && word != "":
				return errors.New("--round is about a task, not about a file")
			case lines:
				return s.showTorch(args[0])
			case err != nil:
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
	c.Flags().BoolVar(&lines, "torch", false, "print the lines of Python that load a file into PyTorch")
	c.Flags().StringVar(&word, "round", "", "show only "+roundFlag)
	return c
}

// file is what a model file says of itself.
type file struct {
	File       string      `json:"file"`
	Model      spec.Model  `json:"model"`
	Rows       *spec.Data  `json:"rows,omitempty"` // how rows become what the model sees
	Parameters int         `json:"parameters"`
	Bytes      int         `json:"bytes"`
	SHA256     spec.Digest `json:"sha256"`
}

// readModel reads a model file, also one that another program has saved again.
func readModel(path string) (file, model.File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return file{}, model.File{}, err
	}
	f, err := model.OpenResaved(b)
	if err != nil {
		return file{}, f, fmt.Errorf("%s: %w", path, err)
	}
	said := file{File: path, Model: f.Model, Parameters: len(f.Weights), Bytes: len(b), SHA256: spec.DigestOf(b)}
	if !f.Data.Schema.IsZero() {
		said.Rows = &f.Data
	}
	return said, f, nil
}

func (s *session) showFile(path string) error {
	f, held, err := readModel(path)
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
	schemaRows(t, held.Data)
	return t.flush()
}

// schemaRows tells of rows with names what they are and what becomes of them.
func schemaRows(t table, d spec.Data) {
	if d.Schema.IsZero() {
		return
	}
	label := d.Schema.Label + ", a number"
	if len(d.Schema.Classes) > 0 {
		label = d.Schema.Label + ": " + enumerated(d.Schema.Classes, 60)
	}
	t.row("label", label)
	var names []string
	for _, c := range d.Schema.Columns {
		names = append(names, c.Name)
	}
	t.row("columns", fmt.Sprintf("%d: %s", len(names), enumerated(names, 56)))
	t.row("features", cmp.Or(d.Features, spec.FeaturesNone))
	t.row("missing", cmp.Or(d.Missing, spec.MissingRefuse))
}

// enumerated lists texts as far as there is room, and counts the rest.
func enumerated(texts []string, room int) string {
	line := ""
	for i, text := range texts {
		text = short(text, 24)
		if rest := fmt.Sprintf(" and %d more", len(texts)-i); i > 0 && utf8.RuneCountInString(line+text+rest) > room {
			return line + rest
		}
		if i > 0 {
			line += ", "
		}
		line += text
	}
	return line
}

// showTorch prints the lines of Python that load a file.
func (s *session) showTorch(path string) error {
	_, f, err := readModel(path)
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
