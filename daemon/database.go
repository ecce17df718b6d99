package daemon

import (
	"sync/atomic"

	db "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"
)

// database is one of CometBFT's databases. For up to two seconds after its node has
// stopped, goroutines of CometBFT still read blocks, and panic if the database is closed.
// This database then answers that it is empty, so they end when they find their peer gone.
type database struct {
	db.DB
	closed atomic.Bool
}

// openDatabase is a [config.DBProvider].
func openDatabase(c *config.DBContext) (db.DB, error) {
	opened, err := config.DefaultDBProvider(c)
	if err != nil {
		return nil, err
	}
	return &database{DB: opened}, nil
}

// Get implements [db.DB].
func (d *database) Get(key []byte) ([]byte, error) {
	value, err := d.DB.Get(key)
	if err != nil && d.closed.Load() {
		return nil, nil
	}
	return value, err
}

// Has implements [db.DB].
func (d *database) Has(key []byte) (bool, error) {
	has, err := d.DB.Has(key)
	if err != nil && d.closed.Load() {
		return false, nil
	}
	return has, err
}

// Close implements [db.DB].
func (d *database) Close() error {
	d.closed.Store(true)
	return d.DB.Close()
}
