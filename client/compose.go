package client

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/spec"
)

// Compose turns a draft into a message. It replaces [spec.LatestModel] by the newest version of
// the task's model, takes the current value of each rule that the draft does not name, and, if
// the draft has no deposit, takes the deposit that a vote needs. It writes into each setting the
// value before the change. The model of an update must be a digest.
func (c *Client) Compose(ctx context.Context, draft spec.Draft) (Submit, error) {
	if err := draft.Validate(); err != nil {
		return Submit{}, err
	}
	s := Submit{Draft: draft}
	s.Actions = nil
	for i, a := range draft.Actions {
		composed, err := c.composed(ctx, a)
		if err != nil {
			return Submit{}, fmt.Errorf("action %d, %s: %w", i+1, a.Kind(), err)
		}
		s.Actions = append(s.Actions, composed)
		if a.Text != "" {
			continue
		}
		msg, err := c.messageOf(ctx, composed)
		if err != nil {
			return Submit{}, fmt.Errorf("action %d, %s: %w", i+1, a.Kind(), err)
		}
		s.messages = append(s.messages, msg)
	}
	if s.Deposit == 0 {
		rules, err := c.VoteRules(ctx)
		if err != nil {
			return Submit{}, err
		}
		s.Deposit = spec.Amount(rules.MinDeposit)
	}
	return s, nil
}

// composed is an action, completed with what only the chain knows.
func (c *Client) composed(ctx context.Context, a spec.Action) (spec.Action, error) {
	if a.UpdateModel != nil {
		update, err := c.composedUpdate(ctx, *a.UpdateModel)
		return spec.Action{UpdateModel: &update}, err
	}
	if a.Mint != nil {
		if err := CheckAddress(a.Mint.To); err != nil {
			return a, err
		}
	}
	return c.compared(ctx, a)
}

func (c *Client) composedUpdate(ctx context.Context, u spec.UpdateModel) (spec.UpdateModel, error) {
	task, err := c.Task(ctx, u.Task)
	if err != nil {
		return u, err
	}
	if !task.Spec.Governed {
		return u, fmt.Errorf("%w: task %d was not created with governed: true", ErrUngoverned, u.Task)
	}
	if u.Base == spec.LatestModel {
		latest := task.Base()
		if latest.IsZero() {
			return u, fmt.Errorf("task %d has no model yet", u.Task)
		}
		u.Base = latest.String()
	}
	u.Updates = task.Updates
	u.Settings = compare(u.Settings, spec.Hyperparameters(), hyper(task))
	return u, nil
}

// Compare writes into each setting of some actions its value now, as the value before the change.
func (c *Client) Compare(ctx context.Context, actions []spec.Action) ([]spec.Action, error) {
	all := make([]spec.Action, len(actions))
	for i, a := range actions {
		var err error
		if all[i], err = c.compared(ctx, a); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (c *Client) compared(ctx context.Context, a spec.Action) (spec.Action, error) {
	switch {
	case a.UpdateModel != nil && len(a.UpdateModel.Settings) > 0:
		task, err := c.Task(ctx, a.UpdateModel.Task)
		if err != nil {
			return a, err
		}
		update := *a.UpdateModel
		update.Settings = compare(update.Settings, spec.Hyperparameters(), hyper(task))
		return spec.Action{UpdateModel: &update}, nil
	case a.UpdateParams != nil:
		now, _, err := c.rules(ctx, a.UpdateParams.Module)
		if err != nil {
			return a, err
		}
		update := *a.UpdateParams
		update.Settings = compare(update.Settings, spec.Parameters(update.Module), now.text)
		return spec.Action{UpdateParams: &update}, nil
	}
	return a, nil
}

// compare writes into each setting its value now.
func compare(settings spec.Settings, parameters []spec.Parameter, now func(spec.Parameter) string) (compared spec.Settings) {
	for _, s := range settings {
		if p, known := spec.ParameterNamed(parameters, s.Name); known {
			s.Before = now(p)
		}
		compared = append(compared, s)
	}
	return compared
}

// hyper returns a function that gives the text of a hyper-parameter in the next round of a task.
func hyper(of spec.Task) func(spec.Parameter) string {
	asked := of.SpecOf(of.Round + 1)
	return func(p spec.Parameter) string { return p.Text(p.ValueIn(asked)) }
}

// DryRun returns what would happen if a proposal were carried out now, and whether the proposal
// needs the high threshold. It changes nothing on the chain, and sets s.Ran to the gas used.
func (c *Client) DryRun(ctx context.Context, s *Submit) (spec.DryRun, bool, error) {
	if len(s.messages) == 0 {
		return spec.DryRun{}, false, nil
	}
	messages, err := packed(s.messages)
	if err != nil {
		return spec.DryRun{}, false, err
	}
	var resp daopb.QueryDryRunResponse
	if err := c.query(ctx, "/althing.dao.v1.Query/DryRun", &daopb.QueryDryRun{Messages: messages}, &resp); err != nil {
		return spec.DryRun{}, false, err
	}
	s.Ran = resp.DryRun.Gas
	return resp.DryRun.ToSpec(), resp.Dangerous, nil
}
