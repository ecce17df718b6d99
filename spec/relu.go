package spec

// LayerReLU is the word for a ReLU in a task file.
const LayerReLU = "relu"

// relu puts out what comes in, and 0 where that is less.
func relu() kind { return kind{name: LayerReLU, out: same} }
