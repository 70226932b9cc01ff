package policies

import (
	"fmt"
	"runtime"

	"teal.dev/teal/migrate/statement"
)

// window is how many files may be parsed and not judged yet: enough to keep the cores busy, few enough to hold little.
const window = 64

// reading is a parsed file, or why it cannot be.
type reading struct {
	file statement.File
	err  error
}

// read parses a file. A panic is a defect, and must not end a daemon: what it is about counts as unreadable.
func read(f *File, dialect statement.Dialect) (r reading) {
	defer func() {
		if p := recover(); p != nil {
			r.err = fmt.Errorf("a defect of teal kept it from reading the file (%v); please report it with the file", p)
		}
	}()
	r.file, r.err = statement.Parse(f.Body, dialect)
	return r
}

// parseAhead parses files beside their judging, which needs them in order. The function it returns gives them one by one, in
// the order of order. Every one must be taken.
func parseAhead(files []File, order []int, dialect statement.Dialect) func() reading {
	out := make([]chan reading, len(order))
	for i := range out {
		out[i] = make(chan reading, 1)
	}
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(order)) {
		go func() {
			for i := range next {
				out[i] <- read(&files[order[i]], dialect)
			}
		}()
	}
	taken := make(chan struct{}, window)
	go func() {
		defer close(next)
		for i := range order {
			taken <- struct{}{}
			next <- i
		}
	}()
	at := 0
	return func() reading {
		r := <-out[at]
		out[at] = nil
		at++
		<-taken
		return r
	}
}
