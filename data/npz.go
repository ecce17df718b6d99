package data

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// npzSource reads the rows of a ZIP archive of NumPy arrays: an array of features and one of
// labels, or one array per column.
type npzSource struct {
	arrays []*npy
	files  []io.Closer
	header []string
	// ignored are arrays that are neither features nor labels.
	ignored []string
	cells   cells
	row     int // rows read so far
	size    int // of the file, in bytes
}

// newNPZ finds the arrays of a table by their names.
func newNPZ(f io.ReaderAt, size int64) (s *npzSource, err error) {
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil, err
	}
	files := make(map[string]*zip.File)
	var names []string
	for _, file := range archive.File {
		name, array := strings.CutSuffix(file.Name, ".npy")
		if !array {
			return nil, errors.New("the file is a ZIP archive, as spreadsheets are, but not one of NumPy arrays: export it as CSV")
		}
		files[name] = file
		names = append(names, name)
	}
	if err := checkNames(names); err != nil {
		return nil, err
	}
	s = &npzSource{size: int(size)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if features, labels := usualArrays(names); features != "" {
		s.ignored = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return name == features || name == labels || name == "feature_names"
		})
		return s, s.table(files, names, features, labels)
	}
	for _, name := range names {
		a, err := s.open(files[name])
		if err != nil {
			return s, err
		}
		if len(a.shape) != 1 {
			return s, fmt.Errorf("array %.64q has %d dimensions: want columns, or arrays named X and y; the file has %s", name, len(a.shape), list(names))
		}
		s.header = append(s.header, name)
	}
	return s, s.check()
}

// usualArrays finds the arrays of features and of labels by usual names.
func usualArrays(names []string) (features, labels string) {
	for _, usual := range [][2]string{
		{"X", "y"},
		{"x", "y"},
		{"data", "target"},
		{"data", "labels"},
		{"features", "labels"},
		{"X_train", "y_train"},
		{"x_train", "y_train"},
		{"X_test", "y_test"},
		{"x_test", "y_test"},
	} {
		if slices.Contains(names, usual[0]) {
			if slices.Contains(names, usual[1]) {
				return usual[0], usual[1]
			}
			return usual[0], ""
		}
	}
	return "", ""
}

// table reads an array of features and one of labels. The columns get their names from an
// array feature_names, or else f0, f1 and so on.
func (s *npzSource) table(files map[string]*zip.File, names []string, features, labels string) error {
	x, err := s.open(files[features])
	if err != nil {
		return err
	}
	for i := range x.columns() {
		s.header = append(s.header, fmt.Sprintf("f%d", i))
	}
	if slices.Contains(names, "feature_names") {
		if err := s.rename(files["feature_names"]); err != nil {
			return err
		}
	}
	if labels != "" {
		y, err := s.open(files[labels])
		if err != nil {
			return err
		}
		if y.columns() != 1 {
			return fmt.Errorf("array %.64q has %d columns: want one label per row", labels, y.columns())
		}
		s.header = append(s.header, labelColumn)
	}
	return s.check()
}

// rename takes the names of the columns from an array.
func (s *npzSource) rename(file *zip.File) error {
	r, err := file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	a, err := newNPY("feature_names", r, file.UncompressedSize64)
	if err != nil {
		return err
	}
	if len(a.shape) != 1 || a.rows() != len(s.header) {
		return fmt.Errorf("array %q has %d names: want %d", a.name, a.rows(), len(s.header))
	}
	for i := range s.header {
		name, err := a.appendCell(nil, i, 0)
		if err != nil {
			return err
		}
		s.header[i] = strings.TrimSpace(string(name))
	}
	return nil
}

// open adds an array to those whose rows are read.
func (s *npzSource) open(file *zip.File) (*npy, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	s.files = append(s.files, r)
	a, err := newNPY(strings.TrimSuffix(file.Name, ".npy"), bufio.NewReader(r), file.UncompressedSize64)
	if err == nil {
		s.arrays = append(s.arrays, a)
	}
	return a, err
}

// check wants arrays with equal numbers of rows, and columns with different names.
func (s *npzSource) check() error {
	if len(s.header) == 0 {
		return errors.New("the file has no arrays of rows")
	}
	for _, a := range s.arrays {
		if first := s.arrays[0]; a.rows() != first.rows() {
			return fmt.Errorf("array %.64q has %d rows and %.64q has %d", a.name, a.rows(), first.name, first.rows())
		}
	}
	return checkNames(s.header)
}

func (s *npzSource) names() []string { return s.header }
func (*npzSource) format() Format    { return Format{Name: "npz"} }

// maxRows bounds the number of rows: a header is believed only up to one value per byte.
func (s *npzSource) maxRows() int { return min(s.arrays[0].rows(), s.size/len(s.header)+1) }

func (s *npzSource) place(column int) string {
	return fmt.Sprintf("row %d: column %d (%.64s)", s.row, column+1, s.header[column])
}

func (s *npzSource) next() ([]string, error) {
	if s.row == s.arrays[0].rows() {
		return nil, io.EOF
	}
	s.cells.reset()
	for _, a := range s.arrays {
		for column := range a.columns() {
			text, err := a.appendCell(s.cells.text, s.row, column)
			if err != nil {
				return nil, fmt.Errorf("npz: %w", err)
			}
			s.cells.end(text)
		}
	}
	s.row++
	return s.cells.row(), nil
}

func (s *npzSource) notes() []string {
	if len(s.ignored) == 0 {
		return nil
	}
	return []string{"arrays that are not read: " + list(s.ignored)}
}

// Close closes the readers of the arrays. Whoever opened the archive closes it.
func (s *npzSource) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
