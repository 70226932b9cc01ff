package statement

import (
	"bytes"
	"fmt"
	"strings"
)

// Dialect is the SQL a file is written in.
type Dialect string

// The dialects. MySQL is not read yet: Parse says so.
const (
	Postgres Dialect = "postgres"
	MySQL    Dialect = "mysql"
)

// Directive is a comment between statements that speaks to teal: "-- teal:contract", "-- teal:require SELECT …".
type Directive struct {
	Name  string
	Value string
	Line  int
}

// The directives.
const (
	DirectiveContract = "contract" // the file is a contract migration; only on the first line
	DirectiveRequire  = "require"  // a query that must return true just before the file runs
)

// File is one migration file.
type File struct {
	Directives []Directive
	Statements []Statement
}

// MarkedContract says whether a file's first line declares it a contract migration, as the directive's own parser reads
// it. It is the one place that decides so: the gate and the runner must never see two tracks in one file.
func MarkedContract(src []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), []byte("\n"))
	text, comment := bytes.CutPrefix(line, []byte("--"))
	return comment && string(bytes.TrimSpace(text)) == "teal:"+DirectiveContract
}

// Requires are the queries that must return true just before the file runs.
func (f *File) Requires() []Directive {
	var out []Directive
	for _, d := range f.Directives {
		if d.Name == DirectiveRequire {
			out = append(out, d)
		}
	}
	return out
}

// Parse splits and models a file. A statement that the grammar does not know is not an error: its Kind is Unparsable. An
// error is a file that cannot be split, or a directive that we do not know: a misspelt one must not be passed over.
func Parse(src []byte, dialect Dialect) (File, error) {
	if dialect != Postgres {
		return File{}, fmt.Errorf("dialect %q is not supported yet; write %q", dialect, Postgres)
	}
	if bytes.HasPrefix(src, []byte("\xef\xbb\xbf")) {
		return File{}, &SplitError{Line: 1, Column: 1, Text: "the file begins with a byte order mark (BOM), which psql takes off and the server does not know; save it as UTF-8 without one"}
	}
	pieces, tail, err := split(src)
	if err != nil {
		return File{}, err
	}
	f := File{Statements: make([]Statement, 0, len(pieces))}
	for _, p := range pieces {
		if err := f.directives(p.Comments); err != nil {
			return File{}, err
		}
		f.Statements = append(f.Statements, model(p))
	}
	return f, f.directives(tail)
}

func (f *File) directives(comments []Comment) error {
	for _, c := range comments {
		text, ok := strings.CutPrefix(c.Text, "--")
		if !ok {
			continue
		}
		text, ok = strings.CutPrefix(strings.TrimSpace(text), "teal:")
		if !ok {
			continue
		}
		name, value, _ := strings.Cut(text, " ")
		d := Directive{Name: name, Value: strings.TrimSpace(value), Line: c.Line}
		if err := d.check(c.Column); err != nil {
			return err
		}
		f.Directives = append(f.Directives, d)
	}
	return nil
}

func (d Directive) check(column int) error {
	switch {
	case d.Name == DirectiveContract && (d.Line != 1 || column != 1):
		return fmt.Errorf("line %d: -- teal:contract counts only as the very first line; move it there", d.Line)
	case d.Name == DirectiveContract && d.Value != "":
		return fmt.Errorf("line %d: -- teal:contract stands alone on its line; move %q to another comment", d.Line, d.Value)
	case d.Name == DirectiveContract:
		return nil
	case d.Name == DirectiveRequire && d.Value == "":
		return fmt.Errorf("line %d: -- teal:require needs a query that returns true, on the same line", d.Line)
	case d.Name == DirectiveRequire:
		return d.question()
	}
	return fmt.Errorf("line %d: unknown directive teal:%s; known are teal:contract and teal:require", d.Line, d.Name)
}
