package feepb

import "fmt"

// MaxGasPrice is the most that 1000 units of gas may cost, in uthing: four hundred times
// what they cost by default. A vote that sets it has not made the next vote too dear.
const MaxGasPrice = 10_000

// Validate reports the first parameter that is out of bounds.
func (m *Params) Validate() error {
	if m.MinGasPrice < 1 || m.MinGasPrice > MaxGasPrice {
		return fmt.Errorf("min_gas_price is %d: want 1 to %d", m.MinGasPrice, MaxGasPrice)
	}
	return nil
}
