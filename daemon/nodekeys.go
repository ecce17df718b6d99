package daemon

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// nodeKeys are the keys a node registers beside its account's: one that signs
// its requests to other nodes, one to which others seal what only it may read.
type nodeKeys struct {
	transport ed25519.PrivateKey
	sealing   *ecdh.PrivateKey // X25519
}

// loadKeys reads the keys of a home folder, and makes those that are not there.
func loadKeys(home string) (k nodeKeys, err error) {
	seed, err := secret(filepath.Join(home, transportFile))
	if err != nil {
		return k, err
	}
	scalar, err := secret(filepath.Join(home, sealingFile))
	if err != nil {
		return k, err
	}
	k.transport = ed25519.NewKeyFromSeed(seed)
	k.sealing, err = ecdh.X25519().NewPrivateKey(scalar)
	return k, err
}

const secretSize = 32 // bytes, of an Ed25519 seed and of an X25519 scalar

// secret reads random bytes kept in a file, in hexadecimal, and draws them where
// there is no file yet.
func secret(path string) ([]byte, error) {
	b, err := kept(path)
	if errors.Is(err, os.ErrNotExist) {
		drawn := make([]byte, secretSize)
		if _, err := rand.Read(drawn); err != nil {
			return nil, err
		}
		return drawn, writeFile(path, []byte(hex.EncodeToString(drawn)+"\n"))
	}
	return b, err
}

// kept reads random bytes from their file.
func kept(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) != secretSize {
		return nil, fmt.Errorf("%s: want %d hexadecimal digits", path, 2*secretSize)
	}
	return b, nil
}
