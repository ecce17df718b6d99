// Package datasetpb is the wire form of registered data sets: generated from
// proto/althing/dataset/v1, with conversions to and from the plain types of package
// spec. It is not where anything is validated beyond its shape: that is spec's.
package datasetpb

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// DescriptionFromSpec is the wire form of a description.
func DescriptionFromSpec(d spec.Description) Description {
	return Description{Name: d.Name, Commitment: d.Commitment[:], Features: d.Features, Classes: d.Classes, Rows: d.Rows, Key: d.Key[:]}
}

// ToSpec is the description in plain types.
func (m *Description) ToSpec() (spec.Description, error) {
	commitment, err := spec.DigestFrom(m.Commitment)
	if err != nil {
		return spec.Description{}, fmt.Errorf("commitment: %w", err)
	}
	key, err := spec.PublicKeyFrom(m.Key)
	if err != nil {
		return spec.Description{}, err
	}
	return spec.Description{Name: m.Name, Commitment: commitment, Features: m.Features, Classes: m.Classes, Rows: m.Rows, Key: key}, nil
}

// DatasetFromSpec is the wire form of a data set.
func DatasetFromSpec(d spec.Dataset) Dataset {
	return Dataset{Id: d.ID, Owner: d.Owner, Description: DescriptionFromSpec(d.Description), Registered: d.Registered}
}

// ToSpec is the data set in plain types.
func (m *Dataset) ToSpec() (spec.Dataset, error) {
	description, err := m.Description.ToSpec()
	if err != nil {
		return spec.Dataset{}, fmt.Errorf("data set %d: %w", m.Id, err)
	}
	return spec.Dataset{ID: m.Id, Owner: m.Owner, Description: description, Registered: m.Registered}, nil
}
