package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cometbft/cometbft/config"
	"github.com/cosmos/cosmos-sdk/x/genutil"

	"github.com/althing-network/althing/chain"
)

// Funds and bond of each validator of a new chain, in uthing.
const (
	ValidatorFunds = 1100 * chain.Thing
	ValidatorBond  = 1000 * chain.Thing
)

// InitValidators founds a chain: for every validator it makes a home folder, dir/name, with
// keys, and the same genesis in each. The genesis is the given one plus the validators and
// their accounts. Each configuration gets the chain's id, and the other validators as peers.
func InitValidators(dir string, genesis chain.Genesis, validators []ValidatorConfig) error {
	peers := make([]string, len(validators))
	for i := range validators {
		validators[i].Chain = genesis.ChainID
		id, err := addValidator(dir, &genesis, validators[i])
		if err != nil {
			return fmt.Errorf("found the chain %s: %w", genesis.ChainID, err)
		}
		peers[i] = id + "@" + validators[i].P2P
	}
	doc, err := genesis.Document()
	if err != nil {
		return fmt.Errorf("found the chain %s: %w", genesis.ChainID, err)
	}
	for i, c := range validators {
		home := filepath.Join(dir, c.Name)
		c.Peers = append(append([]string{}, peers[:i]...), peers[i+1:]...)
		err := errors.Join(SaveValidator(home, c), doc.SaveAs(c.comet(home).GenesisFile()))
		if err != nil {
			return fmt.Errorf("found the chain %s: %w", genesis.ChainID, err)
		}
	}
	return nil
}

// addValidator makes the home folder and the keys of one validator and adds it to the
// genesis. It returns the validator's id for its peers.
func addValidator(dir string, genesis *chain.Genesis, c ValidatorConfig) (id string, err error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	home := filepath.Join(dir, c.Name)
	for _, folder := range []string{config.DefaultConfigDir, config.DefaultDataDir} {
		if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
			return "", err
		}
	}
	owner, err := NewKey(home)
	if err != nil {
		return "", err
	}
	id, consensus, err := genutil.InitializeNodeValidatorFiles(c.comet(home))
	if err != nil {
		return "", fmt.Errorf("make the keys of %s: %w", home, err)
	}
	tx, err := chain.SignValidator(genesis.ChainID, c.Name, owner, consensus, ValidatorBond)
	if err != nil {
		return "", err
	}
	genesis.Validators = append(genesis.Validators, tx)
	genesis.Accounts = append(genesis.Accounts, chain.Account{Address: addressOf(owner), Amount: ValidatorFunds})
	return id, nil
}
