package train

import "math"

// The natural logarithm of 2 as a sum of two numbers. Products of the first with
// integers up to 2^15 are exact in float32.
const (
	ln2High = 0.693359375
	ln2Low  = -2.12194440e-4
)

// exp is e^x within 2 units in the last place, and 0 below the logarithm of the
// smallest normal number (S. Moshier, Cephes, expf). It uses only multiplications and
// additions, so all architectures agree.
func exp(x float32) float32 {
	switch {
	case x != x: // NaN
		return x
	case x < -87.33654:
		return 0
	case x > 88.72283:
		return float32(math.Inf(1))
	}
	n := nearest(float32(x * math.Log2E))
	x -= float32(float32(n) * ln2High)
	x -= float32(float32(n) * ln2Low)
	p := float32(1.9875691500e-4)
	p = float32(p*x) + 1.3981999507e-3
	p = float32(p*x) + 8.3334519073e-3
	p = float32(p*x) + 4.1665795894e-2
	p = float32(p*x) + 1.6666665459e-1
	p = float32(p*x) + 5.0000001201e-1
	p = float32(p*float32(x*x)) + x
	p += 1
	half := n / 2 // two factors, because 2^128 is not a float32
	return float32(float32(p*power2(half)) * power2(n-half))
}

// log is the natural logarithm of a normal number x > 0, within 2 units in the
// last place (S. Moshier, Cephes, logf). It returns NaN and +Inf unchanged.
func log(x float32) float32 {
	if x != x || x > math.MaxFloat32 {
		return x
	}
	bits := math.Float32bits(x)
	e := int32(bits>>23) - 126
	x = math.Float32frombits(bits&(1<<23-1) | 126<<23) // 0.5 <= x < 1
	if x < math.Sqrt2/2 {
		e--
		x += x
	}
	x--
	z := float32(x * x)
	p := float32(7.0376836292e-2)
	p = float32(p*x) - 1.1514610310e-1
	p = float32(p*x) + 1.1676998740e-1
	p = float32(p*x) - 1.2420140846e-1
	p = float32(p*x) + 1.4249322787e-1
	p = float32(p*x) - 1.6668057665e-1
	p = float32(p*x) + 2.0000714765e-1
	p = float32(p*x) - 2.4999993993e-1
	p = float32(p*x) + 3.3333331174e-1
	y := float32(float32(p*x) * z)
	y += float32(float32(e) * ln2Low)
	y -= float32(0.5 * z)
	return float32(float32(e)*ln2High) + float32(x+y)
}

// nearest is the integer nearest to x, which must fit.
func nearest(x float32) int32 {
	if x < 0 {
		return int32(x - 0.5)
	}
	return int32(x + 0.5)
}

// power2 is 2^n for -126 <= n <= 127.
func power2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }
