package migrate

import (
	"bytes"
	"slices"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate/statement"
)

// Layout says what is wrong with a folder as a whole and against a ledger: names, numbers, tracks, their order, files that
// hold nothing, and indexes that nobody could find again. It is what NewPlan says, less what the statements of single files
// make wrong, for a gate that reads those itself: only the few files are parsed here whose statements matter to the order.
func Layout(folder events.Folder, ledger []Row, options Options) (problems, warnings []Problem) {
	p, rows, found, warned := arrange(folder, ledger, options)
	own := p.readFew()
	p.order(options, rows, found)
	*found = append(*found, slices.DeleteFunc(own, func(p Problem) bool { return p.Code != Empty && p.Code != UnnamedIndex })...)
	return found.sorted(), warned.sorted()
}

// readFew parses the pending files that order compares, and those that may be empty or build an index concurrently. It
// returns what is wrong with them.
func (p *Plan) readFew() []Problem {
	var own, unused problems
	lowest := ^uint64(0)
	for i := range p.Contract {
		if f := &p.Contract[i]; !f.Done() {
			inspect(f, &own, &unused)
			lowest = min(lowest, f.Number)
		}
	}
	for i := range p.Expand {
		if f := &p.Expand[i]; !f.Done() && (f.Number > lowest || blank(f.Body) || statement.Mentions(f.Body, "concurrently")) {
			inspect(f, &own, &unused)
		}
	}
	return own
}

// blank says that a body may hold no statement: it has no line that begins with a word outside of a comment.
func blank(body []byte) bool {
	if bytes.Contains(body, []byte("/*")) {
		return true
	}
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0]|0x20 >= 'a' && line[0]|0x20 <= 'z' {
			return false
		}
	}
	return true
}
