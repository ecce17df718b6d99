package blob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/logbook"
	"github.com/althing-network/althing/spec"
)

// change is a record of the label book: a label that was given, or one that was forgotten.
type change struct {
	Label     *Label `json:"label,omitempty"`
	Forgotten *Label `json:"forgotten,omitempty"`
}

// maxLines is how many lines beyond two per label the book may have before it is
// rewritten.
const maxLines = 1000

// loadLabels reads the labels, and drops labels without a blob.
func (d *Dir) loadLabels() (err error) {
	d.book, err = logbook.Open(filepath.Join(d.root, labelsFile), func(record []byte) error {
		var c change
		if err := json.Unmarshal(record, &c); err != nil {
			return err
		}
		d.lines++
		switch {
		case c.Label != nil:
			d.labels.add(*c.Label)
		case c.Forgotten != nil:
			d.labels.remove(c.Forgotten.Ref)
		default:
			return errors.New("neither label nor forgotten")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range d.labels.all() {
		held, err := d.Has(context.Background(), l.Digest)
		if err != nil {
			return err
		}
		if !held {
			d.labels.remove(l.Ref)
		}
	}
	if d.lines == len(d.labels.entries) {
		return nil
	}
	return d.rewrite()
}

// rewrite replaces the book by one with one line per label.
func (d *Dir) rewrite() error {
	var records []any
	for _, l := range d.labels.all() {
		records = append(records, change{Label: &l})
	}
	if err := d.book.Replace(records...); err != nil {
		return err
	}
	d.lines = len(records)
	return nil
}

// Label implements [Index].
func (d *Dir) Label(_ context.Context, l Label) error {
	if err := l.Validate(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := os.Open(d.blob(l.Digest))
	if err != nil {
		return missing(l.Digest, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != l.Size {
		return fmt.Errorf("%w: %s has %d bytes, not %d", ErrMismatch, l.Digest, info.Size(), l.Size)
	}
	fresh, err := d.labels.newLabels([]Label{l})
	if err != nil {
		return err
	}
	if err := d.checkRoom(l.Digest, spec.Size(l.Size), 0, fresh, nil); err != nil {
		return err
	}
	if len(d.labels.ofBlob(l.Digest)) == 0 {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return d.recount(l.Digest, func() error { return d.addLabels(fresh) })
}

// Relabel implements [Index]. The book keeps the old label until it is rewritten; the
// later one counts.
func (d *Dir) Relabel(_ context.Context, l Label) error {
	if err := l.Validate(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.labels.replaceable(l); err != nil {
		return err
	}
	return d.addLabels([]Label{l})
}

// Lookup implements [Index].
func (d *Dir) Lookup(_ context.Context, r Ref) (Entry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.labels.lookup(r)
}

// Labels implements [Index].
func (d *Dir) Labels(context.Context) ([]Label, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.labels.all(), nil
}

// UpdatesOf implements [Index].
func (d *Dir) UpdatesOf(_ context.Context, r Ref) ([]Label, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.labels.labels(d.labels.updates[round(r)]), nil
}

// LabelsOf implements [Index].
func (d *Dir) LabelsOf(_ context.Context, name spec.Digest) ([]Label, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.labels.ofBlob(name), nil
}

// Forget implements [Index].
func (d *Dir) Forget(_ context.Context, r Ref) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.labels.lookup(r)
	if err != nil {
		return err
	}
	return d.recount(e.Digest, func() error {
		if len(d.labels.ofBlob(e.Digest)) == 1 {
			if err := d.remove(e.Digest); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return d.dropLabel(r)
	})
}

// addLabels writes labels, all or none.
func (d *Dir) addLabels(labels []Label) error {
	if len(labels) == 0 {
		return nil
	}
	records := make([]any, len(labels))
	for i := range labels {
		records[i] = change{Label: &labels[i]}
	}
	if err := d.book.Write(records...); err != nil {
		return err
	}
	d.lines += len(labels)
	d.labels.add(labels...)
	d.added += uint64(len(labels))
	return nil
}

func (d *Dir) dropLabels(labels []Label) (err error) {
	for _, l := range labels {
		err = errors.Join(err, d.dropLabel(l.Ref))
	}
	return err
}

func (d *Dir) dropLabel(r Ref) error {
	e, err := d.labels.lookup(r)
	if err != nil {
		return err
	}
	if err := d.book.Write(change{Forgotten: &Label{r, e}}); err != nil {
		return err
	}
	d.lines++
	d.labels.remove(r)
	if d.lines > maxLines+2*len(d.labels.entries) {
		return d.rewrite()
	}
	return nil
}
