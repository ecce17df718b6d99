package theorem

import (
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// digitsRows is how many of the embedded digits are used: 7 each for 64 trainers.
const digitsRows = 448

// Digits is a quarter of the embedded digits, drawn at random, each shrunk to 4 x 4
// pixels, the means of 2 x 2: so small that the variance can be computed exactly at
// every point of every curve.
func Digits() (data.Table, error) {
	all, err := data.Digits()
	if err != nil {
		return data.Table{}, err
	}
	t := part(data.Shuffle(all, 1), 0, digitsRows)
	var small []float32
	for r := range t.Rows() {
		row, width := t.Row(r), int(t.Image.Width)
		for i := 0; i < len(row); i += 2 * width {
			for j := i; j < i+width; j += 2 {
				small = append(small, (row[j]+row[j+1]+row[j+width]+row[j+width+1])/4)
			}
		}
	}
	t.Image = spec.Image{Height: t.Image.Height / 2, Width: t.Image.Width / 2, Channels: 1}
	t.X, t.Index, t.Features = small, nil, t.Image.Values()
	return t, nil
}
