package daemon

import (
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// nodeKeys are the keys that a node registers beside its account's key: the transport key
// signs its requests to other nodes and authenticates its server, the sealing key lets
// others encrypt to it.
type nodeKeys struct {
	transport ed25519.PrivateKey
	sealing   *ecdh.PrivateKey   // X25519
	former    ed25519.PrivateKey // transport key before the last rotation; nil: there is none any more
}

// formerSuffix ends the names of files with replaced keys, whose rounds may still run.
const formerSuffix = ".former"

// loadKeys reads the keys of a home folder, and makes missing ones.
func loadKeys(home string) (k nodeKeys, err error) {
	seed, err := readOrMakeSecret(filepath.Join(home, transportFile))
	if err != nil {
		return k, err
	}
	scalar, err := readOrMakeSecret(filepath.Join(home, sealingFile))
	if err != nil {
		return k, err
	}
	former, err := readSecret(filepath.Join(home, transportFile+formerSuffix))
	switch {
	case err == nil:
		k.former = ed25519.NewKeyFromSeed(former)
	case !errors.Is(err, os.ErrNotExist):
		return k, err
	}
	k.transport = ed25519.NewKeyFromSeed(seed)
	k.sealing, err = ecdh.X25519().NewPrivateKey(scalar)
	return k, err
}

// putInto sets the public keys in a profile.
func (k nodeKeys) putInto(p *spec.Profile) {
	p.TransportKey = k.transport.Public().(ed25519.PublicKey)
	p.SealingKey = k.sealing.PublicKey().Bytes()
}

// RotateKeys gives the node of a home folder new transport and sealing keys and registers
// them, so that whoever has the old keys cannot act as the node in later rounds. The old
// keys are kept until the running rounds have ended, and then deleted. It fails with
// [ErrInUse] while the node runs. If it is interrupted, the new keys are registered when the
// node starts.
func RotateKeys(ctx context.Context, home string) (n spec.Node, err error) {
	config, err := LoadNode(home)
	if err != nil {
		return n, err
	}
	release, err := Lock(home)
	if err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, release()) }()
	account, err := openAccount(ctx, home, config, func(*client.Client) {})
	if err != nil {
		return n, err
	}
	if n, err = account.NodeByOwner(ctx, account.Address()); err != nil {
		return n, err
	}
	for _, file := range []string{transportFile, sealingFile} {
		if err := replaceSecret(filepath.Join(home, file)); err != nil {
			return n, fmt.Errorf("new keys: %w", err)
		}
	}
	keys, err := loadKeys(home)
	if err != nil {
		return n, err
	}
	keys.putInto(&n.Profile)
	if _, err := account.Send(ctx, client.Update{Profile: n.Profile}); err != nil {
		return n, fmt.Errorf("register new keys of node %d: %w", n.ID, err)
	}
	return account.Node(ctx, n.ID)
}

// replaceSecret replaces a secret by a new one. At any time the file has the new or the old
// secret, and the old one is kept beside it.
func replaceSecret(path string) error {
	old, err := readSecret(path)
	if err == nil {
		err = writeSecret(path+formerSuffix, old)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	_, err = newSecret(path)
	return err
}

// endFormerKeys deletes the keys from before the last rotation.
func endFormerKeys(home string) (err error) {
	for _, file := range []string{transportFile, sealingFile} {
		if e := os.Remove(filepath.Join(home, file+formerSuffix)); !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

const secretSize = 32 // bytes, of an Ed25519 seed and of an X25519 scalar

// readOrMakeSecret reads a secret from a file, in hexadecimal, and makes one if there is no
// file.
func readOrMakeSecret(path string) ([]byte, error) {
	b, err := readSecret(path)
	if errors.Is(err, os.ErrNotExist) {
		return newSecret(path)
	}
	return b, err
}

// newSecret writes a new random secret to a file.
func newSecret(path string) ([]byte, error) {
	drawn := make([]byte, secretSize)
	if _, err := rand.Read(drawn); err != nil {
		return nil, err
	}
	return drawn, writeSecret(path, drawn)
}

func writeSecret(path string, secret []byte) error {
	return writeFile(path, []byte(hex.EncodeToString(secret)+"\n"))
}

// readSecret reads a secret from its file.
func readSecret(path string) ([]byte, error) {
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
