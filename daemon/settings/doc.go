// Package settings reads the configuration files of home folders, node.json and
// validator.json, and lists every field they may hold.
//
// [Node] and [Validator] are the lists: each field with its default, what it accepts and
// what it does. Errors and docs/configuration.md are made from them. [Decode] reads a file
// into a struct; where a file is wrong, its error is a [*Wrong], which names the line, the
// field, the value that stands there and what is wanted.
//
// The package does not open files, does not know the structs of package daemon and does
// not check how two fields fit together: the package that owns the struct does.
package settings
