package data

import (
	"compress/gzip"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/althing-network/althing/spec"
)

// DigitsSHA256 is the checksum of the embedded digits.csv.gz.
const DigitsSHA256 = "46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a"

const (
	digitsSide   = 8  // pixels per side
	digitsLevels = 16 // value of the darkest pixel
)

//go:embed digits.csv.gz
var digitsFile string

// Digits is the embedded data set: 1,797 images of handwritten digits of 8x8
// pixels, 10 classes, in the order of the original file, pixels scaled to
// [0, 1]. Source: E. Alpaydin and C. Kaynak, "Optical Recognition of
// Handwritten Digits", UCI Machine Learning Repository, 1998, CC BY 4.0; see
// README.md beside the file.
func Digits() (Table, error) {
	t := Table{
		Features: digitsSide * digitsSide,
		Classes:  10,
		Image:    spec.Image{Height: digitsSide, Width: digitsSide, Channels: 1},
	}
	unzipped, err := gzip.NewReader(strings.NewReader(digitsFile))
	if err != nil {
		return Table{}, fmt.Errorf("digits: %w", err)
	}
	lines := csv.NewReader(unzipped)
	lines.FieldsPerRecord, lines.ReuseRecord = t.Features+1, true
	for {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return Table{}, fmt.Errorf("digits: %w", err)
		}
		for _, field := range record[:t.Features] {
			pixel, err := strconv.ParseUint(field, 10, 8)
			if err != nil {
				return Table{}, fmt.Errorf("digits: %w", err)
			}
			t.X = append(t.X, float32(pixel)/digitsLevels)
		}
		class, err := strconv.ParseUint(record[t.Features], 10, 8)
		if err != nil {
			return Table{}, fmt.Errorf("digits: %w", err)
		}
		t.Y = append(t.Y, int32(class))
	}
}
