package demo

import (
	"context"
	"fmt"
	"time"
)

const look = 40 * time.Millisecond // pause between two looks

// wait looks until what it waits for is there; seen is what it saw last, for the error.
func wait(ctx context.Context, limit time.Duration, what string, there func() (ok bool, seen string)) error {
	deadline := time.Now().Add(limit)
	for {
		ok, seen := there()
		if ok {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %s for %s; last seen: %s", limit, what, seen)
		}
		if !pause(ctx, look) {
			return context.Cause(ctx)
		}
	}
}
