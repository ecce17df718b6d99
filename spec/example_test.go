package spec_test

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// A task file says what to train, on which data, for how long and for how much. What it
// leaves out has the values of [spec.DefaultTask].
func ExampleParseTask() {
	task, err := spec.ParseTask([]byte(`
version: 1
name: handwritten digits
model: {kind: mlp, inputs: 64, hidden: [32], classes: 10}
data: {name: digits}
training: {rate: 0.1}
target: {rounds: 20}
escrow: 21000000
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	weights, _ := task.Model.Parameters() // ParseTask has validated the model
	fmt.Println(task.Model.Kind, "with", weights, "weights")
	fmt.Println("asks", task.Selection.Asked(), "trainers per round, backups included")
	fmt.Println("waits", task.Deadlines.Train, "for them at most")
	fmt.Println("pays", spec.Amount(task.PerRound()), "THING per round")
	// Output:
	// mlp with 2410 weights
	// asks 13 trainers per round, backups included
	// waits 10m for them at most
	// pays 1 THING per round
}

// An error names the line of the file, the field, what was given and what is wanted.
func ExampleParseTask_error() {
	_, err := spec.ParseTask([]byte(`
version: 1
name: handwritten digits
model: {kind: softmax, inputs: 64, classes: 10}
training:
  rate: fast
`))
	fmt.Println(err)
	// Output:
	// task file line 6: training.rate "fast": want a decimal with at most six digits after the point, such as 0.001 or 1e-3
}

// A trainer commits to its update before anybody may see it. Anybody who has the update and the salt can
// compute the commitment. It is valid for this slot only.
func ExampleUpdateCommitment() {
	slot := spec.Slot{Chain: "althing-1", Task: 7, Round: 3, Node: 12}
	update := spec.DigestOf([]byte("the bytes of an update"))
	salt := spec.Salt{1, 2, 3} // in practice it is random
	committed := spec.UpdateCommitment(slot, update, salt)

	fmt.Println("opens:", spec.UpdateCommitment(slot, update, salt) == committed)
	slot.Round++
	fmt.Println("opens in the next round:", spec.UpdateCommitment(slot, update, salt) == committed)
	// Output:
	// opens: true
	// opens in the next round: false
}

// A fraction is an integer in parts per million, so that every machine computes the same.
func ExampleParsePPM() {
	rate, err := spec.ParsePPM("0.025")
	fmt.Println(uint32(rate), rate, rate.Percent(), err)
	fmt.Println(rate.Of(1_000_000), "uthing of 1 THING")
	// Output:
	// 25000 0.025 2.5% <nil>
	// 25000 uthing of 1 THING
}
