package demo

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/althing-network/althing/daemon"
)

const (
	cachePrefix = "demo-"
	keptDemos   = 3 // in the cache, the new one included
)

// CacheDir is where demos without a folder of their own are kept.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "althing"), nil
}

// networksDir is the folder in the user's cache that has a link to each network which a
// command wrote elsewhere.
const networksDir = "networks"

// Networks returns patterns that match the folders of all networks that this user has written
// and that the cache knows.
func Networks() []string {
	cache, err := CacheDir()
	if err != nil {
		return nil
	}
	return []string{filepath.Join(cache, cachePrefix+"*"), filepath.Join(cache, networksDir, "*")}
}

// remember links a network that lies outside the cache from there, so that a command finds it
// wherever it is typed. Links to networks that are gone are removed.
func remember(dir string) error {
	cache, err := CacheDir()
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	links := filepath.Join(cache, networksDir)
	if err := os.MkdirAll(links, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(links)
	if err != nil {
		return err
	}
	for _, e := range entries {
		link := filepath.Join(links, e.Name())
		if _, err := os.Stat(link); errors.Is(err, fs.ErrNotExist) {
			if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) { // another command may have removed it
				return err
			}
		}
	}
	link := filepath.Join(links, fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:16])
	if err := os.Symlink(dir, link); err != nil && !errors.Is(err, fs.ErrExist) { // the same folder has the same link
		return err
	}
	return nil
}

// newCached makes the folder of a demo in the user's cache and deletes old demos there. Where
// the cache cannot be written, the folder is a temporary one, and a warning says so.
func newCached(now time.Time) (dir, warning string, err error) {
	cache, err := CacheDir()
	if err == nil {
		if err = os.MkdirAll(cache, 0o700); err == nil {
			dir, err = mkdirNew(filepath.Join(cache, cachePrefix+now.UTC().Format("20060102-150405")))
		}
	}
	if err == nil {
		if err := sweep(cache, filepath.Base(dir)); err != nil {
			warning = fmt.Sprintf("old demos cannot be deleted: %v", err)
		}
		return dir, warning, nil
	}
	reason := err
	if dir, err = os.MkdirTemp("", "althing-demo-"); err != nil {
		return "", "", err
	}
	return dir, fmt.Sprintf("the cache folder cannot be written (%v): this demo is in a temporary folder, which is not deleted by itself", reason), nil
}

// mkdirNew makes a folder of some name, with a number behind it where the name is taken.
func mkdirNew(path string) (string, error) {
	name := path
	for i := 2; ; i++ {
		err := os.Mkdir(name, 0o700)
		if !errors.Is(err, fs.ErrExist) {
			return name, err
		}
		name = fmt.Sprintf("%s-%d", path, i)
	}
}

// sweep deletes all but the newest few demos of a cache. It leaves the new one, and those that
// another process runs.
func sweep(cache, fresh string) error {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return !e.IsDir() || !strings.HasPrefix(e.Name(), cachePrefix) || e.Name() == fresh
	})
	var failed error
	for _, e := range entries[:max(0, len(entries)-(keptDemos-1))] { // the names begin with the time
		dir := filepath.Join(cache, e.Name())
		release, err := daemon.Lock(dir)
		if errors.Is(err, daemon.ErrInUse) {
			continue
		}
		if err == nil {
			err = errors.Join(os.RemoveAll(dir), release())
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
