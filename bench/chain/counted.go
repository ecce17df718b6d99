package main

import dbm "github.com/cosmos/cosmos-db"

// counted is a database in memory that counts the written bytes of keys and values. Deleting
// is not counted.
type counted struct {
	*dbm.MemDB
	given int64
}

func newCounted() *counted { return &counted{MemDB: dbm.NewMemDB()} }

func (c *counted) count(key, value []byte) { c.given += int64(len(key) + len(value)) }

// Set implements [dbm.DB].
func (c *counted) Set(key, value []byte) error {
	c.count(key, value)
	return c.MemDB.Set(key, value)
}

// SetSync implements [dbm.DB].
func (c *counted) SetSync(key, value []byte) error {
	c.count(key, value)
	return c.MemDB.SetSync(key, value)
}

// NewBatch implements [dbm.DB].
func (c *counted) NewBatch() dbm.Batch { return &countedBatch{Batch: c.MemDB.NewBatch(), db: c} }

// NewBatchWithSize implements [dbm.DB].
func (c *counted) NewBatchWithSize(size int) dbm.Batch {
	return &countedBatch{Batch: c.MemDB.NewBatchWithSize(size), db: c}
}

type countedBatch struct {
	dbm.Batch
	db *counted
}

// Set implements [dbm.Batch].
func (b *countedBatch) Set(key, value []byte) error {
	b.db.count(key, value)
	return b.Batch.Set(key, value)
}
