package statement

import (
	"fmt"
	"unicode/utf8"
)

// Comment is one comment between two statements, with its delimiters.
type Comment struct {
	Text   string
	Line   int // of its first character, from 1
	Column int // in characters, from 1
}

// Piece is one statement's text, without its semicolon. For every file Before+Text+After of all pieces in order is the file.
type Piece struct {
	Text     string
	Offset   int       // of Text in the file, in bytes
	Line     int       // of the first character of Text, from 1
	Column   int       // in characters, from 1
	Before   string    // the gap before Text: white space, comments, semicolons
	After    string    // the gap behind Text; only the last piece of a file has one
	Comments []Comment // those of Before
}

// SplitError says where in a file the splitting failed.
type SplitError struct {
	Line   int
	Column int
	Offset int
	Text   string
}

// Error names the place, the fault and, where there is one, the byte offset.
func (e *SplitError) Error() string {
	return fmt.Sprintf("line %d, column %d (byte %d): %s", e.Line, e.Column, e.Offset, e.Text)
}

// Split cuts a PostgreSQL file at its top-level semicolons: those outside strings, quoted names, dollar quotes, (nested)
// comments, parentheses and BEGIN ATOMIC … END. A file that ends inside one of those, that is not UTF-8, or that holds a
// NUL byte is an error. A file of only comments has no pieces.
func Split(src []byte) ([]Piece, error) {
	pieces, _, err := split(src)
	return pieces, err
}

// split is Split that also returns the comments behind the last piece.
func split(src []byte) ([]Piece, []Comment, error) {
	if err := checkText(src); err != nil {
		return nil, nil, err
	}
	s := &scanner{src: string(src), lines: position{line: 1, column: 1}}
	for s.pos < len(s.src) {
		if err := s.step(); err != nil {
			return nil, nil, err
		}
	}
	s.end()
	if n := len(s.pieces); n > 0 {
		s.pieces[n-1].After = s.src[s.gap:]
	}
	return s.pieces, s.comments, nil
}

func checkText(src []byte) error {
	line, column := 1, 1
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size <= 1 {
			return &SplitError{line, column, i, "the file is not UTF-8; save it as UTF-8"}
		}
		if r == 0 {
			return &SplitError{line, column, i, "the file holds a NUL byte; remove it"}
		}
		i += size
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return nil
}

// position turns byte offsets, asked for in rising order, into lines and columns without starting over.
type position struct {
	offset, line, column int
}

func (p *position) at(src string, offset int) (line, column int) {
	for _, r := range src[p.offset:offset] {
		p.column++
		if r == '\n' {
			p.line, p.column = p.line+1, 1
		}
	}
	p.offset = offset
	return p.line, p.column
}

// scanner walks a file once. Between statements start is -1.
type scanner struct {
	src      string
	pos      int
	gap      int // where the gap before the current piece began
	start    int // where the current piece began, plus 1; 0 outside a piece
	last     int // end of the last token of the current piece
	parens   int
	words    []string // the first words of the statement, to know CREATE FUNCTION
	begins   int      // open BEGIN ATOMIC and CASE of a function body
	began    bool     // the last word was BEGIN
	lines    position
	pieces   []Piece
	comments []Comment
}

// step consumes one token, one comment or one white-space character.
func (s *scanner) step() error {
	c := s.src[s.pos]
	switch {
	case isSpace(c):
		s.pos++
		return nil
	case c == '-' && s.peek(1) == '-':
		return s.comment(s.lineComment)
	case c == '/' && s.peek(1) == '*':
		return s.comment(s.blockComment)
	case c == ';' && s.parens == 0 && s.begins == 0:
		s.end()
		s.pos++
		return nil
	}
	return s.token(c)
}

func (s *scanner) token(c byte) error {
	from := s.pos
	s.begin()
	var err error
	word := ""
	switch {
	case c == '\'':
		err = s.quoted('\'', false, "string")
	case c == '"':
		err = s.quoted('"', false, "quoted name")
	case c == '$' && s.tag() != "":
		err = s.dollar()
	case isWordStart(c):
		word = s.word()
		if (word == "e") && s.peek(0) == '\'' {
			err = s.quoted('\'', true, "string")
			word = ""
		}
	case c == '(' || c == '[':
		s.parens++
		s.pos++
	case c == ')' || c == ']':
		if s.parens > 0 {
			s.parens--
		}
		s.pos++
	case isDigit(c):
		s.number()
	default:
		_, size := utf8.DecodeRuneInString(s.src[s.pos:])
		s.pos += size
	}
	if err != nil {
		return s.fail(from, err.Error())
	}
	s.body(word)
	s.last = s.pos
	return nil
}

// body follows the statement's words as far as needed to know a BEGIN ATOMIC body and its end.
func (s *scanner) body(word string) {
	wasBegin := s.began
	s.began = false
	if word == "" {
		return
	}
	if len(s.words) < 4 {
		s.words = append(s.words, word)
	}
	switch {
	case word == "begin" && s.routine() && s.parens == 0:
		s.began = true
	case word == "atomic" && wasBegin:
		s.begins++
	case word == "case" && s.begins > 0:
		s.begins++
	case word == "end" && s.begins > 0:
		s.begins--
	}
}

func (s *scanner) routine() bool {
	w := s.words
	if len(w) < 2 || w[0] != "create" {
		return false
	}
	if w[1] == "or" && len(w) == 4 {
		return w[3] == "function" || w[3] == "procedure"
	}
	return w[1] == "function" || w[1] == "procedure"
}

func (s *scanner) begin() {
	if s.start == 0 {
		s.start = s.pos + 1
	}
}

// end closes the current piece, if there is one, at the separator or the end of the file.
func (s *scanner) end() {
	if s.start == 0 {
		return
	}
	from := s.start - 1
	line, column := s.lines.at(s.src, from)
	s.pieces = append(s.pieces, Piece{Text: s.src[from:s.last], Offset: from, Line: line, Column: column,
		Before: s.src[s.gap:from], Comments: s.comments})
	s.gap, s.start, s.parens, s.begins, s.began = s.last, 0, 0, 0, false
	s.words, s.comments = nil, nil
}

// comment runs scan over one comment and keeps it when it stands between statements.
func (s *scanner) comment(scan func() error) error {
	from := s.pos
	if err := scan(); err != nil {
		return s.fail(from, err.Error())
	}
	if s.start == 0 {
		line, column := s.lines.at(s.src, from)
		s.comments = append(s.comments, Comment{Text: s.src[from:s.pos], Line: line, Column: column})
	}
	return nil
}

func (s *scanner) fail(offset int, text string) error {
	p := position{line: 1, column: 1}
	line, column := p.at(s.src, offset)
	return &SplitError{Line: line, Column: column, Offset: offset, Text: text}
}

func (s *scanner) peek(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}
