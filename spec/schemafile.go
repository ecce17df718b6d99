package spec

import (
	"errors"
	"fmt"
	"reflect"
)

// schemaFile is what errors call a file that holds a schema alone.
const schemaFile = "schema"

// ParseRows reads how rows look from a file in YAML or JSON: a task file, of which it is the
// section data, or a schema alone. What is missing, unknown, of a wrong kind or
// contradictory is a [*FieldError] that names its line.
func ParseRows(file []byte) (Data, error) {
	root, err := document(schemaFile, file)
	if err != nil {
		return Data{}, err
	}
	if says(root, "data") {
		task, err := ParseTask(file)
		if err == nil && task.Data.Schema.IsZero() {
			err = &FieldError{Field: "data.schema", Line: lineOf(root, "data"), Why: "missing: the task tells columns apart by their places"}
		}
		return task.Data, err
	}
	var d Data
	if wrong := misfit(root, reflect.TypeOf(d.Schema), ""); wrong != nil {
		wrong.of = schemaFile
		return Data{}, wrong
	}
	if err := root.Decode(&d.Schema); err != nil {
		return Data{}, fmt.Errorf("schema file: %w", err)
	}
	if d.Schema.IsZero() {
		return Data{}, &FieldError{of: schemaFile, Line: 1, Why: "it says nothing: want label, classes and columns"}
	}
	if err := d.Schema.Validate(); err != nil {
		if field, ok := errors.AsType[*FieldError](err); ok {
			field.of = schemaFile
		}
		return Data{}, err
	}
	return d, nil
}
