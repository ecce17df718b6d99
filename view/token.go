package view

import (
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// Supply is how many coins there are.
type Supply struct{ client.Supply }

// Page shows the supply.
func (v Supply) Page() Page {
	var p Part
	p.Row("total", spec.Money(v.Total))
	p.Row("circulating", spec.Money(v.Circulating)+": not bonded, staked, in escrow or held by a module in another way")
	p.Row("cap", spec.Money(v.Cap))
	return of(p)
}

// Holders is a list of accounts and what they hold.
type Holders []client.Holder

// Page lists the accounts.
func (list Holders) Page() Page {
	return of(Table([]string{"ADDRESS", "HOLDS"}, list, func(h client.Holder) []any { return []any{h.Address, spec.Money(h.Amount)} }))
}
