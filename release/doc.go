// Package release is the pure core of teal: State + Observation + Limits -> Action. It knows slots, roles, order and
// deadlines as numbers; it refuses to know clocks, contexts, logs, I/O and every technology.
//
// # One turn
//
// The shell observes the world, calls [Step], stores the new state with its outcomes in one transaction, carries out the
// action, and looks again. An effect's success is never assumed: it is seen in a later turn, or it is repeated. So a crash
// at any point loses nothing but time, and a time-out is ignorance, not failure.
//
//	observe ─► Step(state, seen, limits) ─► store (state, outcomes) ─► act ─► observe …
//
// Step folds what was seen into the state (see.go: readiness with its hysteresis, clocks that count observed time only,
// blue's counters over restarts of HAProxy) and then reads a table of small named rules from the top (step.go). The first
// that has something to say wins; its name is in the action, the log line, the metric, the stories in testdata/release and
// teal status. What a person said is recorded first, so that an answer never waits for the world; then comes the safety of
// traffic, then of data, then progress.
//
// # One release
//
//	requested → queued → vetted → expanding → starting → checking → switching → baking → warm → retiring → finished → contract
//	              │         │         └───────────┴───────────┘                    │       │
//	     superseded,    rejected          abandoned                            rolled back ◄┘
//	     rejected
//
// State.Current is the release from queued to baking; State.Last is the one that is warm or retiring, while the next may
// already be vetted and expand. A contract that is owed belongs to the app, not to a release under way: it runs between
// releases, or before the next one's expand. Holds and waits are overlays that remember the step they stopped.
//
// # Generations and the floor
//
// Every forward release gets the next generation, and so does its plan; a rollback starts an old plan with its old
// generation. Before the first contract statement runs, State.Floor is raised to the generation of the release that owes
// it: no plan below the floor ever runs again, and the rollback class is forward-only from then on. The floor never falls.
//
// # Invariants
//
// Checked by internal/sim at every crash point and under seeds, and by the fault tests on real servers:
//
//   - I1 Traffic is only sent to a slot seen ready (unless a person forces it).
//   - I2 No version starts before its expand is clean.
//   - I3 No contract statement runs before the floor in the store says forward-only and every slot with a version below
//     it is stopped.
//   - I4 The live slot is never stopped.
//   - I5 A release takes effect once, however often it is delivered.
//   - I6 From any crash the same end is reached, or a hold with a reason.
//   - I7 The bake lasted: observed time only.
//   - I8 No switch by epoch e happens after one by e' > e; nothing is told to HAProxy that is not stored.
//   - I9 Every request has exactly one terminal outcome.
//   - I10 No request fails because of a switch (checked on a real HAProxy under load).
//   - I11 Other apps go on while one is stuck (checked in the shell: one goroutine per app, no shared lock).
//   - I12 No secret appears in a log, an answer or an event (checked at the edges).
package release
