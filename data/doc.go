// Package data reads labelled tables and splits them. It reads CSV, Parquet, NPZ and IDX
// files and the embedded digits set. It shuffles, cuts stratified hold-outs and shards, and
// splits rows by label so that the parts of one data set look like those of many owners.
//
// A file is inspected as a whole before a task states its schema, and read by the names of
// that schema by every node; docs/tables.md says what is accepted.
//
// Rows are in memory once: files are decoded directly into a table, and splits are views of
// it.
//
// It is not a place for training (package train) and it moves no rows: a table
// never leaves the process that read it.
//
// Everything random takes a seed; the same seed gives the same tables.
package data
