package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/store"
)

// ErrUnfinished is returned for a validator that was interrupted in a block: the block is
// decided but not executed.
var ErrUnfinished = errors.New("the newest block is not executed yet")

// ExportChain is the state of a validator's chain at a height, 0 for the newest, as a
// genesis file; see [chain.App.Export] and [ImportChain]. It fails with [ErrInUse] if the
// validator runs, and with [ErrUnfinished].
func ExportChain(home string, height int64) (genesis []byte, err error) {
	c, err := LoadValidator(home)
	if err != nil {
		return nil, err
	}
	release, err := Lock(home)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	comet := c.comet(home)
	app, err := openChain(slog.New(slog.DiscardHandler), comet, c.Chain, c.keep())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if decided, err := newestBlock(comet); err != nil {
		return nil, err
	} else if height == 0 && decided > app.LastBlockHeight() {
		return nil, fmt.Errorf("%w: block %d is decided, and the state is at height %d: start the validator and stop it, or name a height", ErrUnfinished, decided, app.LastBlockHeight())
	}
	doc, err := app.Export(height)
	if err != nil {
		return nil, err
	}
	genesis, err = json.MarshalIndent(doc, "", "  ")
	return append(genesis, '\n'), err
}

// newestBlock is the height of the newest block in a home folder, 0 if there is none.
func newestBlock(comet *config.Config) (int64, error) {
	db, err := openDatabase(&config.DBContext{ID: "blockstore", Config: comet})
	if err != nil {
		return 0, fmt.Errorf("open the blocks in %s: %w", comet.DBDir(), err)
	}
	blocks := store.NewBlockStore(db)
	return blocks.Height(), blocks.Close()
}
