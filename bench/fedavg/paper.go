package main

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// The models and splits of the paper, as they are written on the command line.
const (
	twoNN  = "2nn"
	cnn    = "cnn"
	iid    = "iid"
	nonIID = "non-iid"
)

// titleOf is the name of a split in titles.
func titleOf(split string) string { return strings.ReplaceAll(split, "iid", "IID") }

// Clients and rows of the paper's experiments on MNIST (section 3).
const (
	clientCount = 100
	chosen      = 10 // clients per round: C = 0.1
	clientRows  = 600
)

// row is a row of the paper's table: how much each client computes per round.
// Batch 0 stands for the paper's B = infinity, all rows of a client at once.
type row struct {
	Epochs uint32 `json:"epochs"`
	Batch  uint32 `json:"batch"`
}

// fedSGD is the row with which the paper compares all others: one step of gradient descent
// per client and round.
func fedSGD() row { return row{Epochs: 1} }

// String is the row's name on the command line: E10B50, E20Binf, FedSGD.
func (r row) String() string {
	switch {
	case r == fedSGD():
		return "FedSGD"
	case r.Batch == 0:
		return fmt.Sprintf("E%dBinf", r.Epochs)
	}
	return fmt.Sprintf("E%dB%d", r.Epochs, r.Batch)
}

// updates is the paper's u, the steps of a client per round: E n/(K B).
func (r row) updates() uint32 {
	if r.Batch == 0 {
		return r.Epochs
	}
	return r.Epochs * clientRows / r.Batch
}

// setting is one experiment: a row in the column of a model and a split.
type setting struct {
	Model string `json:"model"`
	Split string `json:"split"`
	row
}

func (s setting) String() string { return fmt.Sprintf("%s %s %s", s.Model, s.Split, s.row) }

// figure is a row with the rounds to target that the paper reports.
type figure struct {
	row
	iid, nonIID int
}

// paper are the figures of McMahan et al. 2017 (arXiv:1602.05629) for a model at C = 0.1, in
// the paper's order: Table 2 for the CNN (rounds to 99% on MNIST) and Table 4 for the 2NN
// (rounds to 97%).
func paper(model string) []figure {
	if model == cnn {
		return []figure{
			{row{1, 0}, 626, 483},
			{row{5, 0}, 179, 1000},
			{row{1, 50}, 65, 600},
			{row{20, 0}, 234, 672},
			{row{1, 10}, 34, 350},
			{row{5, 50}, 29, 334},
			{row{20, 50}, 32, 426},
			{row{5, 10}, 20, 229},
			{row{20, 10}, 18, 173},
		}
	}
	return []figure{
		{row{1, 0}, 1468, 1817},
		{row{10, 0}, 156, 1100},
		{row{1, 50}, 144, 1183},
		{row{20, 0}, 92, 957},
		{row{1, 10}, 92, 831},
		{row{10, 50}, 45, 881},
		{row{20, 50}, 39, 835},
		{row{10, 10}, 34, 497},
		{row{20, 10}, 32, 738},
	}
}

// paperRounds is the paper's figure for a setting.
func paperRounds(s setting) int {
	for _, f := range paper(s.Model) {
		switch {
		case f.row != s.row:
		case s.Split == iid:
			return f.iid
		default:
			return f.nonIID
		}
	}
	return 0
}

// findRow finds a row of a model's table by its name, in any case.
func findRow(model, name string) (row, error) {
	var names []string
	for _, f := range paper(model) {
		if strings.EqualFold(f.String(), name) {
			return f.row, nil
		}
		names = append(names, f.String())
	}
	return row{}, fmt.Errorf("the %s has no row %q: want some of %s", model, name, strings.Join(names, ","))
}

// architecture is the paper's model for images of 28x28 (section 3): the 2NN has
// two hidden layers of 200 units (199,210 parameters), the CNN two 5x5
// convolutions of 32 and 64 channels and 512 hidden units (1,663,370).
func architecture(model string, seed uint64) spec.Model {
	if model == cnn {
		return spec.Model{Kind: spec.ModelCNN, Inputs: 784, Image: spec.Image{Height: 28, Width: 28, Channels: 1}, Classes: 10, Seed: seed}
	}
	return spec.Model{Kind: spec.ModelMLP, Inputs: 784, Hidden: []uint32{200, 200}, Classes: 10, Seed: seed}
}
