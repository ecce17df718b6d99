package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/view"
)

func (s *session) dataCheck() *cobra.Command {
	var table tableFlags
	var task string
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Say what a file of rows holds and how it would be read; needs no network",
		Long: `Reads a whole file and reports everything at once: its format, its columns, which of them
is the label, its classes, missing cells, and what becomes of each column. If the rows
cannot be used, an error at the end says why, and which flag helps. demo, localnet, task
init and predict have the same flags, and node.json has them as fields under "data".

FILE is CSV (with commas, semicolons or tabs), Parquet or NPZ. --schema also says
whether the rows fit a task.`,
		Example: "  althing data check rows.csv\n  althing data check rows.csv --label outcome --drop id --missing impute\n  althing data check rows.csv --schema task.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := data.Inspect(args[0], table.options())
			if err != nil {
				return withPath(args[0], err)
			}
			if err := s.showDataReport(view.DataReportOf(report)); err != nil {
				return err
			}
			if task != "" {
				return s.fits(cmd, args[0], task, table)
			}
			if err := table.problems(report); err != nil || s.json {
				return err
			}
			s.hintLine(strings.Join(append([]string{"althing demo --data", quote(args[0])}, flagsGiven(cmd)...), " "))
			return nil
		},
	}
	table.add(c)
	c.Flags().StringVar(&task, "schema", "", "task file: say whether the rows fit the task")
	return c
}

// fitted is a file whose rows fit a task.
type fitted struct {
	Event string `json:"event"`
	File  string `json:"file"`
	Task  string `json:"task"`
	Rows  int    `json:"rows"`
}

// fits reads a file as a task wants it, and prints that its rows fit.
func (s *session) fits(cmd *cobra.Command, path, task string, table tableFlags) error {
	asked, err := readTaskFile(cmd.Context(), cmd.InOrStdin(), task)
	if err != nil {
		return err
	}
	o := table.options()
	o.Classes = int(asked.Model.Classes)
	t, labelled, err := data.Read(path, asked.Data, o)
	switch {
	case err != nil:
		return err
	case !labelled:
		return fmt.Errorf("%s: no column is the label of %s", path, task)
	case t.Features != int(asked.Model.Inputs):
		return fmt.Errorf("%s: %d columns beside the label: %s wants %d, identified by position", path, t.Features, task, asked.Model.Inputs)
	}
	if s.json {
		return s.line(fitted{"fits", path, task, t.Rows()})
	}
	fmt.Fprintln(s.out)
	return s.say("all %d rows fit %s", t.Rows(), task)
}

// showDataReport prints a report, and then what the user should know about the file.
func (s *session) showDataReport(v view.DataReport) error {
	if err := s.show(v); err != nil || s.json {
		return err
	}
	for i, note := range v.Notes {
		if i == 0 {
			fmt.Fprintln(s.out)
		}
		if err := s.screen().Paragraph("note: " + note); err != nil {
			return err
		}
	}
	return nil
}
