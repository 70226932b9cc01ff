package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"teal.dev/teal/internal/near"
)

// scalar is a value written as one word; its error completes the sentence that begins with the key.
type scalar interface{ set(text string) error }

// union is a value with more than one layout.
type union interface {
	setNode(d *decoder, n *yaml.Node, path string)
}

// defaulter fills in what a file need not say, before its keys are read.
type defaulter interface{ defaults() }

type position struct{ line, column int }

// decoder turns one file into a struct. It goes on after a problem, so that a person sees all of them at once.
type decoder struct {
	file     string
	problems Problems
	warnings Problems
	at       map[string]position // by path, as in "slots.a.address"
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, at: map[string]position{}}
}

// decode reads the one document of a file into the struct that v points to; false = there is nothing to look at further.
func (d *decoder) decode(data []byte, v any) bool {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		d.syntax(err)
		return false
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err != nil && !errors.Is(err, io.EOF) {
		d.syntax(err)
		return false
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		d.problems = append(d.problems, Problem{File: d.file, Unreadable: true, Text: "the file is empty: it needs at least `version: 1` (or it is only half written)"})
		return false
	}
	if err := loader.Load(&more); !errors.Is(err, io.EOF) {
		d.problems = append(d.problems, Problem{File: d.file, Line: max(more.Line, 1), Column: max(more.Column, 1),
			Text: "a second document (or a broken one) follows after `---`: one file holds one document"})
	}
	if root, ok := v.(defaulter); ok {
		root.defaults()
	}
	d.value(doc.Content[0], reflect.ValueOf(v).Elem(), "")
	return doc.Content[0].Kind == yaml.MappingNode
}

func (d *decoder) syntax(err error) {
	p := Problem{File: d.file, Unreadable: true, Text: "not YAML: " + err.Error()}
	var at *yaml.LoadError
	if errors.As(err, &at) {
		p.Line, p.Column, p.Text = at.Mark.Line, at.Mark.Column, "not YAML: "+at.Message
	}
	d.problems = append(d.problems, p)
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: n.Line, Column: n.Column, Text: fmt.Sprintf(format, args...)})
}

// failAt reports at a path; where the path is not in the file, at what it would stand in.
func (d *decoder) failAt(path, format string, args ...any) {
	d.problems = append(d.problems, d.problemAt(path, format, args...))
}

func (d *decoder) warnAt(path, format string, args ...any) {
	d.warnings = append(d.warnings, d.problemAt(path, format, args...))
}

func (d *decoder) problemAt(path, format string, args ...any) Problem {
	for {
		if at, ok := d.at[path]; ok || path == "" {
			return Problem{File: d.file, Line: at.line, Column: at.column, Text: fmt.Sprintf(format, args...)}
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func name(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

// kindOf says what stands in a node, in a person's words.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return "a word"
}

func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias // the schema is finite, so an anchor inside itself ends at a wrong type
	}
	d.at[path] = position{n.Line, n.Column}
	switch own := v.Addr().Interface().(type) {
	case union:
		own.setNode(d, n, path)
		return
	case scalar:
		if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
			d.fail(n, "%s must be one value, not %s", name(path), kindOf(n))
		} else if err := own.set(n.Value); err != nil {
			d.fail(n, "%s %v", name(path), err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(v.Type().Elem())
		if own, ok := fresh.Interface().(defaulter); ok {
			own.defaults()
		}
		d.value(n, fresh.Elem(), path)
		v.Set(fresh)
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Map:
		d.dictionary(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	default:
		d.plain(n, v, path)
	}
}

func (d *decoder) plain(n *yaml.Node, v reflect.Value, path string) {
	tag := n.ShortTag()
	wrong := func(want string) { d.fail(n, "%s must be %s, not %s", name(path), want, kindOf(n)) }
	switch v.Kind() {
	case reflect.String:
		if n.Kind != yaml.ScalarNode || tag == "!!null" {
			wrong("text")
		} else if tag != "!!str" {
			d.fail(n, "%s must be text, not %s: put it in quotes", name(path), kindOf(n))
		} else {
			v.SetString(n.Value)
		}
	case reflect.Bool:
		if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" || tag != "!!bool" {
			wrong("true or false")
			return
		}
		v.SetBool(n.Value == "true")
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 10, 64)
		if n.Kind != yaml.ScalarNode || tag != "!!int" || err != nil || v.OverflowInt(i) {
			wrong("a whole number")
			return
		}
		v.SetInt(i)
	default:
		d.fail(n, "%s cannot be read: this is a defect of teal, please report it (%s)", name(path), v.Type())
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, "%s must be a list ([…]), not %s", name(path), kindOf(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.value(item, v.Index(i), fmt.Sprintf("%s.%d", path, i))
	}
}

// pairs walks over a mapping's keys: duplicates, merge keys and keys that are not words are problems, x-* is skipped.
func (d *decoder) pairs(n *yaml.Node, path string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping (key: value), not %s", name(path), kindOf(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch first, again := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode || key.Value == "":
			d.fail(key, "a key of %s is not a word", name(path))
		case key.Value == "<<":
			d.fail(key, "merge keys (<<) are not supported: write the keys out")
		case again:
			d.fail(key, "%s stands twice, first in line %d: remove one", name(join(path, key.Value)), first)
		case strings.HasPrefix(key.Value, "x-"):
		default:
			seen[key.Value] = key.Line
			each(key, value)
		}
	}
}

func (d *decoder) dictionary(n *yaml.Node, v reflect.Value, path string) {
	v.Set(reflect.MakeMap(v.Type()))
	d.pairs(n, path, func(key, value *yaml.Node) {
		item := reflect.New(v.Type().Elem())
		if own, ok := item.Interface().(defaulter); ok {
			own.defaults()
		}
		d.value(value, item.Elem(), join(path, key.Value))
		v.SetMapIndex(reflect.ValueOf(key.Value), item.Elem())
	})
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	fields, known, missing := map[string]reflect.Value{}, []string{}, map[string]bool{}
	for i := range v.NumField() {
		key, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if key == "" {
			continue
		}
		fields[key] = v.Field(i)
		known = append(known, key)
		missing[key] = option == "required"
	}
	before := len(d.problems)
	d.pairs(n, path, func(key, value *yaml.Node) {
		field, ok := fields[key.Value]
		if !ok {
			d.fail(key, "unknown key %q: %s", join(path, key.Value), near.Hint(key.Value, known))
			return
		}
		missing[key.Value] = false
		d.value(value, field, join(path, key.Value))
	})
	if len(d.problems) > before && n.Kind != yaml.MappingNode {
		return
	}
	for _, key := range known {
		if missing[key] {
			d.fail(n, "%s is missing", join(path, key))
		}
	}
}

// oneOf checks a word that stands at path against the known ones.
func (d *decoder) oneOf(path, word string, known ...string) {
	if !slices.Contains(known, word) {
		d.failAt(path, "%s is %q: %s", path, word, near.Hint(word, known))
	}
}
