// Package blob keeps bytes under the name of their SHA-256 and moves them
// between nodes over HTTP: updates from trainers to aggregators, models to
// everyone.
//
// A [Store] holds blobs and the labels by which a node finds them by task,
// round and node; [Dir] keeps them in a folder, [Memory] in memory. A [Server]
// gives a store to other nodes, a [Client] uploads to and downloads from such
// servers. Bytes are hashed while they stream and become visible only when the
// whole of them has the digest that was asked for. They are not hashed again when
// they are used: a folder remembers how a file looked that was verified, and hashes
// one that somebody wrote to. Bits that change on the disk without a write are not
// noticed by the node itself, but by every node that fetches the blob from it.
//
// It is not a place for rules: who may put or get what is the caller's
// [Policy], and whether a digest is the one the chain agreed on is for whoever
// asks for it. It never moves rows of data.
//
// # Who answers, and who listens
//
// Nodes speak TLS 1.3 with each other ([ServerTLS], [NewHTTPClient]). The key of a
// server is the one that the registry has for the node, and nothing else in its
// certificate counts. Who asks signs each request besides. Plain HTTP is for loopback
// addresses only.
//
// # Chunks
//
// The name of a blob is the plain SHA-256 of its bytes, because that is what
// the chain records. A [Manifest] lists the digests of its chunks of 256 KiB. It
// is a hint, signed by nobody: with it a download notices a bad chunk before
// the last byte and goes on where it was cut, but only the digest of the whole
// decides.
package blob
