package main

import (
	_ "embed"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/spec"
)

// A field's name in braces stands for the words that the field may have.
//
//go:embed template.yaml
var template string

// templateText is the template with the words of its fields.
func templateText() string {
	text := template
	for _, f := range spec.Vocabulary() {
		text = strings.ReplaceAll(text, "{"+f.Field+"}", f.String())
	}
	return text
}

func (s *session) taskTemplate() *cobra.Command {
	return &cobra.Command{
		Use:     "template",
		Short:   "Print a task file with every field and what it means",
		Example: "  althing task template > task.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.json {
				asked, err := spec.ParseTask([]byte(template))
				if err != nil {
					return err
				}
				return s.line(asked)
			}
			_, err := io.WriteString(s.out, templateText())
			return err
		},
	}
}
