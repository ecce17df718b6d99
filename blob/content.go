package blob

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/althing-network/althing/logbook"
	"github.com/althing-network/althing/spec"
)

// Files counts files and their total size.
type Files struct {
	Count int       `json:"files"`
	Bytes spec.Size `json:"-"`
}

func (f *Files) add(size int64) {
	f.Count++
	f.Bytes += spec.Size(size)
}

// Content is a summary of the folder of a [Dir], to be shown to a person.
type Content struct {
	Blobs   map[Label]Files // one file each; a blob with several labels counts under the first one
	Loose   Files           // blobs without a label
	Drafts  Files
	Index   Files    // labels and marks
	Unknown []string // files that are not the store's, relative to the folder
}

// Look summarises the folder of a [Dir] without changing it, so that another process may
// have it open.
func Look(root string) (Content, error) {
	c := Content{Blobs: map[Label]Files{}}
	labels := newIndex()
	err := logbook.Read(filepath.Join(root, labelsFile), func(record []byte) error {
		var r change
		err := json.Unmarshal(record, &r)
		switch {
		case r.Label != nil:
			labels.add(*r.Label)
		case r.Forgotten != nil:
			labels.remove(r.Forgotten.Ref)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreMissing(err)
		}
		info, err := e.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		path, err = filepath.Rel(root, path)
		if err != nil {
			return err
		}
		c.count(path, info.Size(), labels)
		return nil
	})
	return c, err
}

// ignoreMissing ignores a file that was deleted meanwhile.
func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// count counts a file.
func (c *Content) count(path string, size int64, labels index) {
	dir, file := filepath.Split(path)
	name, err := spec.ParseDigest(file)
	switch dir = filepath.Clean(dir); {
	case path == labelsFile || path == labelsFile+logbook.Replacement || dir == verifiedDir && err == nil:
		c.Index.add(size)
	case dir == draftsDir && (err == nil || strings.HasPrefix(file, unnamed)):
		c.Drafts.add(size)
	case dir == blobsDir && err == nil:
		if of := labels.ofBlob(name); len(of) > 0 {
			c.Blobs[of[0]] = Files{1, spec.Size(size)}
		} else {
			c.Loose.add(size)
		}
	default:
		c.Unknown = append(c.Unknown, path)
	}
}
