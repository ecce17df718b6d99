// Package data holds labelled tables and the ways to cut them up: the embedded
// digits set, CSV, Parquet, NPZ and IDX files, shuffles, stratified hold-outs and shards,
// and label splits that make the rows of one data set look like those of many owners.
//
// A file is inspected as a whole before a task states its schema, and read by the names of
// that schema by every node; docs/tables.md says what is accepted.
//
// Rows are held once: files are decoded into their place in a table, and whatever
// cuts a table up gives views of it.
//
// It is not a place for training (package train) and it moves no rows: a table
// never leaves the process that read it.
//
// Everything random takes a seed, and the same seed gives the same tables.
package data
