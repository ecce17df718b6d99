package spec

import "fmt"

// Dataset is a data set that an owner has registered on the chain. Its rows stay with the
// owner. ID 0 stands for no data set.
type Dataset struct {
	ID    uint64 `json:"id"`
	Owner string `json:"owner"` // bech32 account that registered it
	Description
	Registered int64 `json:"registered"` // height
}

// Description is what an owner states about a data set.
type Description struct {
	Name       string    `json:"name"`           // by which tasks ask for rows of this kind
	Commitment Digest    `json:"commitment"`     // root of a Merkle tree over salted rows
	Features   uint32    `json:"features"`       // values per row, without the label
	Classes    uint32    `json:"classes"`        // different labels; 1: the label is a number
	Rows       uint32    `json:"rows,omitempty"` // 0: withheld
	Key        PublicKey `json:"key"`            // with which the owner signs each charge
}

// Validate reports the first mistake in a description. Rows may be 0, which withholds their
// number.
func (d Description) Validate() error {
	switch {
	case !printable(d.Name):
		return fmt.Errorf("data set name %.64q: want 1 to %d bytes of printable text", d.Name, maxName)
	case d.Commitment.IsZero():
		return fmt.Errorf("data set %q has no commitment to its rows", d.Name)
	case d.Features == 0 || d.Features > MaxWidth:
		return fmt.Errorf("data set %q has %d features: want 1 to %d", d.Name, d.Features, MaxWidth)
	case d.Classes == 0 || d.Classes > MaxWidth:
		return fmt.Errorf("data set %q has %d classes: want 2 to %d, or 1 if the label is a number", d.Name, d.Classes, MaxWidth)
	case d.Rows > MaxSamples:
		return fmt.Errorf("data set %q has %d rows: want at most %d, or 0 to withhold the number", d.Name, d.Rows, MaxSamples)
	case d.Key.IsZero():
		return fmt.Errorf("data set %q has no public key of its owner", d.Name)
	}
	return nil
}
