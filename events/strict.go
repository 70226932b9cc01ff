package events

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// scanner walks a document once, before anything is decoded, for what a decoder into structs lets pass: siblings that
// differ only by case, depth, length, nulls, bytes after the document.
type scanner struct {
	dec   *jsontext.Decoder
	long  func(pointer string) bool // is this a place for long strings, and for many members?
	nulls int                       // from this depth on null is refused
	names []map[string]string       // per open object: folded name -> name
}

// scan reports the first thing about data that strict JSON forbids.
func scan(data []byte, nulls int, long func(pointer string) bool) *Rejection {
	s := scanner{dec: jsontext.NewDecoder(bytes.NewReader(data)), long: long, nulls: nulls}
	first := true
	for {
		tok, err := s.dec.ReadToken()
		if errors.Is(err, io.EOF) && !first && s.dec.StackDepth() == 0 {
			return nil
		}
		if err != nil {
			return syntax(err)
		}
		if !first && s.dec.StackDepth() == 0 && tok.Kind() != '}' {
			return reject(Schema, "", "bytes follow the JSON document; send one document per message and nothing after it")
		}
		if first && tok.Kind() != '{' {
			return reject(Schema, "", "the message is not a JSON object; send a CloudEvent or a DSSE envelope (teal release writes both)")
		}
		first = false
		if r := s.token(tok); r != nil {
			return r
		}
	}
}

func (s *scanner) token(tok jsontext.Token) *Rejection {
	depth := s.dec.StackDepth()
	switch tok.Kind() {
	case '{', '[':
		s.names = append(s.names, map[string]string{})
		if depth > MaxDepth {
			return reject(Schema, s.at(), "the document is nested deeper than %d levels; flatten it", MaxDepth)
		}
	case '}', ']':
		s.names = s.names[:len(s.names)-1]
	case 'n':
		if depth >= s.nulls {
			return reject(Schema, s.at(), "%s is null; leave the member out instead", s.at())
		}
	}
	if depth == 0 {
		return nil
	}
	kind, count := s.dec.StackIndex(depth)
	members := count
	if kind == '{' {
		members = (count + 1) / 2
	}
	if members > MaxMembers {
		if parent := string(jsontext.Pointer(s.at()).Parent()); !s.long(parent + "/") {
			return reject(Schema, parent, "%s has more than %d members; send fewer", place(parent), MaxMembers)
		}
	}
	if tok.Kind() != '"' {
		return nil
	}
	return s.text(tok.String(), kind == '{' && count%2 == 1)
}

func (s *scanner) text(text string, name bool) *Rejection {
	if len(text) > MaxString && (name || !s.long(s.at())) {
		return reject(Schema, s.at(), "%s is longer than %d bytes; shorten it", place(s.at()), MaxString)
	}
	if !name {
		return nil
	}
	folded := strings.ToLower(strings.ToUpper(text))
	open := s.names[len(s.names)-1]
	if other, ok := open[folded]; ok {
		return reject(Schema, s.at(), "the members %q and %q stand in one object and differ only by case; keep one", other, text)
	}
	open[folded] = text
	return nil
}

func (s *scanner) at() string { return string(s.dec.StackPointer()) }

func place(pointer string) string {
	if pointer == "" {
		return "the document"
	}
	return clip(pointer)
}

func clip(text string) string {
	if len(text) <= 200 {
		return text
	}
	return strings.ToValidUTF8(text[:200], "") + "…"
}

// syntax turns an error of the JSON reader into a rejection.
func syntax(err error) *Rejection {
	var syn *jsontext.SyntacticError
	switch {
	case errors.As(err, &syn):
		what := clip(strings.TrimPrefix(syn.Err.Error(), "jsontext: "))
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return reject(Schema, string(syn.JSONPointer), "the member %s stands twice in its object; keep one", place(string(syn.JSONPointer)))
		}
		return reject(Schema, string(syn.JSONPointer), "not valid JSON at byte %d (%s): %s; send UTF-8 JSON, one document per message",
			syn.ByteOffset, place(string(syn.JSONPointer)), what)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return reject(Schema, "", "the message ends in the middle of its JSON document, or is empty; send a whole one")
	}
	return reject(Schema, "", "not readable as JSON: %s; send UTF-8 JSON, one document per message", clip(err.Error()))
}

// decode fills v from data, with pointers below prefix. Unknown members are errors.
func decode(data []byte, v any, prefix string) *Rejection {
	return explain(json.Unmarshal(data, v, json.RejectUnknownMembers(true)), prefix)
}

func explain(err error, prefix string) *Rejection {
	if err == nil {
		return nil
	}
	var sem *json.SemanticError
	if !errors.As(err, &sem) {
		return syntax(err)
	}
	at := prefix + string(sem.JSONPointer)
	if errors.Is(err, json.ErrUnknownName) {
		return reject(Schema, at, "%s is not a member that teal knows; correct its spelling or leave it out (teal schema release lists them)", place(at))
	}
	if want := wanted(sem); want != "" {
		return reject(Schema, at, "%s is not %s; correct it (teal schema release shows the form)", place(at), want)
	}
	return reject(Schema, at, "%s has the wrong type; correct it (teal schema release shows the form)", place(at))
}

func wanted(sem *json.SemanticError) string {
	if sem.GoType == nil {
		return ""
	}
	switch name := sem.GoType.String(); name {
	case "time.Time":
		return "a time such as 2026-11-23T10:00:00Z"
	case "string", "*string":
		return "a string"
	case "uint64":
		return "a whole number from 1 upwards"
	case "bool":
		return "true or false"
	}
	return ""
}
