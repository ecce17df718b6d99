package blob

import (
	"fmt"
	"maps"

	"github.com/althing-network/althing/spec"
)

// Quota bounds what a [Dir] holds, in total and per task. 0 is no bound.
type Quota struct {
	All  spec.Size `json:"all,omitzero"`
	Task spec.Size `json:"task,omitzero"`
}

// What is counted beside the bytes of blobs and drafts, once for each.
const (
	labelCost  = spec.KiB  // per label, for its line in the book
	marksCost  = 512       // per blob, for the file of its marks
	wholeStore = uint64(0) // the number under which [diskUsage] counts the total: no task has it
)

// diskUsage counts the bytes that a folder holds and that drafts have reserved, so that no
// draft begins that does not fit. The lock of its [Dir] protects it.
//
// A blob counts once in the total, and once for each task that has a label of it. A blob
// without a label counts for the task of the draft that made it. After a restart that task
// is not known, and the blob counts in the total only.
type diskUsage struct {
	quota    Quota
	used     bytesOf
	sizes    map[spec.Digest]spec.Size
	owners   map[spec.Digest]uint64 // by blob without a label: the task of its draft
	partials map[spec.Digest]*partial
}

// bytesOf is a number of bytes per task, with the total under wholeStore.
type bytesOf map[uint64]spec.Size

// partial is the partial blob of an unfinished draft.
type partial struct {
	bytes bytesOf
	stale bool // it has not been used since the last sweep
}

func newDiskUsage() diskUsage {
	return diskUsage{
		used: bytesOf{}, sizes: map[spec.Digest]spec.Size{}, owners: map[spec.Digest]uint64{},
		partials: map[spec.Digest]*partial{},
	}
}

// usageOf is the usage of size bytes by one task, or by none (wholeStore).
func usageOf(task uint64, size spec.Size) bytesOf {
	b := bytesOf{task: size}
	b[wholeStore] = size
	return b
}

// blobUsage is the usage of a blob with its labels.
func blobUsage(size spec.Size, labels []Label, owner uint64) bytesOf {
	size += marksCost
	if len(labels) == 0 {
		return usageOf(owner, size)
	}
	b := bytesOf{wholeStore: size + labelCost*spec.Size(len(labels))}
	for _, l := range labels {
		if b[l.Slot.Task] == 0 {
			b[l.Slot.Task] = size
		}
		b[l.Slot.Task] += labelCost
	}
	return b
}

// add counts new bytes.
func (r *diskUsage) add(b bytesOf) {
	for task, size := range b {
		r.used[task] += size
	}
}

// drop counts bytes that are gone.
func (r *diskUsage) drop(b bytesOf) {
	for task, size := range b {
		if r.used[task] -= size; r.used[task] == 0 {
			delete(r.used, task)
		}
	}
}

// fits fails with ErrFull if more bytes would exceed a quota.
func (r *diskUsage) fits(more bytesOf) error {
	for task, size := range more {
		quota, who := r.quota.Task, fmt.Sprintf("task %d", task)
		if task == wholeStore {
			quota, who = r.quota.All, "the store"
		}
		if used := r.used[task]; size < 0 || quota > 0 && size > quota-used {
			return fmt.Errorf("%w: %s has %s of %s and needs %s more", ErrFull, who, used, quota, size)
		}
	}
	return nil
}

// reserve reserves space for a draft, which may resume a partial blob.
func (r *diskUsage) reserve(task uint64, name spec.Digest, limit int64) (bytesOf, error) {
	promised := usageOf(task, max(spec.Size(limit), 0)+marksCost+labelCost)
	old := r.partials[name]
	if old != nil {
		r.drop(old.bytes)
	}
	if err := r.fits(promised); err != nil {
		if old != nil {
			r.add(old.bytes)
		}
		return nil, err
	}
	delete(r.partials, name)
	r.add(promised)
	return promised, nil
}

// keepPartial counts the partial blob that a draft leaves for the next draft of its digest.
func (r *diskUsage) keepPartial(task uint64, name spec.Digest, size spec.Size) {
	r.partials[name] = &partial{bytes: usageOf(task, size)}
	r.add(r.partials[name].bytes)
}

// countedFor is the usage under which a blob is counted now.
func (d *Dir) countedFor(name spec.Digest) bytesOf {
	size, there := d.usage.sizes[name]
	if !there {
		return nil
	}
	return blobUsage(size, d.labels.ofBlob(name), d.usage.owners[name])
}

// recount makes a change to a blob and updates its usage.
func (d *Dir) recount(name spec.Digest, change func() error) error {
	before := d.countedFor(name)
	err := change()
	d.usage.drop(before)
	d.usage.add(d.countedFor(name))
	return err
}

// checkRoom fails with ErrFull if a blob with additional labels would exceed a quota. The
// space reserved for its draft is available to it.
func (d *Dir) checkRoom(name spec.Digest, size spec.Size, owner uint64, fresh []Label, promised bytesOf) error {
	more := blobUsage(size, append(d.labels.ofBlob(name), fresh...), owner)
	for _, have := range []bytesOf{d.countedFor(name), promised} {
		for task, size := range have {
			more[task] -= size
		}
	}
	maps.DeleteFunc(more, func(_ uint64, size spec.Size) bool { return size <= 0 })
	return d.usage.fits(more)
}

// Limit sets the quota of the folder.
func (d *Dir) Limit(q Quota) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.usage.quota = q
}

// Used is how many bytes a task holds, or the whole folder for task 0, including what
// unfinished drafts have reserved. It is never less than the size of the files, because
// labels and marks count with an upper bound of their size. Lines of forgotten labels do
// not count; there are never many more than maxLines.
func (d *Dir) Used(task uint64) spec.Size {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.usage.used[task]
}

// Fill implements [Store].
func (d *Dir) Fill(task uint64) spec.PPM {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.usage.fill(task)
}

// Fullest is the largest [Dir.Fill] of all tasks and the store.
func (d *Dir) Fullest() (fullest spec.PPM) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for task := range d.usage.used {
		fullest = max(fullest, d.usage.fill(task))
	}
	return fullest
}

func (r *diskUsage) fill(task uint64) spec.PPM {
	quota := r.quota.Task
	if task == wholeStore {
		quota = r.quota.All
	}
	if quota == 0 {
		return 0
	}
	const maxFill = 1000 // times the quota, which may have been lowered
	return spec.PPM(min(maxFill, float64(r.used[task])/float64(quota)) * float64(spec.One))
}
