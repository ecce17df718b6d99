package model

import (
	"bytes"
	"fmt"

	"github.com/althing-network/althing/spec"
)

// EncodeState gives the canonical bytes of the server optimiser's state: a safetensors file,
// like [File], with one flat tensor per moment, as long as the weights and in their order.
func EncodeState(m spec.Model, names []string, moments [][]float32) ([]byte, error) {
	n, err := Size(m)
	if err != nil {
		return nil, err
	}
	if len(moments) != len(names) {
		return nil, fmt.Errorf("%w: %d moments with %d names", ErrModel, len(moments), len(names))
	}
	for i, moment := range moments {
		if len(moment) != n {
			return nil, fmt.Errorf("%w: %s has %d values: %s has %d weights", ErrModel, names[i], len(moment), describe(m), n)
		}
		if err := finite(moment); err != nil {
			return nil, err
		}
	}
	b := bytes.NewBuffer(stateHeader(m, n, names))
	b.Grow(4 * n * len(moments))
	for _, moment := range moments {
		if err := writeFloats(b, moment); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// DecodeState reads exactly the bytes that [EncodeState] writes for the same architecture and
// names. Errors wrap [ErrModel].
func DecodeState(m spec.Model, names []string, b []byte) ([][]float32, error) {
	n, err := Size(m)
	if err != nil {
		return nil, err
	}
	head, data, err := splitFile(b)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(head, stateHeader(m, n, names)) {
		return nil, fmt.Errorf("%w: header is not the canonical one of the state of %s", ErrModel, describe(m))
	}
	values, err := readFloats(data, n*len(names))
	if err != nil {
		return nil, err
	}
	moments := make([][]float32, len(names))
	for i := range moments {
		moments[i] = values[i*n : (i+1)*n : (i+1)*n]
	}
	return moments, nil
}

// StateSize is the length in bytes of every state with moments of these names.
func StateSize(m spec.Model, names []string) (int64, error) {
	n, err := Size(m)
	if err != nil {
		return 0, err
	}
	return int64(len(stateHeader(m, n, names))) + 4*int64(n)*int64(len(names)), nil
}

func stateHeader(m spec.Model, n int, names []string) []byte {
	tensors := make([]Tensor, len(names))
	for i, name := range names {
		tensors[i] = Tensor{Name: name, Shape: []int{n}, Offset: i * n, Len: n}
	}
	return encodeHeader(stateFormat, m, "", spec.Digest{}, tensors)
}
