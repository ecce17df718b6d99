package spec

import (
	"fmt"
	"reflect"
)

// proposalFile is what errors call a file that holds a proposal.
const proposalFile = "proposal"

// ParseProposal reads a proposal file in YAML. A field that is missing, unknown, of the wrong
// kind or in contradiction to another is a [*FieldError] that names its line.
func ParseProposal(file []byte) (Draft, error) {
	root, err := document(proposalFile, file)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	if wrong := misfit(root, reflect.TypeOf(d), ""); wrong != nil {
		wrong.kind = proposalFile
		return Draft{}, wrong
	}
	if err := root.Decode(&d); err != nil {
		return Draft{}, fmt.Errorf("proposal file: %w", err)
	}
	if err := d.Validate(); err != nil {
		return Draft{}, located(root, err)
	}
	return d, nil
}
