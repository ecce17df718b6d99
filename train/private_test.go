package train_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
	"github.com/althing-network/althing/train/gemm"
)

// unprotected is a [train.Private] without protection: it uses given samples and releases the
// sum of the gradients divided by a constant.
type unprotected struct {
	samples     [][]int // per step; nil for all rows in each step
	divisor     float32
	sum         []float32
	added       int
	releases    int
	sampledFrom []int // the arguments of Sample
	err         error // of the second release
}

func (p *unprotected) Sample(rows int) []int {
	p.sampledFrom = append(p.sampledFrom, rows)
	if p.samples == nil {
		return all(rows)
	}
	return p.samples[p.releases]
}

func (p *unprotected) Add(gradient []float32) {
	if p.sum == nil {
		p.sum = make([]float32, len(gradient))
	}
	p.added++
	for i, g := range gradient {
		if g-g != 0 {
			return
		}
		p.sum[i] += g
	}
}

func (p *unprotected) Release(gradient []float32) error {
	if p.releases++; p.releases == 2 && p.err != nil {
		return p.err
	}
	clear(gradient)
	for i, s := range p.sum {
		gradient[i] = s / p.divisor
	}
	clear(p.sum)
	return nil
}

func all(rows int) []int {
	list := make([]int, rows)
	for i := range list {
		list[i] = i
	}
	return list
}

// gradients are the gradients of the rows of a job.
func gradients(t *testing.T, engine train.Engine, job train.Job) (rows [][]float32) {
	t.Helper()
	if err := engine.Gradients(context.Background(), job, func(g []float32) { rows = append(rows, slices.Clone(g)) }); err != nil {
		t.Fatal(err)
	}
	return rows
}

// releases are the sums of the gradients of the samples, one per step, in a private job whose
// weights do not move.
func releases(t *testing.T, engine train.Engine, job train.Job, samples [][]int) (steps [][]float32) {
	t.Helper()
	job.Steps, job.Training.Rate = len(samples), 1
	job.Private = recorder{&unprotected{samples: samples, divisor: 1}, &steps}
	if _, err := engine.Train(context.Background(), job, nil); err != nil {
		t.Fatal(err)
	}
	return steps
}

// recorder records the sum of each step and releases zeros.
type recorder struct {
	*unprotected
	steps *[][]float32
}

func (r recorder) Release(gradient []float32) error {
	err := r.unprotected.Release(gradient)
	*r.steps = append(*r.steps, slices.Clone(gradient))
	clear(gradient)
	return err
}

