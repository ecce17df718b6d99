// Package blobtest says what every [blob.Store] must do, as tests: call [Run]
// with a way to open an empty store. It holds no store and is not for use
// outside tests.
package blobtest
