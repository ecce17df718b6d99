package spec

import (
	"errors"
	"fmt"
	"reflect"
)

// proposalFile is what errors call a file that is no task file.
const proposalFile = "proposal"

// ParseProposal reads a proposal file in YAML. What is missing, unknown, of a wrong kind
// or contradictory is a [*FieldError] that names its line.
func ParseProposal(file []byte) (Draft, error) {
	root, err := document(proposalFile, file)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	if wrong := misfit(root, reflect.TypeOf(d), ""); wrong != nil {
		wrong.of = proposalFile
		return Draft{}, wrong
	}
	if err := root.Decode(&d); err != nil {
		return Draft{}, fmt.Errorf("proposal file: %w", err)
	}
	if err := d.Validate(); err != nil {
		if field, ok := errors.AsType[*FieldError](err); ok {
			field.Line = lineOf(root, field.Field)
		}
		return Draft{}, err
	}
	return d, nil
}
