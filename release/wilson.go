package release

import "math"

// wilsonZ is the two-sided 95 % quantile of the normal distribution.
const wilsonZ = 1.96

// Wilson is the lower bound of the 95 % Wilson score interval of errors/requests: what the true share of errors is at
// least, however few requests there were. Zero requests give 0.
func Wilson(errors, requests uint64) float64 {
	if requests == 0 {
		return 0
	}
	n := float64(requests)
	p := math.Min(float64(errors)/n, 1)
	z2 := wilsonZ * wilsonZ
	centre := p + z2/(2*n)
	spread := wilsonZ * math.Sqrt((p*(1-p)+z2/(4*n))/n)
	return math.Max(0, (centre-spread)/(1+z2/n))
}
