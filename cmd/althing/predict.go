package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
	"github.com/althing-network/althing/view"
)

// predict uses a model.
func (s *session) predict() *cobra.Command {
	var path, input, output string
	var table tableFlags
	c := &cobra.Command{
		Use:   "predict --model FILE --input ROWS",
		Short: "Use a model: predict every row of a table or of images",
		Long: `Predicts rows with a model: the class of each row and its probability, or a number.
The rows are a table in CSV, Parquet or NPZ whose columns have names, or a folder with the
IDX files images-idx3-ubyte and labels-idx1-ubyte (or t10k-...). A model of rows with names
finds its columns by their names, brings numbers to scale itself, and answers with the
names of its classes. Where the rows have labels, it also counts how many are right.

Tables show the first rows; --json prints every row, and --output writes them to a
CSV file, with the probability of each class. A model that PyTorch or another program
has saved again is read, too.`,
		Example: "  althing predict --model model.safetensors --input rows.csv\n  althing predict --model model.safetensors --input rows.csv --output predictions.csv\n  althing predict --model model.safetensors --input rows.csv --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return s.runPredict(path, input, output, table.options())
		},
	}
	c.Flags().StringVar(&path, "model", "", "model file")
	c.Flags().StringVar(&input, "input", "", "file of rows, or folder of IDX files")
	c.Flags().StringVar(&output, "output", "", "CSV file to write: each row with its class and all probabilities, or its number")
	table.addNames(c, "the model's, or one named label")
	for _, required := range []string{"model", "input"} {
		_ = c.MarkFlagRequired(required) // it is defined above
	}
	return c
}

// prediction is what a model predicts for one row, and its label where the file has one. A
// class is its name, or its number where classes have no names.
type prediction struct {
	Event         string    `json:"event"`
	Row           int       `json:"row"` // from 1
	Label         any       `json:"label,omitempty"`
	Class         any       `json:"class,omitempty"`         // where classes are predicted
	Probabilities []float32 `json:"probabilities,omitempty"` // of all classes, in the model's order
	Value         *float32  `json:"value,omitempty"`         // where numbers are predicted

	probability float32 // of Class
}

// predictions sums up a file; without labels nothing is right or wrong.
type predictions struct {
	Event    string      `json:"event"`
	Rows     int         `json:"rows"`
	Classes  []string    `json:"classes,omitempty"` // their names, in the model's order
	Correct  *int        `json:"correct,omitempty"`
	Accuracy *spec.PPM   `json:"accuracy,omitempty"`
	R2       *spec.PPM   `json:"r2,omitempty"` // where numbers are predicted
	Model    spec.Digest `json:"model"`
}

func (s *session) runPredict(path, input, output string, o data.Options) error {
	shown, f, err := readModelFile(path)
	if err != nil {
		return err
	}
	o.Classes = int(f.Model.Classes)
	rows, labelled, err := data.Read(input, f.Data, o)
	if err != nil {
		return withPath(input, err)
	}
	each, all, err := predictRows(f, rows, labelled)
	if err != nil {
		return fmt.Errorf("%s: %w", input, err)
	}
	all.Model = shown.SHA256
	if output != "" {
		if err := writePredictions(output, f, each); err != nil {
			return err
		}
	}
	if s.json {
		if err := showLines(s, each); err != nil {
			return err
		}
		return s.line(all)
	}
	return s.showPredictions(each, all, output)
}

// predictRows predicts rows as they are in their file.
func predictRows(f model.File, rows data.Table, labelled bool) ([]prediction, predictions, error) {
	each := make([]prediction, rows.Rows())
	all := predictions{Event: "summary", Rows: len(each), Classes: f.Data.Schema.Classes}
	for i := range each {
		each[i] = prediction{Event: "prediction", Row: i + 1}
		if labelled && f.Model.Regression() {
			each[i].Label = rows.Targets[i]
		} else if labelled {
			each[i].Label = className(f, rows.Y[i])
		}
	}
	scaler, err := f.Scaler()
	if err != nil {
		return nil, all, err
	}
	if rows, err = train.ToScale(f, rows); err != nil {
		return nil, all, err
	}
	if f.Model.Regression() {
		values, err := train.Values(f.Model, f.Weights, rows)
		if err != nil {
			return nil, all, err
		}
		for i, y := range values {
			y = scaler.UnscaleTarget(y)
			each[i].Value = &y
		}
	} else if err := predictClasses(f, rows, each); err != nil {
		return nil, all, err
	}
	if !labelled {
		return each, all, nil
	}
	judged, err := train.Engine{}.Evaluate(context.Background(), f.Model, f.Weights, rows)
	if f.Model.Regression() {
		all.R2 = &judged.R2
	} else {
		all.Correct, all.Accuracy = &judged.Correct, view.Score(judged.Accuracy(), true)
	}
	return each, all, err
}

// predictClasses finds the class of each row, and the probabilities of all classes.
func predictClasses(f model.File, rows data.Table, each []prediction) error {
	chosen, err := train.Predict(f.Model, f.Weights, rows)
	if err != nil {
		return err
	}
	probabilities, err := train.Probabilities(f.Model, f.Weights, rows)
	if err != nil {
		return err
	}
	n := int(f.Model.Classes)
	for i, class := range chosen {
		each[i].Class, each[i].Probabilities = className(f, class), probabilities[i*n:(i+1)*n]
		each[i].probability = each[i].Probabilities[class]
	}
	return nil
}

// className is the name of a class in the model's schema, or else its number.
func className(f model.File, class int32) any {
	if words := f.Data.Schema.Classes; len(words) > 0 {
		return words[class]
	}
	return class
}

// rowsShown is how many predictions a table shows.
const rowsShown = 10

func (s *session) showPredictions(each []prediction, all predictions, output string) error {
	head := []string{"ROW", "CLASS", "PROBABILITY", "LABEL"}
	if len(each) > 0 && each[0].Value != nil {
		head = []string{"ROW", "VALUE", "LABEL"}
	}
	table := view.Table(head, each[:min(rowsShown, len(each))], func(p prediction) []any {
		label := view.Dash(p.Label == nil, p.Label)
		if p.Value != nil {
			return []any{p.Row, *p.Value, label}
		}
		return []any{p.Row, p.Class, fmt.Sprintf("%.4f", p.probability), label}
	})
	if len(each) > rowsShown && output == "" {
		table.Text = fmt.Sprintf("... and %d more; --json prints them all, --output writes them to a file", len(each)-rowsShown)
	}
	var lines []string
	if output != "" {
		lines = append(lines, fmt.Sprintf("%s: %d rows", output, len(each)))
	}
	switch {
	case all.R2 != nil:
		lines = append(lines, fmt.Sprintf("%d rows, R2 %v", all.Rows, *all.R2))
	case all.Correct != nil:
		lines = append(lines, fmt.Sprintf("%d of %d rows are right, accuracy %v", *all.Correct, all.Rows, *all.Accuracy))
	default:
		lines = append(lines, fmt.Sprintf("%d rows without labels", all.Rows))
	}
	lines = append(lines, fmt.Sprintf("model %s", all.Model))
	return s.page(view.Page{Parts: []view.Part{table, {Text: strings.Join(lines, "\n")}}})
}
