// Command bare parses the files that it is given, statement by statement, and does nothing with them: what teal check costs
// is measured against it.
package main

import (
	"fmt"
	"os"

	"github.com/multigres/multigres/go/common/parser"
)

func main() {
	statements := 0
	for _, name := range os.Args[1:] {
		body, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		list, err := parser.ParseSQL(string(body))
		if err != nil {
			fmt.Fprintln(os.Stderr, name, err)
		}
		statements += len(list)
	}
	fmt.Println(statements)
}
