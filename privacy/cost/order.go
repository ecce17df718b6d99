package cost

import (
	"errors"
	"math/big"
)

// How many orders of Renyi divergence a [Curve] has, and the largest of them.
const (
	orderCount   = 48
	largestOrder = 512
)

// ErrNoOrder says that the loss has no bound at any order, so that no epsilon is known for
// any delta.
var ErrNoOrder = errors.New("no order of Renyi divergence bounds what was spent")

// Orders lists the orders of Renyi divergence of a [Curve]: all integers to 20, then in
// steps of 2, 4 and 8, then some up to 512. Compared with all integer orders, epsilon is at
// most 1/1000 larger if it is above 1/2, and at most 1/5 larger below 1/10.
func Orders() [orderCount]int {
	return [orderCount]int{
		2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
		22, 24, 26, 28, 30, 32, 34, 36, 38, 40,
		44, 48, 52, 56, 60, 64,
		72, 80, 88, 96, 104, 112, 120, 128,
		160, 192, 256, 384, largestOrder,
	}
}

// Curve is the Renyi divergence of what was released, at the orders of [Orders]. It is
// [NoBound] at an order whose divergence is too large to count.
type Curve [orderCount]Nano

// NoBound is the divergence at an order without a bound. It stays so whatever is added.
const NoBound Nano = maxAmount

// plus adds two curves.
func (c Curve) plus(other Curve) Curve {
	for i := range c {
		c[i] = min(c[i]+other[i], NoBound) // both are at most 2^62
	}
	return c
}

// times multiplies the curve by n.
func (c Curve) times(n uint64) Curve {
	for i := range c {
		c[i] = saturated(c[i], n)
	}
	return c
}

// lower is the smaller of two bounds, order by order.
func (c Curve) lower(other Curve) Curve {
	for i := range c {
		c[i] = min(c[i], other[i])
	}
	return c
}

// Zero reports whether nothing was released.
func (c Curve) Zero() bool { return c == Curve{} }

// conversion has, for each order alpha, what to add to a Renyi divergence to get the epsilon
// for a delta, in units of 1e-9 and rounded up:
//
//	ln((alpha-1)/alpha) + (ln(1/delta) - ln alpha) / (alpha-1)
//
// (Canonne, Kamath, Steinke: The discrete Gaussian for differential privacy, NeurIPS
// 2020, proposition 12).
type conversion [orderCount]int64

// convert makes the conversion for a delta above 0 and below 1.
func convert(delta Delta) (c conversion) {
	const (
		nanosOfFemto = 1_000_000
		terms        = 20
	)
	odds := ln(quotient(new(big.Rat).SetFrac(integer(uint64(OneDelta)), integer(uint64(delta))), up), terms)
	logarithm := int64(roundUp(odds, 1_000_000_000_000_000, 1)) // at most 42 * 10^15
	constants := orderConstants()
	for i, order := range Orders() {
		c[i] = ceilDiv(logarithm+constants[i], int64(order-1)*nanosOfFemto)
	}
	return c
}

// ceilDiv is n/d, rounded up, for d > 0.
func ceilDiv(n, d int64) int64 {
	q := n / d
	if n%d > 0 {
		q++
	}
	return q
}

// orderConstants are (alpha-1) ln(alpha-1) - alpha ln alpha for each order, in units of
// 10^-15, rounded up.
func orderConstants() [orderCount]int64 {
	return [orderCount]int64{
		-1_386_294_361_119_890, -1_909_542_504_884_438, -2_249_340_578_475_233, -2_502_012_117_690_939,
		-2_703_367_253_197_828, -2_870_814_228_018_863, -3_014_161_290_051_494, -3_139_488_862_587_287,
		-3_250_829_733_914_482, -3_350_997_070_841_619, -3_442_031_796_673_927, -3_525_461_849_543_973,
		-3_602_460_967_613_643, -3_673_950_401_919_530, -3_740_666_539_303_348, -3_803_207_293_119_173,
		-3_862_064_793_175_291, -3_917_648_962_031_404, -3_970_304_866_917_451, -4_067_962_781_691_065,
		-4_156_924_961_980_251, -4_238_614_366_853_514, -4_314_130_902_788_824, -4_384_342_380_256_914,
		-4_449_945_550_551_715, -4_511_508_308_555_639, -4_569_499_632_290_481, -4_624_311_301_766_354,
		-4_676_273_965_501_241, -4_772_738_917_580_306, -4_860_711_243_206_011, -4_941_566_097_293_608,
		-5_016_369_493_382_456, -5_085_964_542_888_593, -5_151_029_572_352_439, -5_269_689_299_222_587,
		-5_375_750_429_015_830, -5_471_633_351_133_386, -5_559_121_678_860_899, -5_639_567_723_050_272,
		-5_714_021_239_381_499, -5_783_313_453_573_522, -5_848_113_801_469_905, -6_072_042_284_395_494,
		-6_254_886_672_427_751, -6_543_221_771_369_326, -6_949_339_337_499_699, -7_237_347_426_135_019,
	}
}
