package blob

import (
	"fmt"
	"maps"

	"github.com/althing-network/althing/spec"
)

// Quota bounds what a [Dir] holds: in all, and for each task. 0 is no bound.
type Quota struct {
	All  spec.Size `json:"all,omitzero"`
	Task spec.Size `json:"task,omitzero"`
}

// What is counted beside the bytes of blobs and drafts, once for each.
const (
	labelPrice = spec.KiB  // its line in the book
	blobPrice  = 512       // the file of its marks
	wholeStore = uint64(0) // the number under which [room] counts what there is in all: no task has it
)

// room counts what a folder holds and what is promised to drafts, so that nothing is
// begun that does not fit. Its [Dir] has the lock.
//
// A blob counts once in all, and once for each task that has a label of it; while it
// has no label, for the task of the draft that brought it. After a restart nobody knows
// that task, and the blob counts in all only.
type room struct {
	quota  Quota
	used   bytesOf
	sizes  map[spec.Digest]spec.Size
	owners map[spec.Digest]uint64 // tasks whose drafts brought a blob
	left   map[spec.Digest]*remains
}

// bytesOf is how many bytes each task has, and all have under wholeStore.
type bytesOf map[uint64]spec.Size

// remains are what a draft left.
type remains struct {
	bytes bytesOf
	old   bool // it was there when drafts were swept last
}

func newRoom() room {
	return room{
		used: bytesOf{}, sizes: map[spec.Digest]spec.Size{}, owners: map[spec.Digest]uint64{},
		left: map[spec.Digest]*remains{},
	}
}

// of is some bytes of a task, or of none.
func of(task uint64, size spec.Size) bytesOf {
	b := bytesOf{task: size}
	b[wholeStore] = size
	return b
}

// holding is what a blob takes up with its labels.
func holding(size spec.Size, labels []Label, owner uint64) bytesOf {
	size += blobPrice
	if len(labels) == 0 {
		return of(owner, size)
	}
	b := bytesOf{wholeStore: size + labelPrice*spec.Size(len(labels))}
	for _, l := range labels {
		if b[l.Slot.Task] == 0 {
			b[l.Slot.Task] = size
		}
		b[l.Slot.Task] += labelPrice
	}
	return b
}

// add counts bytes that came.
func (r *room) add(b bytesOf) {
	for task, size := range b {
		r.used[task] += size
	}
}

// drop counts bytes that went.
func (r *room) drop(b bytesOf) {
	for task, size := range b {
		if r.used[task] -= size; r.used[task] == 0 {
			delete(r.used, task)
		}
	}
}

// fits reports with ErrFull that some bytes would not fit.
func (r *room) fits(more bytesOf) error {
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

// begin makes room for a draft, which may go on with what another left.
func (r *room) begin(task uint64, name spec.Digest, limit int64) (bytesOf, error) {
	promised := of(task, max(spec.Size(limit), 0)+blobPrice+labelPrice)
	old := r.left[name]
	if old != nil {
		r.drop(old.bytes)
	}
	if err := r.fits(promised); err != nil {
		if old != nil {
			r.add(old.bytes)
		}
		return nil, err
	}
	delete(r.left, name)
	r.add(promised)
	return promised, nil
}

// leave counts what a draft leaves for the next one of its digest.
func (r *room) leave(task uint64, name spec.Digest, size spec.Size) {
	r.left[name] = &remains{bytes: of(task, size)}
	r.add(r.left[name].bytes)
}

// counted is what a blob is counted for.
func (d *Dir) counted(name spec.Digest) bytesOf {
	size, there := d.room.sizes[name]
	if !there {
		return nil
	}
	return holding(size, d.labels.of(name), d.room.owners[name])
}

// recount counts a blob anew after a change.
func (d *Dir) recount(name spec.Digest, change func() error) error {
	before := d.counted(name)
	err := change()
	d.room.drop(before)
	d.room.add(d.counted(name))
	return err
}

// roomFor reports with ErrFull that a blob would not fit with labels that it does not
// have yet. What was promised to its draft is there for it.
func (d *Dir) roomFor(name spec.Digest, size spec.Size, owner uint64, fresh []Label, promised bytesOf) error {
	more := holding(size, append(d.labels.of(name), fresh...), owner)
	for _, have := range []bytesOf{d.counted(name), promised} {
		for task, size := range have {
			more[task] -= size
		}
	}
	maps.DeleteFunc(more, func(_ uint64, size spec.Size) bool { return size <= 0 })
	return d.room.fits(more)
}

// Limit bounds what the folder holds from now on.
func (d *Dir) Limit(q Quota) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room.quota = q
}

// Used is how many bytes the folder holds, with what is promised to drafts that are
// not done; task 0 asks for all tasks together. It is no less than the files have: a
// label and the marks of a blob have a price each that is never below their size. Lines
// of labels that were forgotten do not count; there are never many more than maxLines.
func (d *Dir) Used(task uint64) spec.Size {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.room.used[task]
}

// Fill implements [Store].
func (d *Dir) Fill(task uint64) spec.PPM {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.room.fill(task)
}

// Fullest is the largest Fill of all tasks and of the store.
func (d *Dir) Fullest() (fullest spec.PPM) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for task := range d.room.used {
		fullest = max(fullest, d.room.fill(task))
	}
	return fullest
}

func (r *room) fill(task uint64) spec.PPM {
	quota := r.quota.Task
	if task == wholeStore {
		quota = r.quota.All
	}
	if quota == 0 {
		return 0
	}
	const most = 1000 // times its quota, if it was lowered since
	return spec.PPM(min(most, float64(r.used[task])/float64(quota)) * float64(spec.One))
}
