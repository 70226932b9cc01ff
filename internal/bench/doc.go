// Package bench measures the daemon as a process: how soon a published event is accepted, how soon a killed daemon has
// resumed, and what an idle one costs. It knows figures; it refuses to judge them: timing belongs here and in no test.
package bench
