package main

import (
	"errors"
	"strconv"

	"github.com/spf13/cobra"
)

// number is a flag for a whole number as people and files write it: zeros in front do not matter, where pflag would read them
// as octal.
type number struct {
	into  *uint64
	hint  string // what to write instead of what is no number
	given bool
}

// numberFlag adds a flag for a whole number.
func numberFlag(cmd *cobra.Command, into *uint64, name, usage, hint string) *number {
	n := &number{into: into, hint: hint}
	cmd.Flags().Var(n, name, usage)
	return n
}

// String is the number; 0 for none.
func (n *number) String() string {
	if n.into == nil {
		return "0"
	}
	return strconv.FormatUint(*n.into, 10)
}

// Type is what the help shows for the value.
func (n *number) Type() string { return "number" }

// Set reads it.
func (n *number) Set(text string) error {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New(n.hint)
	}
	*n.into, n.given = v, true
	return nil
}
