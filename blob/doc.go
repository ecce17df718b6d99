// Package blob keeps bytes under the name of their SHA-256 and moves them
// between nodes over HTTP: updates from trainers to aggregators, models to
// everyone.
//
// A [Store] holds blobs and the labels by which a node finds them by task,
// round and node; [Dir] keeps them in a folder, [Memory] in memory. A [Server]
// serves a store to other nodes, a [Client] uploads to and downloads from their
// servers. Bytes are hashed while they arrive, and a blob becomes visible only when all
// its bytes have the expected digest. They are not hashed again at each use: a folder
// stores the attributes of verified files, and hashes a file again if it was written to.
// Bits that change on the disk without a write are not detected by the node itself, but by
// every node that fetches the blob from it.
//
// It is not a place for rules: the caller's [Policy] decides who may put or get what, and
// the caller decides which digest it wants. It never moves rows of data.
//
// # Authentication
//
// Nodes use TLS 1.3 ([ServerTLS], [NewHTTPClient]). A server must have the key that the
// registry has for its node; nothing else in its certificate counts. A client signs each
// request. Plain HTTP is for loopback addresses only.
//
// # Chunks
//
// The name of a blob is the plain SHA-256 of its bytes, because that is what the chain
// records. A [Manifest] lists the digests of its chunks of 256 KiB. It is a hint that
// nobody signs: with it a download detects a bad chunk early and resumes where it was
// interrupted, but only the digest of the whole blob decides.
package blob
