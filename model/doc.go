// Package model says how an architecture becomes numbers and how numbers become
// bytes: the layout of its weights, their strict initialisation, the canonical
// model file, and the canonical update a trainer sends.
//
// It is pure: no clock, no disk, no network, no randomness but a stated seed.
// It does not train or predict (package train), does not combine updates
// (package aggregate) and does not move bytes (package blob).
//
// # Model files
//
// A model is a [safetensors] file with exactly one encoding for each
// architecture and weights, so that its SHA-256 names it and aggregators can
// agree on it. The file carries its architecture, so a downloaded model is
// complete in itself; where rows have a schema it carries that too, and the [Scale]
// to which rows are brought before the model sees them.
//
// # Updates
//
// An update is local minus global weights in fixed point: int32 values of scale
// 2^ScaleBits, bound in its header to one chain, task, round and node. Integers
// make the sum of updates exact whatever their order.
//
// [safetensors]: https://huggingface.co/docs/safetensors
package model
