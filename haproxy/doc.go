// Package haproxy moves the traffic of an app through the runtime API of one or several HAProxy nodes and says where it is;
// it knows maps, versions and workers, and refuses to know why or when traffic moves.
package haproxy
