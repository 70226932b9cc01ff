package daemon_test

import "time"

// elapse lets time pass in a synctest bubble. Nobody waits: the clock is the bubble's, it begins in the year 2000, and it
// moves when everything in the bubble has come to rest. Outside a bubble it panics, so that it can never be a real sleep.
func elapse(d time.Duration) {
	if time.Now().Year() > 2020 {
		panic("elapse outside a synctest bubble: wait for a condition instead")
	}
	time.Sleep(d) // of the bubble's clock only: see above
}
