package spec

// The token. Everything is counted in uthing; people read THING.
const (
	Denom = "uthing"
	// Thing is one THING in uthing.
	Thing uint64 = 1_000_000
	// Cap is the largest supply there may ever be, in uthing: a billion THING.
	Cap = 1_000_000_000 * Thing
	// AddressPrefix begins every account's address: althing1...
	AddressPrefix = "althing"
)