// The gradient of a row has the same bits among other rows as alone, for every kind of layer
// and every batch, also with a fused kernel. If the bits depended on a row's place in the
// batch, one more row could change the sum by more than the bound.
func TestRowGradientDoesNotDependOnOtherRows(t *testing.T) {
	for name, m := range architectures() {
		for _, kernel := range gemm.All() {
			engine := train.Engine{Kernel: &kernel}
			job := randomJob(t, m, 7)
			var alone [][]float32
			for row := range job.Table.Rows() {
				one := job
				one.Table = job.Table.Select([]int{row})
				alone = append(alone, gradients(t, engine, one)...)
				// A step at rate 1 subtracts the gradient from the weights, up to one rounding.
				result, err := engine.Train(context.Background(), one, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i, w := range job.Weights {
					if want := w + float32(-1*alone[row][i]); result.Weights[i] != want {
						t.Fatalf("%s on %s, row %d: weight %d is %v after a step, want %v", name, kernel, row, i, result.Weights[i], want)
					}
				}
			}
			for _, batch := range []uint32{1, 3, 7, 100} {
				job.Training.Batch = batch
				if !bitsEqual(gradients(t, engine, job), alone) {
					t.Errorf("%s on %s: gradients in batches of %d differ from those of single rows", name, kernel, batch)
				}
				first := releases(t, engine, job, [][]int{{5}})
				if !bitsEqual(first, alone[5:6]) {
					t.Errorf("%s on %s: the gradient of row 5 in a private step differs from that of the single row", name, kernel)
				}
			}
		}
	}
}

func bitsEqual(a, b [][]float32) bool {
	return slices.EqualFunc(a, b, func(x, y []float32) bool {
		return slices.EqualFunc(x, y, func(v, w float32) bool { return math.Float32bits(v) == math.Float32bits(w) })
	})
}

// A private job that samples all rows and adds no noise finds the same weights as training
// without privacy, up to rounding, with every optimiser and penalty.
func TestPrivateJobWithoutNoiseTrains(t *testing.T) {
	for name, training := range trainings() {
		if training.Clip != 0 {
			continue
		}
		for kind, job := range smallJobs(t) {
			if kind == "all" || kind == "dropouts" {
				continue // dropout of a private job differs
			}
			job = with(job, training)
			job.Training.Batch, job.Training.Epochs = uint32(job.Table.Rows()), 5
			for _, k := range gemm.All() {
				engine := train.Engine{Kernel: &k}
				want, err := engine.Train(context.Background(), job, nil)
				if err != nil {
					t.Fatal(err)
				}
				private := job
				private.Training.Batch, private.Steps = 4, 5
				private.Private = &unprotected{divisor: float32(job.Table.Rows())}
				got, err := engine.Train(context.Background(), private, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i, w := range want.Weights {
					if math.Abs(float64(w-got.Weights[i])) > 1e-4 {
						t.Fatalf("%s, %s, %s: weight %d is %v, without privacy %v", name, kind, k, i, got.Weights[i], w)
					}
				}
				if got.Samples != 0 || got.Loss != 0 {
					t.Errorf("a private job returns %d samples and loss %v, want 0 and 0", got.Samples, got.Loss)
				}
			}
		}
	}
}

// A private step drops the same values for all rows, whichever rows are sampled. Otherwise
// one more row would change the gradients of the rows after it, and its effect on the sum
// would not be bounded.
func TestDropoutOfAPrivateJobDoesNotDependOnOtherRows(t *testing.T) {
	job := randomJob(t, architectures()["dropout"], 9)
	for _, batch := range []uint32{1, 2, 9} {
		job.Training.Batch = batch
		one := releases(t, train.Engine{}, job, [][]int{{7}, {7}, {7}})
		if bitsEqual(one[:1], one[1:2]) && bitsEqual(one[1:2], one[2:]) {
			t.Error("all steps drop the same values")
		}
		with := releases(t, train.Engine{}, job, [][]int{{0, 3}, {0, 3}, all(7)})
		both := releases(t, train.Engine{}, job, [][]int{{0, 3, 7}, {0, 3, 7}, append(all(7), 7)})
		for step := range one {
			for i, g := range one[step] {
				if sum := float64(with[step][i]) + float64(g); math.Abs(sum-float64(both[step][i])) > 1e-4 {
					t.Fatalf("step %d, weight %d: row 7 gives %v alone and %v among others", step+1, i, g, both[step][i]-with[step][i])
				}
			}
		}
	}
}

// hostileRows are changes of a row that try to break other rows or the training.
func hostileRows() map[string]func(row []float32, label *int32) {
	fill := func(v float64) func(row []float32, label *int32) {
		return func(row []float32, _ *int32) {
			for i := range row {
				row[i] = float32(v)
			}
		}
	}
	return map[string]func(row []float32, label *int32){
		"NaN":                       fill(math.NaN()),
		"infinite":                  fill(math.Inf(1)),
		"minus infinite":            fill(math.Inf(-1)),
		"huge":                      fill(1e30),
		"largest":                   fill(-math.MaxFloat32),
		"one NaN":                   func(row []float32, _ *int32) { row[len(row)/2] = float32(math.NaN()) },
		"a label beyond":            func(_ []float32, label *int32) { *label = 1000 },
		"a label below":             func(_ []float32, label *int32) { *label = -1 },
		"one infinity and its like": func(row []float32, _ *int32) { row[0], row[len(row)-1] = float32(math.Inf(1)), float32(math.Inf(-1)) },
	}
}

// An invalid row changes only its own gradient: no bit of another row's gradient, and not the
// number of steps; the private training does not fail. Training without privacy does fail.
func TestHostileRowsChangeOnlyTheirOwnGradient(t *testing.T) {
	for name, m := range architectures() {
		for what, spoil := range hostileRows() {
			job := randomJob(t, m, 6)
			job.Training.Batch = 4
			quiet := gradients(t, train.Engine{}, job)
			job.Table.X, job.Table.Y = slices.Clone(job.Table.X), slices.Clone(job.Table.Y)
			spoil(job.Table.Row(2), &job.Table.Y[2])
			loud := gradients(t, train.Engine{}, job)
			if strings.HasPrefix(what, "a label") {
				loud = slices.Insert(loud, 2, nil)
			}
			quiet[2], loud[2] = nil, nil
			if !bitsEqual(quiet, loud) {
				t.Errorf("%s, %s: the row changes the gradients of others", name, what)
			}
			p := &unprotected{divisor: 6}
			job.Private, job.Steps = p, 3
			if _, err := (train.Engine{}).Train(context.Background(), job, nil); err != nil || p.releases != 3 {
				t.Errorf("%s, %s: %d releases of 3, error %v", name, what, p.releases, err)
			}
			job.Private, job.Steps = nil, 0
			if _, err := (train.Engine{}).Train(context.Background(), job, nil); err == nil && what != "huge" && what != "largest" {
				t.Errorf("%s, %s: training without privacy succeeds, want an error", name, what)
			}
		}
	}
}

// The number of steps of a private job, its progress and its result do not depend on the rows:
// the test has two tables that differ by one row, where an epoch without privacy would have
// one more step, and tables and samples without rows.
func TestStepsDoNotDependOnRows(t *testing.T) {
	job := randomJob(t, architectures()["dense"], 9)
	job.Training.Batch = 8
	for _, rows := range []int{9, 8, 1, 0} {
		job.Table = job.Table.Select(all(rows))
		for _, samples := range [][][]int{nil, {{}, {}, {}, {}, {}}} {
			p := &unprotected{divisor: 8, samples: samples}
			job.Private, job.Steps = p, 5
			var told [][2]int
			result, err := train.Engine{}.Train(context.Background(), job, func(done, total int) { told = append(told, [2]int{done, total}) })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][2]int{{1, 5}, {2, 5}, {3, 5}, {4, 5}, {5, 5}}, told); diff != "" {
				t.Errorf("%d rows: progress (-want +got):\n%s", rows, diff)
			}
			if p.releases != 5 || result.Samples != 0 || result.Loss != 0 || len(result.Weights) != len(job.Weights) {
				t.Errorf("%d rows: %d releases, %d samples, loss %v", rows, p.releases, result.Samples, result.Loss)
			}
			if diff := cmp.Diff([]int{rows, rows, rows, rows, rows}, p.sampledFrom); diff != "" {
				t.Errorf("arguments of Sample (-want +got):\n%s", diff)
			}
		}
		if got := len(gradients(t, train.Engine{}, train.Job{Model: job.Model, Training: job.Training, Weights: job.Weights, Table: job.Table})); got != rows {
			t.Errorf("Gradients gives %d gradients for %d rows", got, rows)
		}
	}
}

