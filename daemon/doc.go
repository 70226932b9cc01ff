// Package daemon is teal's shell: it observes, asks the core, records what the core said and then acts; it refuses to
// know why an action is right, and which HAProxy, database, launcher or store is behind its ports.
//
// One goroutine owns the state of one app and goes round in turns:
//
//	take at most one command → observe every port at once, bounded → Step → Save → act → look again
//
// An effect returns nothing but an error; that it worked is seen on the next turn. Nothing is done before its record is
// stored. There is no mutex across I/O, and no app ever waits for another.
package daemon
