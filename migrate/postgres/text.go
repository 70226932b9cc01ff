package postgres

import (
	"slices"
	"strings"
)

// token is a piece of a statement that matters for finding one's way in it. A bare word is in lower case.
type token struct {
	text  string
	kind  byte // 'w' a bare word, 'q' a quoted name, 's' a string, '.' anything else, one character
	from  int
	to    int
	depth int // of parentheses
}

// tokens cuts a statement that the grammar has accepted. Of other text it makes something, and never fails.
func tokens(sql string) []token {
	var out []token
	depth := 0
	for i := 0; i < len(sql); {
		to, kind := step(sql, i)
		switch kind {
		case '(':
			depth++
		case ')':
			depth--
		}
		if kind != ' ' {
			t := token{text: sql[i:to], kind: kind, from: i, to: to, depth: depth}
			if kind == 'w' {
				t.text = strings.ToLower(t.text)
			}
			if kind == '(' || kind == ')' {
				t.kind = '.'
			}
			out = append(out, t)
		}
		i = to
	}
	return out
}

// step returns where the token at i ends and what it is; ' ' is white space or a comment.
func step(sql string, i int) (to int, kind byte) {
	rest := sql[i:]
	c := rest[0]
	switch {
	case strings.IndexByte(" \t\n\r\f\v", c) >= 0:
		return i + 1, ' '
	case strings.HasPrefix(rest, "--"):
		return i + untilAny(rest, "\n\r"), ' '
	case strings.HasPrefix(rest, "/*"):
		return i + comment(rest), ' '
	case c == '"':
		return i + quotedTo(rest, '"', false), 'q'
	case c == '\'':
		return i + quotedTo(rest, '\'', false), 's'
	case (c == 'e' || c == 'E') && strings.HasPrefix(rest[1:], "'"):
		return i + 1 + quotedTo(rest[1:], '\'', true), 's'
	case c == '$' && dollarTag(rest) != "":
		tag := dollarTag(rest)
		end := strings.Index(rest[len(tag):], tag)
		if end < 0 {
			return len(sql), 's'
		}
		return i + end + 2*len(tag), 's'
	case c == '(' || c == ')':
		return i + 1, c
	case wordByte(c):
		n := 1
		for n < len(rest) && (wordByte(rest[n]) || rest[n] == '$') {
			n++
		}
		return i + n, 'w'
	}
	return i + 1, '.'
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

func untilAny(s, chars string) int {
	if n := strings.IndexAny(s, chars); n >= 0 {
		return n
	}
	return len(s)
}

// comment is the length of a block comment, which may hold others.
func comment(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func quotedTo(s string, quote byte, escapes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// dollarTag is the delimiter that begins here ($$ or $name$), or "".
func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		if s[i] == '$' {
			return s[:i+1]
		}
		if !wordByte(s[i]) || i == 1 && s[i] >= '0' && s[i] <= '9' {
			return ""
		}
	}
	return ""
}

// tail is what follows the name that stands behind the first bare word w: of CREATE INDEX … ON name, CREATE TABLE name.
func tail(sql, w string) (string, bool) {
	all := tokens(sql)
	i := 0
	for i < len(all) && (all[i].kind != 'w' || all[i].text != w || all[i].depth != 0) {
		i++
	}
	for i++; i < len(all) && all[i].kind == 'w' && slices.Contains([]string{"if", "not", "exists", "only"}, all[i].text); i++ {
	}
	for i < len(all) && (all[i].kind == 'w' || all[i].kind == 'q') {
		if i+1 >= len(all) || all[i+1].text != "." {
			return sql[all[i].to:], true
		}
		i += 2
	}
	return "", false
}

// query is what a CREATE … AS asks, and the list of names before the AS, if that is all that stands there.
func query(text string) (names, ask string, ok bool) {
	all := tokens(text)
	for i, t := range all {
		if t.kind != 'w' || t.text != "as" || t.depth != 0 {
			continue
		}
		names = strings.TrimSpace(text[:t.from])
		plain := i == 0 || all[0].text == "(" && all[i-1].text == ")"
		end := len(text)
		if n := len(all); n > i+2 && all[n-1].text == "data" && all[n-1].kind == 'w' {
			cut := n - 2
			if all[cut].text == "no" {
				cut--
			}
			if all[cut].text == "with" {
				end = all[cut].from
			}
		}
		return names, text[t.to:end], plain && end > t.to
	}
	return "", "", false
}

// follows is the token behind bare words that follow each other.
func follows(sql string, words ...string) (token, bool) {
	all := tokens(sql)
	for i := range all {
		n := 0
		for n < len(words) && i+n < len(all) && all[i+n].kind == 'w' && all[i+n].text == words[n] {
			n++
		}
		if n == len(words) {
			if i+n < len(all) {
				return all[i+n], true
			}
			return token{}, true
		}
	}
	return token{}, false
}

// value is the text of a string or a name.
func (t token) value() string {
	switch {
	case t.kind == 'q':
		return strings.ReplaceAll(strings.Trim(t.text, `"`), `""`, `"`)
	case t.kind == 's' && strings.HasPrefix(t.text, "'"):
		return strings.ReplaceAll(strings.Trim(t.text, "'"), "''", "'")
	}
	return t.text
}
