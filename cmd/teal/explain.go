package main

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/internal/client"
	"teal.dev/teal/internal/near"
	"teal.dev/teal/policies"
	"teal.dev/teal/release"
)

// newExplain says what a rule means, or what became of a release.
func newExplain(io stdio) *cobra.Command {
	var at place
	var app string
	cmd := &cobra.Command{
		Use:     "explain RULE|CODE|WORD|RELEASE",
		GroupID: "tools",
		Short:   "Say what a rule or a code means, or what became of a release",
		Long: `Say what a rule of teal check means, with its reason, a bad and a good example; what a code means that a folder of
migrations is refused with (near_miss, interleaved); what a word of the gate means (row-shape, blocks); or, for a release id, what became of that release, step by step. The reason and
the advice of a rule are told of its bad example. Without an argument, list the rules.`,
		Example: `  teal explain
  teal explain drop-column
  teal explain 01JD2Y8M3N5W6X7Y8Z9A0B1C2D`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&app, "app", "", "the release's `APP`, where its file is gone from the config")
	out := format(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return listRules(io, out.json())
		case regexp.MustCompile(`^[0-9A-Z]{26}$`).MatchString(args[0]):
			past, err := at.client().ReleaseOf(cmd.Context(), app, release.ID(args[0]))
			if err != nil {
				return answered(err)
			}
			if out.json() {
				return printJSON(io.out, past)
			}
			printPast(io.out, past)
			return nil
		}
		word := strings.ToLower(args[0])
		rule, ok := policies.RuleByID(word)
		about := aboutCode(word)
		switch {
		case !ok && about != "":
			return explainCode(io, out.json(), word, about)
		case !ok && policies.AboutWord(word) != "":
			return explainWord(io, out.json(), word)
		case !ok:
			return unexplained(args[0])
		}
		if out.json() {
			return printJSON(io.out, ruleShownOf(rule))
		}
		printRule(io.out, rule)
		if about != "" {
			fmt.Fprintf(io.out, "\nas the code that a folder is refused with: %s\n", about)
		}
		return nil
	}
	return cmd
}

// explainWord says what a verdict, a hazard, an operation or an action means.
func explainWord(io stdio, asJSON bool, word string) error {
	if asJSON {
		return printJSON(io.out, map[string]string{"id": word, "reason": policies.AboutWord(word)})
	}
	_, err := fmt.Fprintf(io.out, "%s: %s\n", word, policies.AboutWord(word))
	return err
}

// unexplained is the error of a word that nobody knows.
func unexplained(word string) error {
	hint := "teal explain lists the rules; a release id has 26 letters and digits"
	if meant := near.Word(word, ruleNames()); meant != "" {
		hint = fmt.Sprintf("did you mean %s? %s", meant, hint)
	}
	return hinted(failf(exitUsage, "there is no rule %q", plain(word)), hint)
}

// explainCode says what a code of the folder as a whole means.
func explainCode(io stdio, asJSON bool, code, about string) error {
	if asJSON {
		return printJSON(io.out, map[string]string{"id": code, "reason": about})
	}
	_, err := fmt.Fprintf(io.out, "%s: a folder with it is refused before anything runs\n\n%s\n\nmore: docs/migrations.md\n", code, about)
	return err
}

func ruleNames() []string {
	var names []string
	for _, r := range policies.Rules() {
		names = append(names, r.ID)
	}
	return names
}

// ruleShown is a rule as -o json shows it.
type ruleShown struct {
	ID            string                 `json:"id"`
	Title         string                 `json:"title"`
	Compatibility policies.Compatibility `json:"compatibility"`
	Hazards       []policies.Hazard      `json:"hazards"`
	Lock          policies.Level         `json:"lock,omitempty"`
	Rewrite       bool                   `json:"rewrite"`
	Scan          bool                   `json:"scan"`
	Reason        string                 `json:"reason"`
	Instead       string                 `json:"instead,omitempty"`
	Bad           string                 `json:"bad"`
	Good          string                 `json:"good"`
	Facts         []factShown            `json:"facts"`
}

// factShown is what differs by version of the database.
type factShown struct {
	Versions string `json:"versions"`
	Text     string `json:"text"`
}

func ruleShownOf(r policies.Rule) ruleShown {
	facts := []factShown{}
	for _, f := range r.Facts {
		facts = append(facts, factShown(f))
	}
	why, instead := r.Explain()
	return ruleShown{Facts: facts, ID: r.ID, Title: r.Title, Compatibility: r.Compatibility, Hazards: list(r.Hazards), Lock: r.Lock, Rewrite: r.Rewrite,
		Scan: r.Scan, Reason: why, Instead: instead, Bad: r.Bad.SQL, Good: r.Good.SQL}
}

func listRules(io stdio, asJSON bool) error {
	shown := []ruleShown{}
	rows := [][]string{{"RULE", "VERDICT", "LOCK", "TITLE"}}
	for _, r := range policies.Rules() {
		shown = append(shown, ruleShownOf(r))
		rows = append(rows, []string{r.ID, string(r.Compatibility), string(r.Lock), r.Title})
	}
	if asJSON {
		return printJSON(io.out, map[string]any{"rules": shown})
	}
	return table(io.out, rows)
}

func printRule(w io.Writer, r policies.Rule) {
	fmt.Fprintf(w, "%s: %s\n\nverdict: %s", r.ID, r.Title, r.Compatibility)
	for i, h := range r.Hazards {
		fmt.Fprintf(w, "%s%s", map[bool]string{true: " on ", false: ", "}[i == 0], h)
	}
	fmt.Fprintln(w)
	if r.Lock != "" {
		fmt.Fprintf(w, "lock: %s\n", r.Lock)
	}
	for _, cost := range []struct {
		has  bool
		text string
	}{{r.Rewrite, "rewrites the table"}, {r.Scan, "reads the whole table"}, {r.Blocks != "", "blocks " + string(r.Blocks) + " meanwhile"}} {
		if cost.has {
			fmt.Fprintln(w, cost.text)
		}
	}
	why, instead := r.Explain()
	fmt.Fprintf(w, "\n%s\n", why)
	if instead != "" {
		fmt.Fprintf(w, "\ninstead: %s\n", instead)
	}
	for _, f := range r.Facts {
		fmt.Fprintf(w, "\n%s: %s\n", f.Versions, f.Text)
	}
	for _, e := range []struct {
		label string
		sql   string
	}{{"bad", r.Bad.SQL}, {"good", r.Good.SQL}} {
		if e.sql != "" {
			fmt.Fprintf(w, "\n%s:\n  %s\n", e.label, strings.ReplaceAll(strings.TrimSpace(e.sql), "\n", "\n  "))
		}
	}
}

// printPast tells a release step by step.
func printPast(w io.Writer, past client.Past) {
	p := past.Release
	fmt.Fprintf(w, "release %s of %s %s\n", p.ID, plain(p.App), cmp.Or(plain(string(p.Version)), "(its version could not be read)"))
	if p.Signer != "" {
		fmt.Fprintf(w, "signed by %s\n", plain(p.Signer))
	}
	for _, o := range past.Outcomes {
		code := ""
		if o.Code != "" {
			code = " (" + plain(o.Code) + ")"
		}
		fmt.Fprintf(w, "%s  %s%s  %s\n", o.At.UTC().Format(time.RFC3339), plain(o.Type), code, indented(o.Text))
	}
}
