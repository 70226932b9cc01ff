// Command shop is the demo application as a program of its own: what the acceptance tests release. It ends with the test
// that it serves, because teal's processes outlive teal on purpose.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"teal.dev/teal/testdata/demoapp"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	if witness := os.Getenv("SHOP_WITNESS"); witness != "" {
		go watch(witness, cancel)
	}
	err := demoapp.Run(ctx, os.Getenv)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// watch ends the shop when the file that its test keeps is gone.
func watch(witness string, end func()) {
	for range time.Tick(500 * time.Millisecond) {
		if _, err := os.Stat(witness); err != nil {
			end()
			return
		}
	}
}
