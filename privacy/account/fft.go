package account

import "math"

// transform is the discrete Fourier transform of one length, a power of two. Frequencies
// are in bit-reversed order, which is cheapest and does not matter for products.
type transform struct{ roots []complex128 }

func newTransform(length int) transform {
	roots := make([]complex128, length/2)
	for i := range roots {
		sin, cos := math.Sincos(-2 * math.Pi * float64(i) / float64(length))
		roots[i] = complex(cos, sin)
	}
	return transform{roots}
}

// forward replaces values by frequencies (Gentleman and Sande's algorithm).
func (t transform) forward(a []complex128) {
	for half := len(a) / 2; half > 0; half /= 2 {
		stride := len(t.roots) / half
		for start := 0; start < len(a); start += 2 * half {
			low, high := a[start:start+half], a[start+half:start+2*half]
			for i, x := range low {
				y := high[i]
				low[i] = x + y
				high[i] = (x - y) * t.roots[i*stride]
			}
		}
	}
}

// backward replaces frequencies by values (Cooley and Tukey's algorithm).
func (t transform) backward(a []complex128) {
	for half := 1; half < len(a); half *= 2 {
		stride := len(t.roots) / half
		for start := 0; start < len(a); start += 2 * half {
			low, high := a[start:start+half], a[start+half:start+2*half]
			for i, x := range low {
				root := t.roots[i*stride]
				y := high[i] * complex(real(root), -imag(root))
				low[i], high[i] = x+y, x-y
			}
		}
	}
	scale := complex(1/float64(len(a)), 0)
	for i := range a {
		a[i] *= scale
	}
}

// transformError bounds the error of a transform in the L2 norm, relative to the
// norm of the exact result (Higham 2002, Theorem 24.2, for roots that are wrong by 6 ulp:
// their arguments are as large as pi).
func transformError(length int) float64 { return 16 * ulp * math.Log2(float64(length)) }

// power is z^n. Results too small to matter become 0, because arithmetic on subnormal
// numbers is slow.
func power(z complex128, n int) complex128 {
	const underflow = 1e-140
	result := complex(1, 0)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			result *= z
		}
		if z *= z; math.Abs(real(z))+math.Abs(imag(z)) < underflow {
			if n > 1 {
				return 0
			}
			break
		}
	}
	return result
}
