package client

import (
	"context"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/spec"
)

// SetCard gives a line of the account a new card. The former ones stay.
type SetCard struct {
	Line uint64
	Text string // see [spec.ValidateCard]
}

func (SetCard) message() {}

// gRPC methods that ask for one thing, which may not be there.
const (
	queryLine     = "/althing.model.v1.Query/Line"
	queryVersions = "/althing.model.v1.Query/Versions"
	queryCards    = "/althing.model.v1.Query/Cards"
)

// Registered is a line of models with its newest version and its newest card.
type Registered struct {
	spec.Line
	Newest spec.Version // number 0 where it has none
	Card   spec.Card    // number 0 where it has none
}

// Line returns a line by its id.
func (c *Client) Line(ctx context.Context, id uint64) (Registered, error) {
	return c.line(ctx, modelpb.QueryLine{Id: id})
}

// LineOf returns the line into which a task publishes.
func (c *Client) LineOf(ctx context.Context, task uint64) (Registered, error) {
	return c.line(ctx, modelpb.QueryLine{Task: task})
}

func (c *Client) line(ctx context.Context, req modelpb.QueryLine) (r Registered, err error) {
	var resp modelpb.QueryLineResponse
	if err := c.query(ctx, queryLine, &req, &resp); err != nil {
		return r, err
	}
	r.Line = resp.Line.ToSpec()
	if resp.Card != nil {
		r.Card = resp.Card.ToSpec()
	}
	if resp.Newest != nil {
		r.Newest, err = resp.Newest.ToSpec()
	}
	return r, err
}

// Lines lists lines in the order of their ids, or those of one account in the order of
// their names.
func (c *Client) Lines(ctx context.Context, owner string, page Page) ([]spec.Line, Page, error) {
	if err := checkOwner(owner); err != nil {
		return nil, Page{}, err
	}
	var resp modelpb.QueryLinesResponse
	req := modelpb.QueryLines{Owner: owner, Pagination: page.request()}
	if err := c.query(ctx, "/althing.model.v1.Query/Lines", &req, &resp); err != nil {
		return nil, Page{}, err
	}
	lines, err := list(resp.Lines, func(l *modelpb.Line) (spec.Line, error) { return l.ToSpec(), nil })
	return lines, page.next(resp.Pagination), err
}

// Versions lists the versions of a line in the order of their numbers.
func (c *Client) Versions(ctx context.Context, line uint64, page Page) ([]spec.Version, Page, error) {
	var resp modelpb.QueryVersionsResponse
	req := modelpb.QueryVersions{Line: line, Pagination: page.request()}
	if err := c.query(ctx, queryVersions, &req, &resp); err != nil {
		return nil, Page{}, err
	}
	versions, err := list(resp.Versions, func(v *modelpb.Version) (spec.Version, error) { return v.ToSpec() })
	return versions, page.next(resp.Pagination), err
}

// Cards lists the cards of a line in the order of their numbers.
func (c *Client) Cards(ctx context.Context, line uint64, page Page) ([]spec.Card, Page, error) {
	var resp modelpb.QueryCardsResponse
	req := modelpb.QueryCards{Line: line, Pagination: page.request()}
	if err := c.query(ctx, queryCards, &req, &resp); err != nil {
		return nil, Page{}, err
	}
	cards, err := list(resp.Cards, func(m *modelpb.Card) (spec.Card, error) { return m.ToSpec(), nil })
	return cards, page.next(resp.Pagination), err
}
