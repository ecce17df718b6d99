package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// predict uses a model.
func (s *session) predict() *cobra.Command {
	var path, input, output string
	var r reading
	c := &cobra.Command{
		Use:   "predict --model FILE --input ROWS",
		Short: "Use a model: what it makes of every row of a table or of images",
		Long: `Reads a table, CSV, Parquet or NPZ, whose columns have names, or a folder with the IDX
files images-idx3-ubyte and labels-idx1-ubyte, or those named t10k-..., and says
which class the model gives to each row and how likely it finds it, or which number
it predicts. A model of rows with names finds its columns by them, brings them to
scale itself and gives back the words of its classes. Where there is a label, or a
file of labels, it also says how many are right.

Tables show the first rows; --json prints every row, and --output writes them to a
CSV file, with the probability of each class. A model that PyTorch or another program
has saved again is read, too.`,
		Example: "  althing predict --model model.safetensors --input rows.csv\n  althing predict --model model.safetensors --input rows.csv --output predictions.csv\n  althing predict --model model.safetensors --input rows.csv --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return s.runPredict(path, input, output, r.said())
		},
	}
	c.Flags().StringVar(&path, "model", "", "model file")
	c.Flags().StringVar(&input, "input", "", "file of rows, or folder of IDX files")
	c.Flags().StringVar(&output, "output", "", "CSV file to write: each row with its class and all probabilities, or its number")
	r.names(c, "the model's, or one named label")
	for _, required := range []string{"model", "input"} {
		_ = c.MarkFlagRequired(required) // it is defined above
	}
	return c
}

// prediction is what a model makes of one row, and its label where the file has one. A
// class is its word, or its number where classes have no words.
type prediction struct {
	Event         string    `json:"event"`
	Row           int       `json:"row"` // from 1
	Label         any       `json:"label,omitempty"`
	Class         any       `json:"class,omitempty"`         // where classes are predicted
	Probabilities []float32 `json:"probabilities,omitempty"` // of all classes, in the model's order
	Value         *float32  `json:"value,omitempty"`         // where numbers are predicted

	likely float32 // the probability of Class
}

// predictions is all of a file; without labels nothing is right or wrong.
type predictions struct {
	Event    string      `json:"event"`
	Rows     int         `json:"rows"`
	Classes  []string    `json:"classes,omitempty"` // words, in the model's order
	Correct  *int        `json:"correct,omitempty"`
	Accuracy *spec.PPM   `json:"accuracy,omitempty"`
	R2       *spec.PPM   `json:"r2,omitempty"` // where numbers are predicted
	Model    spec.Digest `json:"model"`
}

func (s *session) runPredict(path, input, output string, o data.Options) error {
	shown, f, err := readModel(path)
	if err != nil {
		return err
	}
	o.Classes = int(f.Model.Classes)
	rows, labelled, err := data.Read(input, f.Data, o)
	if err != nil {
		return unfound(input, err)
	}
	each, all, err := predicted(f, rows, labelled)
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
		if err := show(s, each, nil, nil); err != nil {
			return err
		}
		return s.line(all)
	}
	return s.showPredictions(each, all, output)
}

// predicted is what a model makes of rows as they are in their file.
func predicted(f model.File, rows data.Table, labelled bool) ([]prediction, predictions, error) {
	each := make([]prediction, rows.Rows())
	all := predictions{Event: "summary", Rows: len(each), Classes: f.Data.Schema.Classes}
	for i := range each {
		each[i] = prediction{Event: "prediction", Row: i + 1}
		if labelled && f.Model.Regression() {
			each[i].Label = rows.Targets[i]
		} else if labelled {
			each[i].Label = word(f, rows.Y[i])
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
	} else if err := classified(f, rows, each); err != nil {
		return nil, all, err
	}
	if !labelled {
		return each, all, nil
	}
	judged, err := train.Engine{}.Evaluate(context.Background(), f.Model, f.Weights, rows)
	if f.Model.Regression() {
		all.R2 = &judged.R2
	} else {
		all.Correct, all.Accuracy = &judged.Correct, number(judged.Accuracy(), true)
	}
	return each, all, err
}

// classified finds the class of each row, and how likely all are.
func classified(f model.File, rows data.Table, each []prediction) error {
	chosen, err := train.Predict(f.Model, f.Weights, rows)
	if err != nil {
		return err
	}
	likely, err := train.Probabilities(f.Model, f.Weights, rows)
	if err != nil {
		return err
	}
	n := int(f.Model.Classes)
	for i, class := range chosen {
		each[i].Class, each[i].Probabilities = word(f, class), likely[i*n:(i+1)*n]
		each[i].likely = each[i].Probabilities[class]
	}
	return nil
}

// word is a class as the model's rows call it, else its number.
func word(f model.File, class int32) any {
	if words := f.Data.Schema.Classes; len(words) > 0 {
		return words[class]
	}
	return class
}

// few is how many rows a table shows.
const few = 10

func (s *session) showPredictions(each []prediction, all predictions, output string) error {
	head := []any{"ROW", "CLASS", "PROBABILITY", "LABEL"}
	if len(each) > 0 && each[0].Value != nil {
		head = []any{"ROW", "VALUE", "LABEL"}
	}
	err := show(s, each[:min(few, len(each))], head, func(p prediction) []any {
		label := unless(p.Label == nil, p.Label)
		if p.Value != nil {
			return []any{p.Row, *p.Value, label}
		}
		return []any{p.Row, p.Class, fmt.Sprintf("%.4f", p.likely), label}
	})
	if err != nil {
		return err
	}
	if len(each) > few && output == "" {
		fmt.Fprintf(s.out, "... and %d more; --json prints them all, --output writes them to a file\n", len(each)-few)
	}
	fmt.Fprintln(s.out)
	if output != "" {
		fmt.Fprintf(s.out, "%s: %d rows\n", output, len(each))
	}
	switch {
	case all.R2 != nil:
		fmt.Fprintf(s.out, "%d rows, R2 %v\n", all.Rows, *all.R2)
	case all.Correct != nil:
		fmt.Fprintf(s.out, "%d of %d rows are right, accuracy %v\n", *all.Correct, all.Rows, figure(all.Accuracy))
	default:
		fmt.Fprintf(s.out, "%d rows without labels\n", all.Rows)
	}
	_, err = fmt.Fprintf(s.out, "model %s\n", all.Model)
	return err
}
