package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/policies"
)

// newPolicy shows and tests the policies.
func newPolicy(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "policy",
		GroupID: "tools",
		Short:   "Show, test and compare the policies",
		Long: `Show the policies in force, run the tests beside them, and compare two versions of them. Rules state what a statement does (teal explain RULE); the
policy decides what may pass. A site's policy replaces the built-in action of the keys that it names.`,
		Example: `  teal policy show
  teal policy show --effective shop
  teal policy test --policies ./policies
  teal policy diff /etc/teal/policies ./policies migrations`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyShow(io), newPolicyTest(io), newPolicyDiff(io))
	return cmd
}

// policyDir adds the flags that name the policies; the function returns their directory, "" where there is none.
func policyDir(cmd *cobra.Command) func() (string, error) {
	var at place
	at.configFlag(cmd)
	dir := cmd.Flags().String("policies", "", "directory `DIR` of the site's policies (default: policies/ in the config directory)")
	return func() (string, error) {
		if *dir != "" {
			return *dir, nil
		}
		usual := filepath.Join(at.dir(), "policies")
		if _, err := os.Stat(usual); os.IsNotExist(err) {
			return "", nil
		} else if err != nil {
			return "", failf(exitUsage, "%v", err)
		}
		return usual, nil
	}
}

// tested is one test as -o json shows it.
type tested struct {
	File string          `json:"file"`
	Line int             `json:"line"`
	Name string          `json:"name"`
	Pass bool            `json:"pass"`
	Want policies.Action `json:"want"`
	Got  policies.Action `json:"got"`
	Text string          `json:"text,omitempty"`

	Rule   string   `json:"rule,omitempty"`   // the one that must speak
	Silent bool     `json:"silent,omitempty"` // it did not
	Spoke  []string `json:"spoke"`
}

func newPolicyTest(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Run the tests beside the policies",
		Long: `Run the tests beside the policies: in files named …_test.yaml, each a migration and the decision expected.

Exit codes: 0 all pass, 1 one fails, 2 a file cannot be read, or there is no test: a check that looks at nothing must not
look green.`,
		Example: `  teal policy test --policies ./policies`,
		Args:    cobra.NoArgs,
	}
	dir := policyDir(cmd)
	out := format(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		where, err := dir()
		if err != nil {
			return err
		}
		results, err := testPolicies(where)
		if err != nil {
			return err
		}
		if len(results) == 0 {
			return noTests(where)
		}
		failed := 0
		for _, t := range results {
			if !t.Pass {
				failed++
			}
		}
		if out.json() {
			if err := printJSON(io.out, map[string]any{"tests": results, "failed": failed}); err != nil {
				return err
			}
		} else {
			printTests(io, results)
		}
		if failed > 0 {
			return failf(exitFailed, "%d of %s failed", failed, count(len(results), "test"))
		}
		return nil
	}
	return cmd
}

func testPolicies(dir string) ([]tested, error) {
	results := []tested{}
	set, err := readPolicies(dir)
	if err != nil {
		return nil, err
	}
	files, err := policyFiles(dir, true)
	if err != nil {
		return nil, err
	}
	for _, name := range sorted(files) {
		outcomes, err := policies.RunTests(name, []byte(files[name]), set, time.Now())
		if err != nil {
			return nil, failf(exitUsage, "%v", err)
		}
		for _, o := range outcomes {
			results = append(results, tested{File: name, Line: o.Line, Name: o.Name, Pass: o.Pass, Want: o.Want, Got: o.Got, Text: o.Text,
				Rule: o.Rule, Silent: o.Silent, Spoke: o.Spoke})
		}
	}
	return results, nil
}

// noTests is the error where nothing was tested.
func noTests(dir string) error {
	if dir == "" {
		return hinted(failf(exitUsage, "there are no policies to test: the config directory has none"), "name their directory: teal policy test --policies DIR")
	}
	return hinted(failf(exitUsage, "there are no tests in %s", plain(dir)),
		"write them beside the policies, in files named …_test.yaml (docs/policies.md tells how; teal schema policy-test helps an editor)")
}

func printTests(io stdio, results []tested) {
	for i := range results {
		t := &results[i]
		if t.Pass {
			fmt.Fprintf(io.out, "ok    %s\n", plain(t.Name))
			continue
		}
		fmt.Fprintf(io.out, "FAIL  %s (%s:%d): %s\n%s", plain(t.Name), t.File, t.Line, t.why(), plainText(t.Text))
	}
}

// why says what a test that did not pass wanted and did not get.
func (t *tested) why() string {
	var parts []string
	if t.Got != t.Want {
		parts = append(parts, fmt.Sprintf("want %s, got %s", t.Want, t.Got))
	}
	if t.Silent {
		parts = append(parts, fmt.Sprintf("want a word of the rule %s, got %s", t.Rule, cmp.Or(strings.Join(t.Spoke, ", "), "none of any rule")))
	}
	return strings.Join(parts, "; ")
}
