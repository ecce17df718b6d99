package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// reading is what flags say of a file of rows, the same for every command that reads one.
type reading struct {
	options    data.Options
	regression bool
	command    *cobra.Command // whose flags they are
}

// names are the flags of a command that knows what the columns hold.
func (r *reading) names(c *cobra.Command, label string) {
	r.command = c
	f := c.Flags()
	f.StringVar(&r.options.Label, "label", "", "column that is to be predicted (default: "+label+")")
	f.StringSliceVar(&r.options.Drop, "drop", nil, "columns that are left out, as one that numbers the rows, separated by commas")
}

// flags are those of a command that finds out what the columns hold.
func (r *reading) flags(c *cobra.Command) {
	r.names(c, "found by its name, or because it can be no other")
	f := c.Flags()
	f.StringSliceVar(&r.options.Categories, "categories", nil, "columns whose numbers stand for categories, separated by commas")
	f.StringVar(&r.options.Missing, "missing", spec.MissingRefuse, "cells without a value: "+choice(spec.MissingRules()))
	f.BoolVar(&r.regression, "regression", false, "the label is a number to be predicted, and no class (default: found out)")
}

// said are the options as the flags leave them.
func (r reading) said() data.Options {
	o := r.options
	if r.command != nil && r.command.Flags().Changed("regression") {
		o.Regression = &r.regression
	}
	return o
}

// table reads a file as it would be read for its own schema, which is zero where columns
// are told apart by their places.
func (r reading) table(path string) (data.Table, spec.Schema, error) {
	o := r.said()
	report, err := data.Inspect(path, o)
	if err != nil {
		return data.Table{}, spec.Schema{}, unfound(path, err)
	}
	if err := r.problems(report); err != nil {
		return data.Table{}, spec.Schema{}, err
	}
	schema, err := report.Schema()
	if err != nil {
		return data.Table{}, schema, err
	}
	t, _, err := data.Read(path, spec.Data{Missing: o.Missing, Schema: schema}, o)
	return t, schema, err
}

// unfound names the path where an error does not say it yet.
func unfound(path string, err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", path, cause(err))
	}
	return err
}

// problems is what keeps the rows of a file from being used, each on a line of its own,
// with the command that decides what can be decided.
func (r reading) problems(of data.Report) error {
	if len(of.Problems) == 0 {
		return nil
	}
	var texts []string
	for _, p := range of.Problems {
		texts = append(texts, fmt.Sprintf("%s: %v", of.Path, p))
	}
	err := errors.New(strings.Join(texts, "\nalthing: error: "))
	var pairs []string
	if of.Missing > 0 && r.options.Missing != spec.MissingImpute {
		pairs = append(pairs, "missing", spec.MissingImpute)
	}
	for _, c := range of.Columns {
		if of.Label < 0 && strings.EqualFold(c.Name, r.options.Label) {
			pairs = append(pairs, "label", c.Name)
		}
	}
	if len(pairs) == 0 || r.command == nil {
		return err
	}
	return again(r.command, err, pairs...)
}
