package migrate

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"teal.dev/teal/migrate/statement"
)

// inspect reads a file's SQL and reports what can never run as it stands. Whether it is wise to run it is not asked here.
func inspect(f *File, found, warned *problems) {
	f.Unknown = true
	if !utf8.Valid(f.Body) || slices.Contains(f.Body, 0) {
		found.add(NotUTF8, f.Name, 0, "the file is not UTF-8 text; save it as UTF-8")
		return
	}
	parsed, err := statement.Parse(f.Body, statement.Postgres)
	if err != nil {
		f.reject(err, found)
		return
	}
	f.Statements, f.Requires, f.Unknown = parsed.Statements, parsed.Requires(), false
	if len(f.Statements) == 0 {
		found.add(Empty, f.Name, 0, "the file holds no statement; write one, or remove the file")
		return
	}
	for i := range f.Statements {
		f.check(&f.Statements[i], found, warned)
	}
	f.mixed(found)
}

// reject reports why a file could not be split.
func (f *File) reject(err error, found *problems) {
	var split *statement.SplitError
	if errors.As(err, &split) {
		found.add(Unparsable, f.Name, split.Line, "%s", split.Text)
		return
	}
	found.add(BadAnnotation, f.Name, 0, "%v", err)
}

func (f *File) check(s *statement.Statement, found, warned *problems) {
	if s.Kind == statement.Unparsable {
		warned.add(Unparsable, f.Name, s.Line, "%s; it counts as touching everything, and the policy decides", s.Message)
	}
	if s.TransactionControl() {
		found.add(Control, f.Name, s.Line, "%s: teal runs each file in one transaction of its own; remove this statement, and cut the file where a commit is needed", firstWords(s.SQL))
	}
	if s.Transactional() {
		return
	}
	if len(f.Statements) > 1 {
		found.add(NotAlone, f.Name, s.Line, "%s cannot run in a transaction; put it alone into a file of its own", firstWords(s.SQL))
	}
	if s.Kind == statement.CreateIndex && s.Name.Name == "" {
		found.add(UnnamedIndex, f.Name, s.Line, "an index that is built CONCURRENTLY needs a name, so that a broken build can be found again; name it")
	}
}

// mixed reports a data statement that would hold a table lock of another statement for as long as it writes.
func (f *File) mixed(found *problems) {
	var created []statement.Name
	var locking, writing *statement.Statement
	for i := range f.Statements {
		s := &f.Statements[i]
		if s.IsData() && writing == nil {
			writing = s
		}
		if locks(s, created) && locking == nil {
			locking = s
		}
		if s.Kind == statement.CreateTable || s.Kind == statement.CreateTableAs {
			created = append(created, s.Name)
		}
	}
	if locking != nil && writing != nil {
		found.add(MixedData, f.Name, writing.Line, "%s would write rows under the table lock of line %d (%s); put it into a file of its own", firstWords(writing.SQL), locking.Line, firstWords(locking.SQL))
	}
}

// locks says whether a statement locks a table that the file has not created itself.
func locks(s *statement.Statement, created []statement.Name) bool {
	if !s.TakesTableLock() {
		return false
	}
	if s.Opaque() {
		return true
	}
	return slices.ContainsFunc(s.Relations(), func(n statement.Name) bool {
		own := s.Kind == statement.CreateTable && n == s.Name
		return !own && !slices.ContainsFunc(created, func(c statement.Name) bool { return c.MayBe(n) })
	})
}

// firstWords is the head of a statement, for messages.
func firstWords(sql string) string {
	words := strings.Fields(sql)
	return strings.Join(words[:min(len(words), 6)], " ")
}
