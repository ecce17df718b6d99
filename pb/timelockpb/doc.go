// Package timelockpb is the wire form of the queue of passed proposals: generated from
// proto/althing/timelock/v1. It is not where anything is validated.
package timelockpb
