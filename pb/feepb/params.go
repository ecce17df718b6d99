package feepb

import "fmt"

// MaxGasPrice is the largest price of 1000 gas, in uthing: 400 times the default. It is low enough
// that the next vote can still be paid for.
const MaxGasPrice = 10_000

// Validate reports the first parameter that is out of bounds.
func (m *Params) Validate() error {
	if m.MinGasPrice < 1 || m.MinGasPrice > MaxGasPrice {
		return fmt.Errorf("min_gas_price is %d: want 1 to %d", m.MinGasPrice, MaxGasPrice)
	}
	return nil
}
