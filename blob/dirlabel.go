package blob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/althing-network/althing/spec"
)

// Label implements [Index].
func (d *Dir) Label(_ context.Context, l Label) error {
	if err := l.Validate(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := os.Stat(d.blob(l.Digest))
	if err != nil {
		return missing(l.Digest, err)
	}
	if info.Size() != l.Size {
		return fmt.Errorf("%w: %s has %d bytes, not %d", ErrMismatch, l.Digest, info.Size(), l.Size)
	}
	fresh, err := d.labels.fresh([]Label{l})
	if err != nil {
		return err
	}
	return d.addLabels(fresh)
}

// Relabel implements [Index]: the new file is renamed over the old one.
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

// LabelsOf implements [Index].
func (d *Dir) LabelsOf(_ context.Context, name spec.Digest) ([]Label, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.labels.of(name), nil
}

// Forget implements [Index].
func (d *Dir) Forget(_ context.Context, r Ref) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.labels.lookup(r)
	if err != nil {
		return err
	}
	if len(d.labels.of(e.Digest)) == 1 {
		if err := d.remove(e.Digest); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return d.dropLabel(r)
}

// addLabels writes labels; when one fails, those before it are taken back.
func (d *Dir) addLabels(labels []Label) error {
	for i, l := range labels {
		if err := d.writeLabel(l); err != nil {
			return errors.Join(err, d.dropLabels(labels[:i]))
		}
		d.labels.add(l)
	}
	if len(labels) == 0 {
		return nil
	}
	return d.sync(labelsDir)
}

func (d *Dir) writeLabel(l Label) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return d.write(d.label(l.Ref), append(b, '\n'), true)
}

func (d *Dir) dropLabels(labels []Label) (err error) {
	for _, l := range labels {
		err = errors.Join(err, d.dropLabel(l.Ref))
	}
	return err
}

func (d *Dir) dropLabel(r Ref) error {
	if err := os.Remove(d.label(r)); err != nil {
		return err
	}
	d.labels.remove(r)
	return d.sync(labelsDir)
}
