package statement

import (
	"errors"
	"fmt"
	"strings"
)

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWordStart follows PostgreSQL's ident_start: letters, underscore and every byte above ASCII.
func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func isWordPart(c byte) bool { return isWordStart(c) || isDigit(c) || c == '$' }

// word consumes an identifier or key word and returns it in lower case.
func (s *scanner) word() string {
	from := s.pos
	for s.pos < len(s.src) && isWordPart(s.src[s.pos]) {
		s.pos++
	}
	return strings.ToLower(s.src[from:s.pos])
}

// number consumes digits and the letters glued to them, so that the e of 1e5 is never taken for the prefix of a string.
func (s *scanner) number() {
	for s.pos < len(s.src) && (isDigit(s.src[s.pos]) || isWordStart(s.src[s.pos]) && s.src[s.pos] < 0x80) {
		s.pos++
	}
}

func (s *scanner) lineComment() error {
	for s.pos < len(s.src) && s.src[s.pos] != '\n' && s.src[s.pos] != '\r' {
		s.pos++
	}
	return nil
}

func (s *scanner) blockComment() error {
	depth := 0
	for s.pos < len(s.src) {
		switch {
		case s.src[s.pos] == '/' && s.peek(1) == '*':
			depth++
			s.pos += 2
		case s.src[s.pos] == '*' && s.peek(1) == '/':
			depth--
			s.pos += 2
			if depth == 0 {
				return nil
			}
		default:
			s.pos++
		}
	}
	return errors.New("this comment is never closed; add */")
}

// quoted consumes a string or a quoted name; with escapes, a backslash hides the character behind it. A string that goes
// on after a line break (SQL's continuation) is read in the same mode, because E'a'⏎'b\'c' is one E string.
func (s *scanner) quoted(quote byte, escapes bool, what string) error {
	s.pos++
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == '\\' && escapes:
			s.pos += 2
		case c == quote && s.peek(1) == quote:
			s.pos += 2
		case c == quote:
			s.pos++
			if !escapes || !s.continued() {
				return nil
			}
		default:
			s.pos++
		}
	}
	s.pos = min(s.pos, len(s.src))
	return fmt.Errorf("this %s is never closed; add %c", what, quote)
}

// continued skips to behind the next opening quote and says true when the string goes on there.
func (s *scanner) continued() bool {
	newline := false
	i := s.pos
	for i < len(s.src) {
		switch c := s.src[i]; {
		case c == '\n' || c == '\r':
			newline = true
			i++
		case isSpace(c):
			i++
		case strings.HasPrefix(s.src[i:], "--"):
			for i < len(s.src) && s.src[i] != '\n' && s.src[i] != '\r' {
				i++
			}
		case c == '\'' && newline:
			s.pos = i + 1
			return true
		default:
			return false
		}
	}
	return false
}

// tag returns the dollar quote's delimiter that begins here ($$ or $name$), or "".
func (s *scanner) tag() string {
	for i := s.pos + 1; i < len(s.src); i++ {
		c := s.src[i]
		if c == '$' {
			return s.src[s.pos : i+1]
		}
		if !isWordStart(c) && !(isDigit(c) && i > s.pos+1) {
			return ""
		}
	}
	return ""
}

func (s *scanner) dollar() error {
	tag := s.tag()
	end := strings.Index(s.src[s.pos+len(tag):], tag)
	if end < 0 {
		return fmt.Errorf("this %s quote is never closed; add %s", tag, tag)
	}
	s.pos += end + 2*len(tag)
	return nil
}
