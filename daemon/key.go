package daemon

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain"
)

// keyFile holds the key of the account that owns a home folder.
const keyFile = "key.json"

// keyForm is a key as the file has it: secp256k1, in hexadecimal.
type keyForm struct {
	Address string `json:"address"`
	Private string `json:"private"`
}

// NewKey makes the key of a home folder's account, in a file that only its owner may read.
// It never replaces a key.
func NewKey(home string) (*secp256k1.PrivKey, error) {
	path := filepath.Join(home, keyFile)
	if _, err := os.Stat(path); err == nil {
		return nil, fmt.Errorf("%s exists: a key is never replaced", path)
	}
	key := secp256k1.GenPrivKey()
	b, err := json.MarshalIndent(keyForm{Address: addressOf(key).String(), Private: hex.EncodeToString(key.Key)}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("make the key of %s: %w", home, err)
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("make the key of %s: %w", home, err)
	}
	if err := writeFile(path, append(b, '\n')); err != nil {
		return nil, fmt.Errorf("make the key of %s: %w", home, err)
	}
	return key, nil
}

// LoadKey reads the key of a home folder's account. It fails if the address in the file
// does not belong to the key.
func LoadKey(home string) (*secp256k1.PrivKey, error) {
	path := filepath.Join(home, keyFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &noHomeError{home: home, file: keyFile}
	}
	if err != nil {
		return nil, fmt.Errorf("key of a home folder: %w", err)
	}
	var form keyForm
	if err := json.Unmarshal(b, &form); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	raw, err := hex.DecodeString(form.Private)
	if err != nil || len(raw) != secp256k1.PrivKeySize {
		return nil, fmt.Errorf("%s: private key: want %d hexadecimal digits", path, 2*secp256k1.PrivKeySize)
	}
	key := &secp256k1.PrivKey{Key: raw}
	if address := addressOf(key).String(); address != form.Address {
		return nil, fmt.Errorf("%s: address %s: the private key belongs to %s", path, form.Address, address)
	}
	return key, nil
}

func addressOf(key *secp256k1.PrivKey) sdk.AccAddress {
	chain.Configure()
	return sdk.AccAddress(key.PubKey().Address())
}
