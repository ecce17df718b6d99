package blob

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"github.com/althing-network/althing/spec"
)

// ChunkSize is the unit in bytes in which a download is verified.
const ChunkSize = 256 << 10

// Manifest lists the digests of a blob's chunks in their order; all but the last have
// ChunkSize bytes. It says only what a peer intends to send: the chain agrees on the digest
// of the whole blob.
type Manifest struct {
	Size   int64         `json:"size"` // bytes
	Chunks []spec.Digest `json:"chunks"`
}

// Validate fails unless the number of chunks matches the size.
func (m Manifest) Validate() error {
	if m.Size < 0 || int64(len(m.Chunks)) != chunks(m.Size) {
		return fmt.Errorf("%w: manifest of %d bytes in %d chunks", ErrMalformed, m.Size, len(m.Chunks))
	}
	return nil
}

// ManifestOf reads all of r.
func ManifestOf(r io.Reader) (Manifest, error) {
	c := &chunker{chunk: sha256.New()}
	if _, err := io.Copy(c, r); err != nil {
		return Manifest{}, err
	}
	return c.manifest(), nil
}

// chunks is the number of chunks of a blob of so many bytes.
func chunks(size int64) int64 {
	n := size / ChunkSize
	if size%ChunkSize != 0 {
		n++
	}
	return n
}

// length is how many bytes chunk i has.
func (m Manifest) length(i int) int64 {
	return min(ChunkSize, m.Size-int64(i)*ChunkSize)
}

// commonChunks is how many chunks from the beginning two manifests have in common.
func (m Manifest) commonChunks(o Manifest) int {
	n := 0
	for n < len(m.Chunks) && n < len(o.Chunks) && m.Chunks[n] == o.Chunks[n] {
		n++
	}
	return n
}

// chunker hashes what is written to it: the whole, each chunk, or both.
type chunker struct {
	whole, chunk hash.Hash     // nil: not hashed
	done         []spec.Digest // full chunks
	size         int64
}

// Write never fails.
func (c *chunker) Write(b []byte) (int, error) {
	if c.whole != nil {
		c.whole.Write(b)
	}
	if c.chunk == nil {
		c.size += int64(len(b))
		return len(b), nil
	}
	written := len(b)
	for len(b) > 0 {
		n := min(len(b), ChunkSize-int(c.size%ChunkSize))
		c.chunk.Write(b[:n])
		c.size += int64(n)
		b = b[n:]
		if c.size%ChunkSize == 0 {
			c.done = append(c.done, spec.Digest(c.chunk.Sum(nil)))
			c.chunk.Reset()
		}
	}
	return written, nil
}

// add is Write of the next chunk, whose digest is d.
func (c *chunker) add(chunk []byte, d spec.Digest) {
	c.whole.Write(chunk)
	c.size += int64(len(chunk))
	if len(chunk) == ChunkSize {
		c.done = append(c.done, d)
	} else {
		c.chunk.Write(chunk)
	}
}

func (c *chunker) digest() spec.Digest { return spec.Digest(c.whole.Sum(nil)) }

func (c *chunker) manifest() Manifest {
	m := Manifest{Size: c.size, Chunks: append([]spec.Digest{}, c.done...)}
	if c.size%ChunkSize != 0 {
		m.Chunks = append(m.Chunks, spec.Digest(c.chunk.Sum(nil)))
	}
	return m
}
