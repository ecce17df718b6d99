package model_test

import (
	"fmt"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Every node computes the same bytes of model 0 from the task, so all nodes agree on its
// digest. The file contains the architecture, so the bytes are all that a reader needs.
func Example() {
	task := spec.DefaultTask()
	task.Model = spec.Model{Kind: spec.ModelMLP, Inputs: 4, Hidden: []uint32{8}, Classes: 3}

	file, err := model.Initial(task)
	if err != nil {
		fmt.Println(err)
		return
	}
	encoded, err := file.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	digest, _ := file.Digest() // Encode has checked the weights

	opened, err := model.Open(encoded)
	fmt.Println(len(opened.Weights), "weights of", opened.Model.Kind, err)
	fmt.Println("digest of the bytes:", digest == spec.DigestOf(encoded))
	tensors, _ := model.Layout(opened.Model)
	for _, t := range tensors {
		fmt.Println(t.Name, t.Shape)
	}
	// Output:
	// 67 weights of mlp <nil>
	// digest of the bytes: true
	// layers.0.weight [8 4]
	// layers.0.bias [8]
	// layers.1.weight [3 8]
	// layers.1.bias [3]
}

// An update contains the change of each weight by training, as integers in fixed point. Its
// header names the node and the round.
func ExampleQuantise() {
	global, local := []float32{0.5, -1}, []float32{0.75, -1.125}
	values, err := model.Quantise(local, global, 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(values, "in steps of 2^-20")
	header := model.UpdateHeader{
		Slot:      spec.Slot{Chain: "althing-1", Task: 7, Round: 3, Node: 12},
		ScaleBits: 20, Count: uint64(len(values)),
	}
	encoded, err := model.EncodeUpdate(header, values)
	fmt.Println(len(encoded), "bytes", err)
	// Output:
	// [262144 -131072] in steps of 2^-20
	// 62 bytes <nil>
}
