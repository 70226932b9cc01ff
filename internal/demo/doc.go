// Package demo plays a whole story of releases with real servers: it knows how to start the town, what to ask of teal and
// what must be seen then. It refuses to reach into teal: it uses what everybody has, the executable, the API and NATS.
package demo
