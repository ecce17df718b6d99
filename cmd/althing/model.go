package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/view"
)

// model is about what tasks produce.
func (s *session) model() *cobra.Command {
	return noun("model", "See the models that tasks have made, and download them",
		s.modelShow(), s.modelFetch(), s.modelList(), s.modelVersions(), s.modelCard())
}

// readModelFile reads a model file, also one that another program has saved again.
func readModelFile(path string) (view.ModelFile, model.File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return view.ModelFile{}, model.File{}, err
	}
	return view.ModelFileOf(path, b)
}
