// Package modelpb is the wire form of the registry of models: generated from
// proto/althing/model/v1. It is not where anything is validated.
package modelpb
