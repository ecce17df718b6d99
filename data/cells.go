package data

// cells builds the texts of one row in one buffer: one allocation per row.
type cells struct {
	text  []byte
	ends  []int // offset in text behind each cell
	texts []string
}

func (c *cells) reset() { c.text, c.ends = c.text[:0], c.ends[:0] }

// end closes the current cell; text is the buffer with that cell appended.
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

// appendTruth appends a boolean as pandas writes it to CSV, so that booleans look alike in
// every format.
func appendTruth(b []byte, truth bool) []byte {
	if truth {
		return append(b, "True"...)
	}
	return append(b, "False"...)
}
