package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// predict uses a model.
func (s *session) predict() *cobra.Command {
	var path, input string
	c := &cobra.Command{
		Use:   "predict --model FILE --input ROWS",
		Short: "Use a model: the class of every row of a CSV file or of IDX files",
		Long: `Reads a CSV file whose first line names the columns, or a folder with the IDX
files images-idx3-ubyte and labels-idx1-ubyte, or those named t10k-..., and says
which class the model gives to each row. Where there is a column "label", or a file
of labels, it also says how many are right. --json prints every row, tables show
the first ones.`,
		Example: "  althing predict --model model.safetensors --input rows.csv\n  althing predict --model model.safetensors --input rows.csv --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return s.runPredict(path, input)
		},
	}
	c.Flags().StringVar(&path, "model", "", "model file")
	c.Flags().StringVar(&input, "input", "", "CSV file, or folder of IDX files")
	for _, required := range []string{"model", "input"} {
		_ = c.MarkFlagRequired(required) // it is defined above
	}
	return c
}

// prediction is the class of one row, and its label where the file has one.
type prediction struct {
	Event string `json:"event"`
	Row   int    `json:"row"` // from 1
	Label *int32 `json:"label,omitempty"`
	Class int32  `json:"class"`
}

// predictions is all of a file; without labels nothing is right or wrong.
type predictions struct {
	Event    string      `json:"event"`
	Rows     int         `json:"rows"`
	Correct  *int        `json:"correct,omitempty"`
	Accuracy *spec.PPM   `json:"accuracy,omitempty"`
	Model    spec.Digest `json:"model"`
}

func (s *session) runPredict(path, input string) error {
	m, weights, err := readModel(path)
	if err != nil {
		return err
	}
	rows, labelled, err := readInput(input, m.Model)
	if err != nil {
		return err
	}
	classes, err := train.Predict(m.Model, weights, rows)
	if err != nil {
		return fmt.Errorf("%s: %w", input, err)
	}
	each := make([]prediction, len(classes))
	correct := 0
	for i, class := range classes {
		each[i] = prediction{Event: "prediction", Row: i + 1, Class: class}
		if labelled {
			each[i].Label = &rows.Y[i]
			if rows.Y[i] == class {
				correct++
			}
		}
	}
	all := predictions{Event: "summary", Rows: len(classes), Model: m.SHA256}
	if labelled {
		all.Correct = &correct
		all.Accuracy = number(train.Evaluation{Correct: correct, Samples: len(classes)}.Accuracy(), true)
	}
	return s.showPredictions(each, all)
}

// few is how many rows a table shows.
const few = 10

func (s *session) showPredictions(each []prediction, all predictions) error {
	if s.json {
		if err := show(s, each, nil, nil); err != nil {
			return err
		}
		return s.line(all)
	}
	err := show(s, each[:min(few, len(each))], []any{"ROW", "CLASS", "LABEL"}, func(p prediction) []any {
		if p.Label == nil {
			return []any{p.Row, p.Class, "-"}
		}
		return []any{p.Row, p.Class, *p.Label}
	})
	if err != nil {
		return err
	}
	if len(each) > few {
		fmt.Fprintf(s.out, "... and %d more; --json prints them all\n", len(each)-few)
	}
	if all.Correct == nil {
		_, err = fmt.Fprintf(s.out, "\n%d rows without labels\nmodel %s\n", all.Rows, all.Model)
		return err
	}
	_, err = fmt.Fprintf(s.out, "\n%d of %d rows are right, accuracy %v\nmodel %s\n", *all.Correct, all.Rows, figure(all.Accuracy), all.Model)
	return err
}

// readInput reads rows for a model, with or without labels. Errors name the path.
func readInput(path string, m spec.Model) (rows data.Table, labelled bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return data.Table{}, false, fmt.Errorf("%s: %w", path, cause(err))
	}
	if info.IsDir() {
		return data.OpenImages(path, int(m.Classes))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return data.Table{}, false, fmt.Errorf("%s: %w", path, cause(err))
	}
	header, err := csv.NewReader(bytes.NewReader(b)).Read()
	if err == nil && !slices.Contains(header, label) {
		if b, err = unlabelled(b); err != nil {
			return data.Table{}, false, fmt.Errorf("%s: %w", path, err)
		}
	} else {
		labelled = true
	}
	if rows, err = data.ReadCSV(bytes.NewReader(b), int(m.Classes)); err != nil {
		return data.Table{}, false, fmt.Errorf("%s: %w", path, err)
	}
	return rows, labelled, nil
}

// label is the column of package data that holds the class.
const label = "label"

// unlabelled adds the column that is missing; nobody looks at what is in it.
func unlabelled(b []byte) ([]byte, error) {
	var out bytes.Buffer
	in, to := csv.NewReader(bytes.NewReader(b)), csv.NewWriter(&out)
	for word := label; ; word = "0" {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			to.Flush()
			return out.Bytes(), to.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("csv: %w", err)
		}
		if err := to.Write(append(record, word)); err != nil {
			return nil, err
		}
	}
}
