package main

import (
	"errors"
	"strconv"
)

// migrationNumber is a flag for the number of a migration, as its file has it: zeros in front do not matter.
type migrationNumber uint64

// String is the number; 0 for none.
func (n *migrationNumber) String() string { return strconv.FormatUint(uint64(*n), 10) }

// Type is what the help shows for the value.
func (n *migrationNumber) Type() string { return "number" }

// Set reads it.
func (n *migrationNumber) Set(text string) error {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("write the number of the last migration that is applied, such as 41 for 0041_note.up.sql")
	}
	*n = migrationNumber(v)
	return nil
}
