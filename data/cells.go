package data

// cells is a row whose texts are made from values. A row takes one allocation.
type cells struct {
	text  []byte
	ends  []int // of each cell in the text
	texts []string
}

func (c *cells) reset() { c.text, c.ends = c.text[:0], c.ends[:0] }

// end ends a cell with what is appended to the text.
func (c *cells) end(text []byte) { c.text, c.ends = text, append(c.ends, len(text)) }

func (c *cells) row() []string {
	text, from := string(c.text), 0
	c.texts = c.texts[:0]
	for _, end := range c.ends {
		c.texts = append(c.texts, text[from:end])
		from = end
	}
	trim(c.texts)
	return c.texts
}

// appendTruth appends a boolean as pandas writes it into CSV files, so that it is the same
// in every format.
func appendTruth(b []byte, truth bool) []byte {
	if truth {
		return append(b, "True"...)
	}
	return append(b, "False"...)
}
