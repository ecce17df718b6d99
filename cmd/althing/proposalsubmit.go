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
)

// proposed is a proposal as it is going to be signed.
type proposed struct {
	Event     string      `json:"event"`
	Proposer  string      `json:"proposer"`
	Dangerous bool        `json:"dangerous"`
	Digest    spec.Digest `json:"digest"`
	DryRun    spec.DryRun `json:"dry_run"`
	spec.Draft
}

// errFails is what a proposal comes to that would fail if it were carried out now.
var errFails = errors.New("the proposal would fail if it were carried out now")

func (s *session) proposalSubmit() *cobra.Command {
	var anyway bool
	c := &cobra.Command{
		Use:   "submit FILE --home DIR",
		Short: "Show what a file proposes, try it out, and put it to the vote",
		Long: `Reads a proposal file, looks up on the chain what it leaves open, shows every
value in full, and has the chain try it out in a copy of its state. Then it is signed
and sent, unless it would fail; --anyway sends it all the same.`,
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
				return s.explain(fmt.Errorf("%s: %w", args[0], err))
			}
			message, err := account.Compose(ctx, draft)
			if err != nil {
				return s.explain(fmt.Errorf("%s: %w", args[0], err))
			}
			p := proposed{Event: "proposal", Proposer: account.Address(), Draft: message.Draft}
			if p.DryRun, p.Dangerous, err = account.DryRun(ctx, &message); err != nil {
				return fmt.Errorf("dry run: %w", err)
			}
			if p.Digest, err = message.Digest(); err != nil {
				return err
			}
			if err := s.showDraft(ctx, account.Client, p); err != nil {
				return err
			}
			if p.DryRun.Error != "" && !anyway {
				return fmt.Errorf("%w: %s; --anyway submits it all the same", errFails, clean(p.DryRun.Error))
			}
			return s.submit(ctx, account, message, models)
		},
	}
	c.Flags().BoolVar(&anyway, "anyway", false, "submit what would fail if it were carried out now")
	return c
}

// submit signs and sends a proposal that has been shown, and gives the models that it wants
// of the account's own node to that node.
func (s *session) submit(ctx context.Context, account *client.Account, message client.Submit, models map[uint64][]byte) error {
	rules, err := account.VoteRules(ctx)
	if err != nil {
		return err
	}
	if least := rules.Initial.Of(rules.MinDeposit); uint64(message.Deposit) < least {
		return fmt.Errorf("%w: %s are less than the %s that a proposer gives at least", client.ErrSmall, money(uint64(message.Deposit)), money(least))
	}
	receipt, err := account.Send(ctx, message)
	switch {
	case errors.Is(err, client.ErrPower):
		return hinted{err, s.command("node stake 100")}
	case err != nil:
		return lacking(ctx, account, err, client.ErrFunds, "the deposit takes "+money(uint64(message.Deposit)))
	}
	number, err := receipt.Proposed()
	if err != nil {
		return err
	}
	for _, task := range slices.Sorted(maps.Keys(models)) {
		if err := offer(s.home, task, number, models[task]); err != nil {
			return fmt.Errorf("proposal %d is submitted, but its model is not served: %w", number, err)
		}
	}
	if err := s.did(done{Event: "submitted", Proposal: number, Amount: uint64(message.Deposit), Height: receipt.Height}, "submitted"); err != nil || s.json {
		return err
	}
	_, err = fmt.Fprintf(s.err, "althing: hint: %s\n", s.command("proposal watch", fmt.Sprint(number)))
	return err
}

// readProposal reads a proposal file, "-" being the standard input.
func readProposal(ctx context.Context, stdin io.Reader, path string) (spec.Draft, error) {
	file, err := readPath(ctx, stdin, path)
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

// addModels makes digests of the files that a draft names as models, and returns their
// bytes by task. A name is seen from the folder of the proposal file. Where the draft names
// no holder, the account's own node is it.
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
		b, err := readModelOf(ctx, account.Client, update, path)
		if err != nil {
			return nil, fmt.Errorf("action %d, update_model: %w", i+1, err)
		}
		update.Model = spec.DigestOf(b).String()
		if update.Holder == 0 {
			n, err := account.NodeByOwner(ctx, account.Address())
			if err != nil {
				return nil, fmt.Errorf("action %d, update_model: who serves the model: %w", i+1, err)
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

// readModelOf reads the file that an update names, which must be a model of its task.
func readModelOf(ctx context.Context, c *client.Client, u spec.UpdateModel, path string) ([]byte, error) {
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

// offer puts a model where the node of a home folder finds what proposals want it to serve,
// and with proposal 0 that with which a task starts.
func offer(home string, task, proposal uint64, b []byte) error {
	file := filepath.Join(home, daemon.NomineeFile(task, proposal))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return replace(file, b)
}
