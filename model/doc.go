// Package model defines the bytes of models and updates: the layout of an architecture's
// weights, their initialisation, the model [File], and the update that a trainer sends
// ([Quantise], [EncodeUpdate], [CheckUpdate]). Each has exactly one encoding.
//
// It uses no clock, disk or network, and no randomness but a stated seed. It does not train or
// predict (package train), does not combine updates (package aggregate) and does not move
// bytes (package blob).
//
// # Model files
//
// A model is a [safetensors] file with exactly one encoding for each architecture and weights,
// so that its SHA-256 names it and aggregators can agree on it. The file contains its
// architecture, so a downloaded model needs nothing else. If rows have a schema, the file also
// contains the schema and the [Scale] that is applied to rows before the model sees them.
//
// # Updates
//
// An update is local minus global weights in fixed point: int32 values of scale
// 2^ScaleBits, bound in its header to one chain, task, round and node. Integers
// make the sum of updates exact whatever their order.
//
// [safetensors]: https://huggingface.co/docs/safetensors
package model
