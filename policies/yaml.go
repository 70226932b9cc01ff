package policies

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"teal.dev/teal/internal/near"
)

// Problem is one thing wrong in one place of a file. Line 0 is the file as a whole.
type Problem struct {
	File string
	Line int
	Text string
}

// String is the problem as compilers print theirs.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Problems are all that is wrong with a file, in the order of its lines. It is the error of ParsePolicy and RunTests.
type Problems []Problem

// Error returns one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// enough complaints about one file: whoever wrote so many wants to begin with these, and an alias can repeat one without end.
const enough = 100

// reader walks a YAML document strictly: every complaint names file and line, an unknown key is one, x-… keys are not. It
// goes on after a complaint, so that one reading tells all; each node is complained about once, because what is wrong with
// it a second time follows from the first.
type reader struct {
	file     string
	problems Problems
	told     map[*yaml.Node]bool
	said     int
}

func newReader(file string) *reader { return &reader{file: file, told: map[*yaml.Node]bool{}} }

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.said++
	if r.told[n] || r.full() {
		return
	}
	r.told[n] = true
	r.problems = append(r.problems, Problem{r.file, n.Line, fmt.Sprintf(format, args...)})
}

func (r *reader) full() bool { return r.said > enough }

// err is everything that was complained about; nil if nothing was.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return r.problems
}

// document parses the bytes and returns the top mapping; nil where there is none, and then r.err says why.
func (r *reader) document(data []byte) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		r.problems = append(r.problems, Problem{File: r.file, Text: err.Error()})
		return nil
	}
	if len(doc.Content) == 0 {
		r.problems = append(r.problems, Problem{r.file, 1, "the file is empty; write at least version: 1"})
		return nil
	}
	return doc.Content[0]
}

// each calls visit for every key of a mapping; visit returns false for a key it does not know. Known are the keys that one
// may have meant, where there are many.
func (r *reader) each(n *yaml.Node, what string, visit func(key string, value *yaml.Node) bool, known ...string) {
	n = resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		if n != nil {
			r.fail(n, "%s must be a mapping of keys to values", what)
		}
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content) && !r.full(); i += 2 {
		key := n.Content[i]
		switch {
		case seen[key.Value]:
			r.fail(key, "%s says %q twice; keep one", what, key.Value)
		case strings.HasPrefix(key.Value, "x-"):
		case !visit(key.Value, resolve(n.Content[i+1])):
			r.unknown(key, what, known)
		}
		seen[key.Value] = true
	}
}

func (r *reader) unknown(key *yaml.Node, what string, known []string) {
	if word := near.Word(key.Value, known); word != "" {
		r.fail(key, "unknown key %q in %s: did you mean %q?", key.Value, what, word)
		return
	}
	r.fail(key, "unknown key %q in %s; write x-%s if it is yours", key.Value, what, key.Value)
}

// list calls visit for every item of a sequence.
func (r *reader) list(n *yaml.Node, what string, visit func(*yaml.Node)) {
	n = resolve(n)
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "%s must be a list", what)
		return
	}
	for _, item := range n.Content {
		if r.full() {
			return
		}
		visit(resolve(item))
	}
}

func (r *reader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fail(n, "%s must be a text", what)
		return ""
	}
	return n.Value
}

// filled is a text that may not be empty.
func (r *reader) filled(n *yaml.Node, what string) string {
	text := r.text(n, what)
	if text == "" {
		r.fail(n, "%s is empty", what)
	}
	return text
}

// rule is the name of a rule.
func (r *reader) rule(n *yaml.Node) string {
	name := r.text(n, "rule")
	if known := ids(); !slices.Contains(known, name) {
		if word := near.Word(name, known); word != "" {
			r.fail(n, "there is no rule %q: did you mean %q?", name, word)
		}
		r.fail(n, "there is no rule %q; teal explain lists them", name)
	}
	return name
}

// number is a whole number; -1 where it is none.
func (r *reader) number(n *yaml.Node, what string) int64 {
	v, err := strconv.ParseInt(strings.ReplaceAll(r.text(n, what), "_", ""), 10, 64)
	if err != nil || v < 0 {
		r.fail(n, "%s must be a whole number, not %q", what, n.Value)
		return -1
	}
	return v
}

// version checks that the document says version: 1.
func (r *reader) version(n *yaml.Node) bool {
	if r.text(n, "version") != "1" {
		r.fail(n, "version must be 1, not %q", n.Value)
	}
	return true
}

// need complains about keys that a mapping must have and has not.
func (r *reader) need(n *yaml.Node, what string, keys ...string) {
	n = resolve(n)
	var missing []string
	for _, key := range keys {
		if !hasKey(n, key) {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		r.fail(n, "%s needs %s and %s; missing: %s", what, strings.Join(keys[:len(keys)-1], ", "), keys[len(keys)-1], strings.Join(missing, ", "))
	}
}

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
