package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

// errFails says that a proposal would fail if it were executed now.
var errFails = errors.New("the proposal would fail if it were executed now")

func (s *session) proposalSubmit() *cobra.Command {
	var anyway bool
	c := &cobra.Command{
		Use:   "submit FILE --home DIR",
		Short: "Show what a file proposes, try it out, and put it to the vote",
		Long: `Reads a proposal file, looks up on the chain what the file leaves open, and shows every
value in full. The chain tries the proposal out in a copy of its state. Then the proposal is
signed and sent, unless it would fail; with --anyway it is sent all the same.`,
		Example: "  althing proposal submit proposal.yaml --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			draft, err := readProposal(ctx, cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			models, err := addModels(ctx, account, &draft, args[0])
			if err != nil {
				return s.hintList(fmt.Errorf("%s: %w", args[0], err))
			}
			message, err := account.Compose(ctx, draft)
			if err != nil {
				return s.hintList(fmt.Errorf("%s: %w", args[0], err))
			}
			d := view.Draft{Event: "proposal", Proposer: account.Address(), Draft: message.Draft}
			if d.DryRun, d.Dangerous, err = account.DryRun(ctx, &message); err != nil {
				return fmt.Errorf("dry run: %w", err)
			}
			if d.Digest, err = message.Digest(); err != nil {
				return err
			}
			if err := d.ReadOwners(ctx, account.Client); err != nil {
				return s.hintList(err)
			}
			if err := s.show(d); err != nil {
				return err
			}
			if d.DryRun.Error != "" && !anyway {
				return fmt.Errorf("%w: %s; --anyway submits it all the same", errFails, terminal.Clean(d.DryRun.Error))
			}
			return s.submit(ctx, account, message, models)
		},
	}
	c.Flags().BoolVar(&anyway, "anyway", false, "submit a proposal that would fail if it were executed now")
	return c
}

// submit signs and sends a proposal that has been shown. It gives models, by task, to the
// account's own node, which is to serve them.
func (s *session) submit(ctx context.Context, account *client.Account, message client.Submit, models map[uint64][]byte) error {
	rules, err := account.VoteRules(ctx)
	if err != nil {
		return err
	}
	if least := rules.Initial.Of(rules.MinDeposit); uint64(message.Deposit) < least {
		return fmt.Errorf("%w: %s is less than the %s that a proposer deposits at least", client.ErrSmall, spec.Money(uint64(message.Deposit)), spec.Money(least))
	}
	receipt, err := account.Send(ctx, message)
	switch {
	case errors.Is(err, client.ErrPower):
		return hinted{err, s.command("node stake 100")}
	case err != nil:
		return lacksCoins(ctx, account, err, client.ErrFunds, "the deposit takes "+spec.Money(uint64(message.Deposit)))
	}
	number, err := receipt.Proposed()
	if err != nil {
		return err
	}
	for _, task := range slices.Sorted(maps.Keys(models)) {
		if err := serveModel(s.home, task, number, models[task]); err != nil {
			return fmt.Errorf("proposal %d is submitted, but its model is not served: %w", number, err)
		}
	}
	if err := s.showDone(proposalDone{Event: "submitted", Proposal: number, Amount: uint64(message.Deposit), Height: receipt.Height}, "submitted"); err != nil || s.json {
		return err
	}
	s.hint("proposal watch", fmt.Sprint(number))
	return nil
}

// readProposal reads a proposal file; "-" is the standard input.
func readProposal(ctx context.Context, stdin io.Reader, path string) (spec.Draft, error) {
	file, err := readFile(ctx, stdin, path)
	if err != nil {
		return spec.Draft{}, err
	}
	draft, err := spec.ParseProposal(file)
	field, ok := errors.AsType[*spec.FieldError](err)
	switch {
	case ok && field.Field == "":
		return draft, fmt.Errorf("%s:%d: %s", path, field.Line, field.Why)
	case ok:
		return draft, fmt.Errorf("%s:%d: %s: %s", path, field.Line, field.Field, field.Why)
	case err != nil:
		return draft, fmt.Errorf("%s: %w", path, err)
	}
	return draft, nil
}

// addModels replaces the names of model files in a draft by their digests, and returns the
// bytes of those that the account's own node is to serve, by task. File names are relative to
// the folder of the proposal file. Where the draft names no holder, the account's own node
// serves the model.
func addModels(ctx context.Context, account *client.Account, draft *spec.Draft, path string) (map[uint64][]byte, error) {
	models := map[uint64][]byte{}
	for i, a := range draft.Actions {
		if a.UpdateModel == nil || a.UpdateModel.Model == "" {
			continue
		}
		if _, err := spec.ParseDigest(a.UpdateModel.Model); err == nil {
			continue
		}
		update := *a.UpdateModel
		b, err := readUpdateModel(ctx, account.Client, update, path)
		if err != nil {
			return nil, fmt.Errorf("action %d, update_model: %w", i+1, err)
		}
		update.Model = spec.DigestOf(b).String()
		if update.Holder == 0 {
			n, err := account.NodeByOwner(ctx, account.Address())
			if err != nil {
				return nil, fmt.Errorf("action %d, update_model: no node can serve the model: %w", i+1, err)
			}
			if n.Profile.Endpoint == "" {
				return nil, fmt.Errorf("action %d, update_model: holder: node %d of %s serves nothing: name one that has %s", i+1, n.ID, account.Address(), update.Model)
			}
			update.Holder, models[update.Task] = n.ID, b
		}
		draft.Actions[i].UpdateModel = &update
	}
	return models, nil
}

// readUpdateModel reads the file that an update names, which must be a model of its task.
func readUpdateModel(ctx context.Context, c *client.Client, u spec.UpdateModel, path string) ([]byte, error) {
	name := u.Model
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(path), name)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("model: want a digest or a file: %w", err)
	}
	t, err := c.Task(ctx, u.Task)
	if err != nil {
		return nil, err
	}
	if _, err := model.Decode(t.Spec.Model, t.Spec.Data, b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// serveModel puts a model file where the node of a home folder finds the models that it is to
// serve: for a proposal, or, with proposal 0, for the start of a task.
func serveModel(home string, task, proposal uint64, b []byte) error {
	file := filepath.Join(home, daemon.NomineeFile(task, proposal))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return writeFile(file, b)
}
