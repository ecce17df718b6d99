package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cometbft/cometbft/config"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/althing-network/althing/chain"
)

// formerData is the folder, in a validator's home folder, with its blocks and states from
// before an import.
const formerData = "data.before"

// nothingSigned is CometBFT's record for a validator that has signed nothing.
const nothingSigned = `{"height":"0","round":0,"step":0}`

// Why an import is refused.
var (
	ErrGenesis = errors.New("no chain can begin with this genesis")
	ErrSigned  = errors.New("the validator has signed later blocks under the same chain id")
)

// Imported is what [ImportChain] has made of a home folder.
type Imported struct {
	Home   string `json:"home"`
	Chain  string `json:"chain"`
	Height int64  `json:"height"`           // of the first block
	Former string `json:"former,omitempty"` // folder with what a validator had before
}

// ImportChain prepares the home folder of a validator or of a node for the chain that begins
// with a genesis file of [ExportChain]. The new chain has the given chain id, or the one of
// the file if that is empty.
//
// A validator keeps its keys, and its blocks and states are moved aside. If the chain id
// stays the same, the validator must not have signed a block that the new chain makes again:
// [ErrSigned]. A node keeps everything. ImportChain fails with [ErrInUse] if the home folder
// runs, and with [ErrGenesis].
func ImportChain(home string, genesis []byte, id string) (done Imported, err error) {
	doc := new(genutiltypes.AppGenesis)
	if err := json.Unmarshal(genesis, doc); err != nil {
		return done, fmt.Errorf("%w: %w", ErrGenesis, err)
	}
	if id != "" {
		doc.ChainID = id
	}
	if err := chain.CheckGenesis(doc); err != nil {
		return done, fmt.Errorf("%w: %w", ErrGenesis, err)
	}
	done = Imported{Home: home, Chain: doc.ChainID, Height: doc.InitialHeight}
	node, err := LoadNode(home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return done, err
	}
	isNode := err == nil
	release, err := Lock(home)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if isNode {
		node.Chain = doc.ChainID
		return done, SaveNode(home, node)
	}
	c, err := LoadValidator(home)
	if err != nil {
		return done, err
	}
	if done.Former, err = setAside(c.comet(home), doc); err != nil {
		return done, err
	}
	c.Chain = doc.ChainID
	written, err := json.MarshalIndent(doc, "", "  ")
	return done, errors.Join(err, writeFile(c.comet(home).GenesisFile(), written), SaveValidator(home, c))
}

// setAside moves the blocks and states of a validator to a folder and returns its path; the
// path is empty if there are none. The record of the last signature stays, unless the
// signature was for another chain id.
func setAside(comet *config.Config, doc *genutiltypes.AppGenesis) (former string, err error) {
	former = filepath.Join(comet.RootDir, formerData)
	_, missing := os.Stat(comet.PrivValidatorStateFile())
	if _, err := os.Stat(former); err == nil && missing != nil {
		return "", fmt.Errorf("an import was interrupted: move %s back to %s, and import again", former, comet.DBDir())
	}
	before, err := chainOfBlocks(comet)
	if err != nil || before == "" {
		return "", err
	}
	state, err := os.ReadFile(comet.PrivValidatorStateFile())
	if err != nil {
		return "", fmt.Errorf("read what was signed last: %w", err)
	}
	var signed struct {
		Height int64 `json:"height,string"`
	}
	if err := json.NewDecoder(bytes.NewReader(state)).Decode(&signed); err != nil {
		return "", fmt.Errorf("read what was signed last: %w", err)
	}
	switch {
	case before == doc.ChainID && signed.Height > doc.InitialHeight:
		return "", fmt.Errorf("%w: it signed block %d of %s, and the genesis begins with block %d: choose another chain id", ErrSigned, signed.Height, before, doc.InitialHeight)
	case before != doc.ChainID: // a signature is for a chain id
		state = []byte(nothingSigned)
	}
	if _, err := os.Stat(former); err == nil {
		return "", fmt.Errorf("%s is there from an earlier import: move it away", former)
	}
	if err := os.Rename(comet.DBDir(), former); err != nil {
		return "", err
	}
	if err := os.Mkdir(comet.DBDir(), 0o700); err != nil {
		return "", err
	}
	return former, writeFile(comet.PrivValidatorStateFile(), state)
}
