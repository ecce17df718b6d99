package role

import "github.com/althing-network/althing/spec"

// Again is the key of work that was done under a key, and has to be done again
// under another salt because a node that saw the commitment on its way to the
// chain said it first. The chain refuses what is copied, so that the copier must
// not keep its victim out. Nothing copied gives the key as it is.
func Again(key string, copied spec.Digest) string {
	if copied.IsZero() {
		return key
	}
	return key + "-" + copied.Short()
}
