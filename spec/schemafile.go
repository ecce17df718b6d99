package spec

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// schemaFile is what errors call a file that holds nothing but a schema.
const schemaFile = "schema"

// ParseSchema reads the schema of rows from a file in YAML or JSON: from the section data of a
// task file, or from a file that holds nothing but a schema. A field that is missing, unknown, of
// the wrong kind or in contradiction to another is a [*FieldError] that names its line.
func ParseSchema(file []byte) (Data, error) {
	root, err := document(schemaFile, file)
	if err != nil {
		return Data{}, err
	}
	if hasField(root, "data") {
		task, err := ParseTask(file)
		if err == nil && task.Data.Schema.IsZero() {
			line, _ := find(root, "data")
			err = &FieldError{Field: "data.schema", Line: line, Why: "missing: the task identifies columns by their position"}
		}
		return task.Data, err
	}
	var d Data
	if wrong := misfit(root, reflect.TypeOf(d.Schema), ""); wrong != nil {
		wrong.kind = schemaFile
		return Data{}, wrong
	}
	if err := root.Decode(&d.Schema); err != nil {
		return Data{}, fmt.Errorf("schema file: %w", err)
	}
	if d.Schema.IsZero() {
		return Data{}, &FieldError{kind: schemaFile, Line: 1, Why: "no field is set: want label, classes and columns"}
	}
	if err := d.Schema.Validate(); err != nil {
		if field, ok := errors.AsType[*FieldError](err); ok {
			field.kind, field.Field = schemaFile, strings.TrimPrefix(strings.TrimPrefix(field.Field, "data.schema"), ".")
		}
		return Data{}, located(root, err)
	}
	return d, nil
}
