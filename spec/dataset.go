package spec

import "fmt"

// Dataset is a data set that an owner has registered on the chain. Its rows are with the
// owner, and never leave. ID 0 is none.
type Dataset struct {
	ID    uint64 `json:"id"`
	Owner string `json:"owner"` // bech32 account that registered it
	Description
	Registered int64 `json:"registered"` // height
}

// Description is what an owner says of a data set.
type Description struct {
	Name       string    `json:"name"`           // the kind of the rows, as tasks ask for it
	Commitment Digest    `json:"commitment"`     // root of a Merkle tree over salted rows
	Features   uint32    `json:"features"`       // values of a row beside its label
	Classes    uint32    `json:"classes"`        // labels there are; 1: the label is a number
	Rows       uint32    `json:"rows,omitempty"` // 0: withheld
	Key        PublicKey `json:"key"`            // under which the owner signs what it charges
}

// Validate reports the first thing that is wrong with a description. Rows may be 0: the
// owner withholds how many there are.
func (d Description) Validate() error {
	switch {
	case !printable(d.Name):
		return fmt.Errorf("data set name %.64q: want 1 to %d bytes of printable text", d.Name, maxName)
	case d.Commitment.IsZero():
		return fmt.Errorf("data set %q has no commitment to its rows", d.Name)
	case d.Features == 0 || d.Features > MaxWidth:
		return fmt.Errorf("data set %q has %d features: want 1 to %d", d.Name, d.Features, MaxWidth)
	case d.Classes == 0 || d.Classes > MaxWidth:
		return fmt.Errorf("data set %q has %d classes: want 1, for a label that is a number, to %d", d.Name, d.Classes, MaxWidth)
	case d.Rows > MaxSamples:
		return fmt.Errorf("data set %q has %d rows: want at most %d, or 0 to withhold how many there are", d.Name, d.Rows, MaxSamples)
	case d.Key.IsZero():
		return fmt.Errorf("data set %q has no key of its owner", d.Name)
	}
	return nil
}
