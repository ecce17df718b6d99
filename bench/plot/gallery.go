package plot

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// Gallery is a page of small pictures in rows. Each row has a name on the left, each column a
// name above it.
type Gallery struct {
	Title   string // empty: no title
	Columns []string
	Rows    []Strip
}

// Strip is a row of pictures.
type Strip struct {
	Name     string
	Pictures []Picture
}

// Picture are grey cells, row by row. 0 is white and 1 is black; values beyond are clamped.
type Picture struct {
	Width int // cells per row
	Cells []float64
}

// Sizes in pixels, of pictures.
const (
	cellWide    = 8
	galleryLeft = 110 // for names
	galleryGap  = 26  // between pictures
	greys       = 16  // number of shades
)

// WriteSVG draws the pictures. It fails if there are none, if their sizes differ, or if a row
// does not have one picture per column.
func (f Gallery) WriteSVG(w io.Writer) error {
	width, height, err := f.size()
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	page, y := canvas{}, 0
	across := galleryLeft + len(f.Columns)*(width+galleryGap)
	if f.Title != "" {
		page.text(float64(across)/2, heading-10, f.Title, middle, 15)
		y = heading
	}
	for i, name := range f.Columns {
		page.text(float64(galleryLeft+i*(width+galleryGap)+width/2), float64(y+14), name, middle, 12)
	}
	y += galleryGap
	for _, r := range f.Rows {
		page.text(galleryLeft-12, float64(y+height/2+4), r.Name, end, 12)
		for i, p := range r.Pictures {
			x := galleryLeft + i*(width+galleryGap)
			p.draw(&page, x, y)
			page.frame(float64(x), float64(y), float64(width), float64(height))
		}
		y += height + galleryGap
	}
	sheet := canvas{}
	sheet.open(across, y)
	sheet.WriteString(page.String())
	sheet.WriteString("</svg>\n")
	_, err = io.WriteString(w, sheet.String())
	return err
}

// size is the size of each picture in pixels.
func (f Gallery) size() (width, height int, err error) {
	if len(f.Rows) == 0 || len(f.Columns) == 0 {
		return 0, 0, errors.New("the gallery has no pictures")
	}
	for _, r := range f.Rows {
		if len(r.Pictures) != len(f.Columns) {
			return 0, 0, fmt.Errorf("row %q has %d pictures for %d columns", r.Name, len(r.Pictures), len(f.Columns))
		}
		for _, p := range r.Pictures {
			if p.Width < 1 || len(p.Cells) == 0 || len(p.Cells)%p.Width != 0 {
				return 0, 0, fmt.Errorf("row %q: %d cells in rows of %d", r.Name, len(p.Cells), p.Width)
			}
			wide, high := p.Width*cellWide, len(p.Cells)/p.Width*cellWide
			if width > 0 && (wide != width || high != height) {
				return 0, 0, fmt.Errorf("row %q: a picture of %d by %d pixels beside those of %d by %d", r.Name, wide, high, width, height)
			}
			width, height = wide, high
		}
	}
	return width, height, nil
}

// draw draws a picture at x, y of a page, with one path for all cells of the same grey.
func (p Picture) draw(page *canvas, x, y int) {
	for grey := 1; grey < greys; grey++ {
		pathOpen := false
		for i, v := range p.Cells {
			if int(math.Round(min(max(v, 0), 1)*(greys-1))) != grey {
				continue
			}
			if !pathOpen {
				page.WriteString(`<path d="`)
				pathOpen = true
			}
			fmt.Fprintf(page, "M%d %dh%dv%dh-%dz", x+i%p.Width*cellWide, y+i/p.Width*cellWide, cellWide, cellWide, cellWide)
		}
		if pathOpen {
			light := 255 - grey*255/(greys-1)
			fmt.Fprintf(page, `" fill="#%02x%02x%02x"/>`+"\n", light, light, light)
		}
	}
}
