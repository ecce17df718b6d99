package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// tableFlags say how to read a file of rows; they are the same for every command that reads
// one.
type tableFlags struct {
	read       data.Options
	regression bool
	command    *cobra.Command // that has the flags
}

// addNames adds the flags for a command that knows what the columns hold.
func (r *tableFlags) addNames(c *cobra.Command, label string) {
	r.command = c
	f := c.Flags()
	f.StringVar(&r.read.Label, "label", "", "column to predict (default: "+label+")")
	f.StringSliceVar(&r.read.Drop, "drop", nil, "columns to leave out, such as a row number, separated by commas")
}

// add adds the flags for a command that finds out what the columns hold.
func (r *tableFlags) add(c *cobra.Command) {
	r.addNames(c, "found by its name, or because it can be no other")
	f := c.Flags()
	f.StringSliceVar(&r.read.Categories, "categories", nil, "columns whose numbers stand for categories, separated by commas")
	f.StringVar(&r.read.Missing, "missing", spec.MissingRefuse, "cells without a value: "+spec.ChoiceOf(spec.MissingRules()))
	f.BoolVar(&r.regression, "regression", false, "the label is a number to predict, not a class (default: found out)")
}

// options are what the flags say.
func (r tableFlags) options() data.Options {
	o := r.read
	if r.command != nil && r.command.Flags().Changed("regression") {
		o.Regression = &r.regression
	}
	return o
}

// readTable reads a file by its own schema, which is zero where columns are told apart by
// their positions.
func (r tableFlags) readTable(path string) (data.Table, spec.Schema, error) {
	o := r.options()
	report, err := data.Inspect(path, o)
	if err != nil {
		return data.Table{}, spec.Schema{}, withPath(path, err)
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

// problems is the error that says why the rows of a file cannot be used, one problem per line;
// nil where they can be used. Its hint is the command with flags that solve a problem.
func (r tableFlags) problems(of data.Report) error {
	if len(of.Problems) == 0 {
		return nil
	}
	var texts []string
	for _, p := range of.Problems {
		texts = append(texts, fmt.Sprintf("%s: %v", of.Path, p))
	}
	err := errors.New(strings.Join(texts, "\nalthing: error: "))
	var pairs []string
	if of.Missing > 0 && r.read.Missing != spec.MissingImpute {
		pairs = append(pairs, "missing", spec.MissingImpute)
	}
	drop := slices.Clone(r.read.Drop)
	for i, c := range of.Columns {
		switch {
		case of.Label < 0 && strings.EqualFold(c.Name, r.read.Label):
			pairs = append(pairs, "label", c.Name)
		case i != of.Label && !c.Dropped && c.Kind == spec.ColumnCategory && len(c.Values) == 0: // too many texts
			drop = append(drop, c.Name)
		}
	}
	if len(drop) > len(r.read.Drop) {
		pairs = append(pairs, "drop", columnList(drop))
	}
	if len(pairs) == 0 || r.command == nil {
		return err
	}
	return hintFlags(r.command, err, pairs...)
}
