package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// settings are the settings of the task for flower/app.py.
type settings struct {
	Inputs     uint32   `json:"inputs"`
	Hidden     []uint32 `json:"hidden"`
	Classes    uint32   `json:"classes"`
	Batch      uint32   `json:"batch"`
	Epochs     uint32   `json:"epochs"`
	Rate       float64  `json:"rate"`
	Rounds     int      `json:"rounds"`
	Trainers   int      `json:"trainers"`
	Evaluators int      `json:"evaluators"`
}

func parseTask(b []byte) (t spec.TaskSpec, err error) {
	return t, yaml.Unmarshal(b, &t)
}

// export writes the task, model 0 and all rows of a network for flower/app.py.
func export(network, folder string, rounds, evaluators int) error {
	t, err := readTask(network)
	if err != nil {
		return err
	}
	if t.Model.Kind != spec.ModelMLP || t.Training.Optimiser != spec.OptimiserSGD {
		return fmt.Errorf("the task trains a %s by %s: want mlp and sgd, as in flower/app.py", t.Model.Kind, t.Training.Optimiser)
	}
	encoded, err := json.Marshal(settings{
		Inputs: t.Model.Inputs, Hidden: t.Model.Hidden, Classes: t.Model.Classes,
		Batch: t.Training.Batch, Epochs: t.Training.Epochs, Rate: float64(t.Training.Rate) / float64(spec.One),
		Rounds: rounds, Trainers: trainers, Evaluators: evaluators,
	})
	if err != nil {
		return err
	}
	start, err := model.Init(t.Model)
	if err != nil {
		return err
	}
	files := map[string][]byte{"settings.json": encoded, "model-0": littleEndian(start)}
	read := func(role string, count int) error {
		for i := range count {
			name := fmt.Sprintf("%s-%d", role, i+1)
			rows, err := data.Open(filepath.Join(network, name, "rows.csv"), int(t.Model.Classes))
			if err != nil {
				return err
			}
			var x []float32
			for i := range rows.Rows() {
				x = append(x, rows.Row(i)...)
			}
			files[name+".x"], files[name+".y"] = littleEndian(x), littleEndian(rows.Y)
		}
		return nil
	}
	if err := read("trainer", trainers); err != nil {
		return err
	}
	if err := read("evaluator", evaluators); err != nil {
		return err
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// littleEndian encodes values in the form in which NumPy reads them from a file.
func littleEndian[V float32 | int32](values []V) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		switch v := any(v).(type) {
		case float32:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		case int32:
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	return b
}

// ended is a line about the end of a round in rounds.jsonl, which flower/app.py writes.
type ended struct {
	Round    int     `json:"round"` // 0: model 0
	Accuracy float64 `json:"accuracy"`
	At       float64 `json:"at"` // seconds since 1970
}

// readEnded reads the rounds that have ended. It ignores an incomplete last line.
func readEnded(b []byte) (all []ended, err error) {
	for line := range bytes.Lines(b) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var e ended
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		if e.Round != len(all) {
			return nil, fmt.Errorf("line %d is about round %d: want %d", len(all)+1, e.Round, len(all))
		}
		all = append(all, e)
	}
	return all, nil
}
