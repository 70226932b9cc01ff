package field

import (
	"fmt"
	"slices"
	"strings"
)

// Page is docs/field.md.
func Page(r Record, samples []Sample) (string, error) {
	list, err := subjects(r, samples)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	writeHead(&b, r, list)
	writeTable(&b, list)
	writeBetween(&b, list)
	writeMissed(&b, list)
	writeRefused(&b, list)
	writeRules(&b, list, "Breakages by rule", "Cases whose migration breaks the old version, and in how many of them something is said about the statement that does.", breaks())
	writeRules(&b, list, "Blocking by rule", "Cases whose migration reads or rewrites a table while others wait, and in how many of them something is said about the statement that does.", blocks())
	writeStyles(&b, list)
	b.WriteString(absent)
	return b.String(), nil
}

func count(list []subject, g group) int {
	n := 0
	for i := range list {
		if g.in(&list[i]) {
			n++
		}
	}
	return n
}

func of(n, m int) string { return fmt.Sprintf("%d of %d", n, m) }

func writeTable(b *strings.Builder, list []subject) {
	b.WriteString("## The table\n\nThe first four columns are better high, the last is better low.\n\n")
	fmt.Fprintf(b, "| | sees what breaks | … the answers change | … the server refuses it | sees what blocks | refuses what is safe |\n|---|---|---|---|---|---|\n")
	for _, r := range tableRows() {
		fmt.Fprintf(b, "| %s |", r.Title)
		for _, g := range []group{breaks(), harm(Answers), harm(Refused), blocks(), safe()} {
			fmt.Fprintf(b, " %s |", of(tally(list, g, r)))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n- **What breaks**: the old version gets another answer to one of its statements, the server refuses the migration, or (")
	fmt.Fprintf(b, "%d cases) a query of the case shows the harm.\n", count(list, harm(Proven)))
	b.WriteString(`- **What blocks**: a table is read or rewritten as a whole under a lock that keeps readers or writers waiting. A case may both break
  and block.
- **What is safe**: teal says *expand*, and the server bears it out: no statement of the old version, and none of a list of careless
  statements, is answered otherwise, and nobody waits for work.
- **Seen** is any finding about the statement that does it, or about its file, whatever the finding says. **Refused** is any finding.
  [Style](#what-counts-as-neither) counts as neither.
`)
	for _, t := range Tools() {
		if n := silent(list, t.Name); n > 0 {
			fmt.Fprintf(b, "- %s gave no answer in %d of %d cases, where it ended with an error of its own; that counts as silence.\n", t.Name, n, len(list))
		}
	}
}

func writeBetween(b *strings.Builder, list []subject) {
	b.WriteString("\n## Neither broken nor safe\n\nMost changes are safe for one application and break another. Here nothing broke for the old version of the case, and nobody waited.\n" +
		"Whether a finding is right depends on the application, so this says how loud a tool is and not how good.\n\n" +
		"| | says something where a careless application breaks | says something where nobody was seen to break, and teal still does not say *expand* |\n|---|---|---|\n")
	for _, r := range tableRows() {
		fmt.Fprintf(b, "| %s | %s | %s |\n", r.Title, of(tally(list, careless(), r)), of(tally(list, unseen(), r)))
	}
}

// writeMissed lists what others see and teal does not: the most useful part for us.
func writeMissed(b *strings.Builder, list []subject) {
	b.WriteString("\n## What others see and teal does not\n\n")
	n := 0
	for _, g := range []struct {
		group
		what string
	}{{breaks(), "breaks"}, {blocks(), "blocks"}} {
		for i := range list {
			x := &list[i]
			if !g.in(x) || len(x.said(tableRows()[0], g.statements(x))) > 0 {
				continue
			}
			n++
			var who []string
			for _, r := range one()[1:] {
				if rules := x.said(r, g.statements(x)); len(rules) > 0 {
					who = append(who, r.Tool+" "+code(rules))
				}
			}
			if len(who) == 0 {
				who = []string{"nobody sees it"}
			}
			fmt.Fprintf(b, "- `%s` (%s: %s): %s\n", x.Name, g.what, x.About, strings.Join(who, "; "))
		}
	}
	if n == 0 {
		b.WriteString("Nothing, in these cases: teal warns of every one. They are its own.\n")
	}
}

// writeRefused lists the safe samples that are refused, by tool and rule.
func writeRefused(b *strings.Builder, list []subject) {
	b.WriteString("\n## Safe, and refused\n\nWhich rules speak about a safe statement, and in which cases.\n\n")
	for _, r := range one() {
		cases := map[string][]string{}
		var rules []string
		for i := range list {
			x := &list[i]
			if !safe().in(x) {
				continue
			}
			for _, rule := range x.said(r, nil) {
				if cases[rule] == nil {
					rules = append(rules, rule)
				}
				cases[rule] = append(cases[rule], x.Name)
			}
		}
		slices.Sort(rules)
		for _, rule := range rules {
			fmt.Fprintf(b, "- %s `%s`: %s\n", r.Tool, rule, strings.Join(cases[rule], ", "))
		}
	}
}

func writeRules(b *strings.Builder, list []subject, title, about string, g group) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n| rule | cases |", title, about)
	for _, r := range one() {
		fmt.Fprintf(b, " %s |", r.Tool)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(one())) + "\n")
	rules, parts := byRule(list)
	for _, rule := range rules {
		n := count(parts[rule], g)
		if n == 0 {
			continue
		}
		fmt.Fprintf(b, "| %s | %d |", rule, n)
		for _, r := range one() {
			if seen, _ := tally(parts[rule], g, r); seen > 0 {
				fmt.Fprintf(b, " %d |", seen)
			} else {
				b.WriteString(" |")
			}
		}
		b.WriteString("\n")
	}
}

func writeStyles(b *strings.Builder, list []subject) {
	b.WriteString("\n## What counts as neither\n\nThese rules speak about other things than what happens to the version that runs. They were sorted out by what they are about; in how\n" +
		"many cases each spoke is beside it.\n\n| tool | rule | cases | why it does not count |\n|---|---|---|---|\n")
	for _, s := range Styles() {
		n := 0
		for i := range list {
			if slices.ContainsFunc(list[i].findings[s.Tool], func(f Finding) bool {
				start, open := strings.CutSuffix(s.Rule, "*")
				return f.Rule == s.Rule || open && strings.HasPrefix(f.Rule, start)
			}) {
				n++
			}
		}
		fmt.Fprintf(b, "| %s | `%s` | %d | %s |\n", s.Tool, s.Rule, n, s.Why)
	}
}
