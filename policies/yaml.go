package policies

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// reader walks a YAML document strictly: every complaint names file and line, an unknown key is one, x-… keys are not.
type reader struct {
	file string
	err  error // the first complaint
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...))
	}
}

// document parses the bytes and returns the top mapping.
func (r *reader) document(data []byte) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		r.err = fmt.Errorf("%s: %w", r.file, err)
		return nil
	}
	if len(doc.Content) == 0 {
		r.err = fmt.Errorf("%s:1: the file is empty; write at least version: 1", r.file)
		return nil
	}
	return doc.Content[0]
}

// each calls visit for every key of a mapping; visit returns false for a key it does not know.
func (r *reader) each(n *yaml.Node, what string, visit func(key string, value *yaml.Node) bool) {
	n = resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		if n != nil {
			r.fail(n, "%s must be a mapping of keys to values", what)
		}
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content) && r.err == nil; i += 2 {
		key := n.Content[i]
		switch {
		case seen[key.Value]:
			r.fail(key, "%s says %q twice; keep one", what, key.Value)
		case strings.HasPrefix(key.Value, "x-"):
		case !visit(key.Value, resolve(n.Content[i+1])):
			r.fail(key, "unknown key %q in %s; write x-%s if it is yours", key.Value, what, key.Value)
		}
		seen[key.Value] = true
	}
}

// list calls visit for every item of a sequence.
func (r *reader) list(n *yaml.Node, what string, visit func(*yaml.Node)) {
	n = resolve(n)
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "%s must be a list", what)
		return
	}
	for _, item := range n.Content {
		visit(resolve(item))
	}
}

func (r *reader) strings(n *yaml.Node, what string) []string {
	out := []string{}
	r.list(n, what, func(item *yaml.Node) { out = append(out, r.text(item, what)) })
	return out
}

func (r *reader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fail(n, "%s must be a text", what)
		return ""
	}
	return n.Value
}

func (r *reader) number(n *yaml.Node, what string) int64 {
	v, err := strconv.ParseInt(strings.ReplaceAll(r.text(n, what), "_", ""), 10, 64)
	if err != nil || v < 0 {
		r.fail(n, "%s must be a whole number, not %q", what, n.Value)
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

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