// The optimiser sees only the released gradient; penalties are added to it.
func TestOptimiserSeesOnlyTheRelease(t *testing.T) {
	for _, decay := range []spec.PPM{0, 100_000} {
		job := randomJob(t, architectures()["all"], 4)
		job.Training.Rate, job.Training.WeightDecay = 500_000, decay
		job.Private, job.Steps = fixedRelease{}, 1
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range job.Weights {
			want := float64(w) - 0.5*(float64(i%3)+float64(decay)/1e6*float64(w))
			if math.Abs(float64(result.Weights[i])-want) > 1e-6 {
				t.Fatalf("decay %s: weight %d is %v, want %v", decay, i, result.Weights[i], want)
			}
		}
	}
}

// fixedRelease releases a gradient that does not depend on the rows.
type fixedRelease struct{}

func (fixedRelease) Sample(rows int) []int { return all(rows) }

func (fixedRelease) Add([]float32) {}

func (fixedRelease) Release(gradient []float32) error {
	for i := range gradient {
		gradient[i] = float32(i % 3)
	}
	return nil
}

func TestPrivateJobsStop(t *testing.T) {
	job := randomJob(t, architectures()["all"], 7)
	broken := errors.New("no noise")
	p := &unprotected{divisor: 7, err: broken}
	job.Private, job.Steps, job.Training.Batch = p, 3, 2
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if !errors.Is(err, broken) || !errors.Is(err, train.ErrTraining) || err.Error() != "training: release of step 2 of 3: no noise" {
		t.Errorf("got error %v", err)
	}
	if result.Weights != nil || p.releases != 2 {
		t.Errorf("%d weights after %d releases, want none after 2", len(result.Weights), p.releases)
	}
	ctx, cancel := context.WithCancel(context.Background())
	job.Private = &unprotected{divisor: 7}
	_, err = train.Engine{}.Train(ctx, job, func(done, _ int) {
		if done == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped at step 3 of 3") {
		t.Errorf("got error %v", err)
	}
	job.Private, job.Steps = nil, 0
	err = train.Engine{}.Gradients(ctx, job, func([]float32) { t.Error("a gradient after the context ended") })
	if !errors.Is(err, context.Canceled) || !errors.Is(err, train.ErrTraining) {
		t.Errorf("got error %v", err)
	}
}

func TestPrivateJobRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*train.Job)
		want  string
	}{
		{"steps", func(j *train.Job) { j.Steps = 0 }, "training: a private job of 0 steps: want at least 1"},
		{"clip", func(j *train.Job) { j.Training.Clip = spec.One }, "training: training.clip is 1: want 0 in a job that hands out each row's gradient"},
		{"weights", func(j *train.Job) { j.Weights = j.Weights[1:] }, "training: 212 weights"},
		{"batch", func(j *train.Job) { j.Training.Batch = 0 }, "training: task: training.batch"},
		{"features", func(j *train.Job) { j.Table.X = j.Table.X[1:] }, "training: table of "},
		{"not private", func(j *train.Job) { j.Private = nil }, "training: a job of 3 steps that is not private"},
	} {
		job := randomJob(t, architectures()["dense"], 7)
		job.Private, job.Steps = &unprotected{divisor: 7}, 3
		c.spoil(&job)
		_, err := train.Engine{}.Train(context.Background(), job, nil)
		if !errors.Is(err, train.ErrTraining) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %s", c.name, err, c.want)
		}
		if c.name == "steps" || c.name == "not private" {
			continue
		}
		job.Private, job.Steps = nil, 0
		err = train.Engine{}.Gradients(context.Background(), job, nil)
		if !errors.Is(err, train.ErrTraining) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: gradients: got error %v, want %s", c.name, err, c.want)
		}
	}
	job := randomJob(t, architectures()["dense"], 7)
	job.Steps = 1
	if err := (train.Engine{}).Gradients(context.Background(), job, nil); err == nil || !strings.Contains(err.Error(), "gradients of a private job") {
		t.Errorf("got error %v", err)
	}
}

