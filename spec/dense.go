package spec

import "fmt"

// LayerDense is the word for a dense layer in a task file.
const LayerDense = "dense"

// dense is a fully connected layer: out values, each of all values that come in.
func dense() kind {
	return kind{
		name:   LayerDense,
		fields: []string{"out"},
		flat:   true,
		wrong:  Layer.wrongOut,
		out: func(l Layer, _ Image) (Image, string) {
			return Image{Height: 1, Width: 1, Channels: l.Out}, ""
		},
		weight: func(l Layer, in Image) []int { return []int{int(l.Out), in.Values()} },
	}
}

func (l Layer) wrongOut() string {
	if l.Out == 0 || l.Out > MaxWidth {
		return fmt.Sprintf("out is %d: want 1 to %d", l.Out, MaxWidth)
	}
	return ""
}
