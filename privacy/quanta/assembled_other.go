//go:build !amd64

package quanta

// supported is false: there is no assembly for this architecture.
func supported() bool { return false }

func assembledRound([]int32, []float32, uint) bool { return false }

func assembledSquares([]int32) (high, low uint64) { return 0, 0 }

func assembledAddShrunk([]int64, []int32, uint64) {}