// A step keeps only one batch of rows and one gradient in memory, however many rows it has.
func TestPrivateStepsNeedTheMemoryOfOneBatch(t *testing.T) {
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 784, Classes: 10}
	weights, err := model.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	table := noise(4000, 784)
	job := train.Job{
		Model:    m,
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 10, Epochs: 1, Rate: 10_000},
		Weights:  weights,
		Table:    table,
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	private := job
	private.Private, private.Steps = &unprotected{divisor: 4000}, 3
	if _, err := (train.Engine{}).Train(context.Background(), private, nil); err != nil {
		t.Fatal(err)
	}
	if err := (train.Engine{}).Gradients(context.Background(), job, func([]float32) {}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got, rows := after.TotalAlloc-before.TotalAlloc, uint64(4*len(table.X)); got > rows/10 {
		t.Errorf("%d bytes are allocated, want at most a tenth of the %d bytes of the rows", got, rows)
	}
}

// BenchmarkRowGradients compares, on one thread, computing each row's gradient with training
// without privacy and with private steps that clip row gradients in integers.
func BenchmarkRowGradients(b *testing.B) {
	stream, err := privacy.NewStream(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	image := spec.Image{Height: 28, Width: 28, Channels: 1}
	for _, c := range []struct {
		name  string
		model spec.Model
	}{
		{"64-10", spec.Model{Kind: spec.ModelSoftmax, Inputs: 64}},
		{"64-128-10", spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{128}}},
		{"784-10", spec.Model{Kind: spec.ModelSoftmax, Inputs: 784}},
		{"784-200-200-10", spec.Model{Kind: spec.ModelMLP, Inputs: 784, Hidden: []uint32{200, 200}}},
		{"cnnsmall", spec.Model{Kind: spec.ModelCNNSmall, Inputs: 784, Image: image}},
	} {
		c.model.Classes = 10
		weights, err := model.Init(c.model)
		if err != nil {
			b.Fatal(err)
		}
		job := train.Job{
			Model:    c.model,
			Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 64, Epochs: 1, Rate: 10_000},
			Weights:  weights,
			Table:    noise(640, int(c.model.Inputs)),
		}
		plan := privacy.Sampled{
			Examples: privacy.Examples{Values: len(weights), Bits: 10, Rows: 1000, Bound: privacy.Bound{Norm: privacy.L2, Limit: 1 << 20}, Noise: privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: 1024, Den: 1}}},
			Rate:     100_000, Divisor: 64,
		}
		noise, err := privacy.NewSampler(plan.Noise)
		if err != nil {
			b.Fatal(err)
		}
		for _, what := range []string{"step", "rows", "private"} {
			b.Run(fmt.Sprintf("%s/%s", c.name, what), func(b *testing.B) {
				for b.Loop() {
					switch what {
					case "step":
						_, err = train.Engine{}.Train(context.Background(), job, nil)
					case "rows":
						err = train.Engine{}.Gradients(context.Background(), job, func([]float32) {})
					case "private": // about as many rows, in samples of 64 on average
						private := job
						private.Steps = 10
						private.Private, err = plan.Begin(noise, stream)
						if err == nil {
							_, err = train.Engine{}.Train(context.Background(), private, nil)
						}
					}
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(job.Table.Rows()*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
