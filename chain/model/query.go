package model

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/pb/page"
)

// maxCardPage is the largest page of cards: half a megabyte.
const maxCardPage = 64

// Line implements [modelpb.QueryServer].
func (k Keeper) Line(ctx context.Context, req *modelpb.QueryLine) (*modelpb.QueryLineResponse, error) {
	if req.Id > 0 && req.Task > 0 {
		return nil, ErrNotFound.Wrapf("line %d and task %d: want one of them", req.Id, req.Task)
	}
	id := req.Id
	if req.Task > 0 {
		var err error
		if id, err = k.LineOf(ctx, req.Task); err != nil {
			return nil, err
		}
	}
	l, err := k.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	resp := &modelpb.QueryLineResponse{Line: modelpb.LineFromSpec(l)}
	if l.Versions > 0 {
		v, err := k.versions.Get(ctx, collections.Join(id, l.Versions))
		if err != nil {
			return nil, fmt.Errorf("read version %d of line %d: %w", l.Versions, id, err)
		}
		resp.Newest = &v
	}
	if l.Cards > 0 {
		c, err := k.cards.Get(ctx, collections.Join(id, l.Cards))
		if err != nil {
			return nil, fmt.Errorf("read card %d of line %d: %w", l.Cards, id, err)
		}
		resp.Card = &c
	}
	return resp, nil
}

// Lines implements [modelpb.QueryServer].
func (k Keeper) Lines(ctx context.Context, req *modelpb.QueryLines) (*modelpb.QueryLinesResponse, error) {
	var lines []modelpb.Line
	var next *query.PageResponse
	var err error
	at := page.Bounded(req.Pagination, page.Most)
	if req.Owner == "" {
		lines, next, err = query.CollectionPaginate(ctx, k.lines, at,
			func(id uint64, _ modelpb.Line) (modelpb.Line, error) { return k.wireLine(ctx, id) })
	} else {
		owner, wrong := k.account(req.Owner)
		if wrong != nil {
			return nil, wrong
		}
		lines, next, err = query.CollectionPaginate(ctx, k.names, at,
			func(_ collections.Pair[string, string], id uint64) (modelpb.Line, error) { return k.wireLine(ctx, id) },
			query.WithCollectionPaginationPairPrefix[string, string](owner))
	}
	if err != nil {
		return nil, fmt.Errorf("list model lines: %w", err)
	}
	return &modelpb.QueryLinesResponse{Lines: lines, Pagination: next}, nil
}

// wireLine returns a line with its architecture in wire form.
func (k Keeper) wireLine(ctx context.Context, id uint64) (modelpb.Line, error) {
	l, err := k.Get(ctx, id)
	return modelpb.LineFromSpec(l), err
}

// Versions implements [modelpb.QueryServer].
func (k Keeper) Versions(ctx context.Context, req *modelpb.QueryVersions) (*modelpb.QueryVersionsResponse, error) {
	if _, err := k.line(ctx, req.Line); err != nil {
		return nil, err
	}
	versions, next, err := query.CollectionPaginate(ctx, k.versions, page.Bounded(req.Pagination, page.Most),
		func(_ collections.Pair[uint64, uint64], v modelpb.Version) (modelpb.Version, error) { return v, nil },
		query.WithCollectionPaginationPairPrefix[uint64, uint64](req.Line))
	if err != nil {
		return nil, fmt.Errorf("list the versions of line %d: %w", req.Line, err)
	}
	return &modelpb.QueryVersionsResponse{Versions: versions, Pagination: next}, nil
}

// Cards implements [modelpb.QueryServer].
func (k Keeper) Cards(ctx context.Context, req *modelpb.QueryCards) (*modelpb.QueryCardsResponse, error) {
	if _, err := k.line(ctx, req.Line); err != nil {
		return nil, err
	}
	cards, next, err := query.CollectionPaginate(ctx, k.cards, page.Bounded(req.Pagination, maxCardPage),
		func(_ collections.Pair[uint64, uint32], c modelpb.Card) (modelpb.Card, error) { return c, nil },
		query.WithCollectionPaginationPairPrefix[uint64, uint32](req.Line))
	if err != nil {
		return nil, fmt.Errorf("list the cards of line %d: %w", req.Line, err)
	}
	return &modelpb.QueryCardsResponse{Cards: cards, Pagination: next}, nil
}
