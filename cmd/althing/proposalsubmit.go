package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
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
			if err := addModels(ctx, account.Client, &draft, args[0]); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
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
			return s.submit(ctx, account, message)
		},
	}
	c.Flags().BoolVar(&anyway, "anyway", false, "submit what would fail if it were carried out now")
	return c
}

// submit signs and sends a proposal that has been shown.
func (s *session) submit(ctx context.Context, account *client.Account, message client.Submit) error {
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

// addModels makes digests of the files that a draft names as models. A name is seen from
// the folder of the proposal file.
func addModels(ctx context.Context, c *client.Client, draft *spec.Draft, path string) error {
	for i, a := range draft.Actions {
		if a.UpdateModel == nil || a.UpdateModel.Model == "" {
			continue
		}
		name := a.UpdateModel.Model
		if _, err := spec.ParseDigest(name); err == nil {
			continue
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("action %d, update_model: model: want a digest or a file: %w", i+1, err)
		}
		t, err := c.Task(ctx, a.UpdateModel.Task)
		if err != nil {
			return fmt.Errorf("action %d, update_model: %w", i+1, err)
		}
		if _, err := model.Decode(t.Spec.Model, b); err != nil {
			return fmt.Errorf("action %d, update_model: %s: %w", i+1, name, err)
		}
		update := *a.UpdateModel
		update.Model = spec.DigestOf(b).String()
		draft.Actions[i].UpdateModel = &update
	}
	return nil
}
