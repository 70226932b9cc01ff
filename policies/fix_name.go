package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"unicode/utf8"

	"teal.dev/teal/migrate/statement"
)

// maxName is how many bytes of a name PostgreSQL keeps. It cuts the rest off, so that two long names may become one.
const maxName = 63

// short keeps a name within the limit, and two that are different apart.
func short(name string) string {
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "_" + hex.EncodeToString(sum[:4])
	cut := maxName - len(tail)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + tail
}

// free is a name in a schema that no relation, constraint, function or trigger has yet, as far as teal knows.
func (x *fixer) free(table statement.Name, base string) string {
	name := short(base)
	for i := 2; x.taken(table, name); i++ {
		name = short(base + strconv.Itoa(i))
	}
	x.given[name] = true
	return name
}

func (x *fixer) taken(table statement.Name, name string) bool {
	whole := fold(statement.Name{Schema: table.Schema, Name: name})
	if x.given[name] || x.world.relations[whole] != nil || x.world.known[whole] != nil || len(x.album.functions[whole]) > 0 || x.world.constraint(table, name) != nil {
		return true
	}
	for _, t := range x.album.table(table).triggers {
		if t.Name.Name == name {
			return true
		}
	}
	for _, p := range x.album.tables { // the index behind a key has its name
		for _, k := range p.constraints {
			if k.Name == name {
				return true
			}
		}
	}
	return false
}
