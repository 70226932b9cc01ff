package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/config"
)

// newKeys makes and shows the keys that sign releases.
func newKeys(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "keys",
		GroupID: "tools",
		Short:   "Make and show the keys that sign releases",
		Long: `Make and show ed25519 keys. The private half stays with the build system, the public half goes into the config
directory's keys/: the file's name is the key's, and it says which apps the key may release, and until when.`,
		Example: `  teal keys generate ci-shop --apps shop
  teal keys show ci-shop.pem`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeysGenerate(io), newKeysShow(io))
	return cmd
}

// keyShown is a key as -o json shows it.
type keyShown struct {
	Name      string   `json:"name"`
	Key       string   `json:"key"`
	Apps      []string `json:"apps,omitempty"`
	NotBefore string   `json:"not_before,omitempty"`
	NotAfter  string   `json:"not_after,omitempty"`
	Private   string   `json:"private_file,omitempty"`
	File      string   `json:"public_file,omitempty"`
	YAML      string   `json:"yaml,omitempty"`
}

func newKeysGenerate(io stdio) *cobra.Command {
	var out, until string
	var apps []string
	cmd := &cobra.Command{
		Use:   "generate NAME",
		Short: "Make a key: NAME.pem for the build system, NAME.yaml for teal",
		Long: `Make a key. NAME.pem is the private half, for the build system's secrets; NAME.yaml is the public half, for keys/ in
teal's config directory. A file that exists is never overwritten.`,
		Example: `  teal keys generate ci-shop --apps shop,shop-admin --not-after 2027-06-30 --out /tmp/new-key`,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&out, "out", ".", "directory `DIR` for both files")
	cmd.Flags().StringSliceVar(&apps, "apps", nil, "the `APPS` that the key may release, as names or patterns")
	cmd.Flags().StringVar(&until, "not-after", "", "the last `DAY` on which the key is valid, such as 2027-06-30")
	format := format(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		shown, err := generateKey(args[0], out, until, apps)
		if err != nil {
			return err
		}
		if format.json() {
			return printJSON(io.out, shown)
		}
		fmt.Fprint(io.out, shown.YAML)
		fmt.Fprintf(io.err, "%s signs releases: give it to the build system only\n", shown.Private)
		fmt.Fprintf(io.err, "  next: put %s into keys/ of teal's config directory, then teal config check\n", shown.File)
		return nil
	}
	return cmd
}

func generateKey(name, out, until string, apps []string) (keyShown, error) {
	if !regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$`).MatchString(name) {
		return keyShown{}, failf(exitUsage, "%q is no name for a key: use letters, digits, dots, hyphens and underscores, as in ci-shop", name)
	}
	if _, err := time.Parse(time.DateOnly, until); until != "" && err != nil {
		return keyShown{}, failf(exitUsage, "--not-after %q is not a day: write it as 2027-06-30", until)
	}
	if len(apps) == 0 {
		return keyShown{}, failf(exitUsage, "say which apps the key may release: --apps shop (or a pattern such as --apps 'shop-*')")
	}
	key, err := events.GenerateKey(name, rand.Reader)
	if err != nil {
		return keyShown{}, failf(exitFailed, "%v", err)
	}
	public, err := events.FormatPublicKey(key.Public())
	if err != nil {
		return keyShown{}, failf(exitFailed, "%v", err)
	}
	secret, err := key.PEM()
	if err != nil {
		return keyShown{}, failf(exitFailed, "%v", err)
	}
	shown := keyShown{Name: name, Key: public, Apps: apps, NotAfter: until, Private: filepath.Join(out, name+".pem"), File: filepath.Join(out, name+".yaml")}
	shown.YAML = fmt.Sprintf("version: 1\nkey: %q\napps: [%s]\n", public, quoted(apps))
	if until != "" {
		shown.YAML += "not_after: " + until + "\n"
	}
	if err := writeNew(shown.Private, secret, 0o600); err != nil {
		return shown, err
	}
	return shown, writeNew(shown.File, []byte(shown.YAML), 0o644)
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(out, ", ")
}

// writeNew writes a file that is not there yet.
func writeNew(name string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if os.IsExist(err) {
		return hinted(failf(exitUsage, "%s exists and is not overwritten", name), "move it away, or choose another name or directory")
	}
	if err != nil {
		return failf(exitUsage, "%v", err)
	}
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return failf(exitFailed, "%v", err)
	}
	return nil
}

func newKeysShow(io stdio) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:   "show [FILE.pem]",
		Short: "Show the public half of a private key, or the keys that teal knows",
		Long:  `Show the public half of a private key file, as keys/ takes it. Without a file, list the keys of the config directory.`,
		Example: `  teal keys show ci-shop.pem
  teal keys show --config /etc/teal`,
		Args: cobra.MaximumNArgs(1),
	}
	at.configFlag(cmd)
	format := format(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return showKeys(io, at.dir(), format.json())
		}
		file, err := os.ReadFile(args[0])
		if err != nil {
			return hinted(failf(exitUsage, "%v", err), "name the NAME.pem that teal keys generate wrote; without a file, teal keys show lists the keys of the config")
		}
		name := strings.TrimSuffix(filepath.Base(args[0]), ".pem")
		key, err := events.ParsePrivateKey(name, file)
		if err != nil {
			return hinted(failf(exitUsage, "%s: %v", args[0], err), "name the private half, NAME.pem; teal keys generate NAME makes one")
		}
		public, err := events.FormatPublicKey(key.Public())
		if err != nil {
			return failf(exitFailed, "%v", err)
		}
		if format.json() {
			return printJSON(io.out, keyShown{Name: name, Key: public})
		}
		fmt.Fprintln(io.out, public)
		return nil
	}
	return cmd
}

func showKeys(io stdio, dir string, asJSON bool) error {
	snapshot, err := config.Load(dir, validators()...)
	if err != nil {
		return badConfig(dir, err)
	}
	shown := []keyShown{}
	rows := [][]string{{"NAME", "APPS", "VALID UNTIL", "KEY"}}
	for _, k := range snapshot.Keys {
		public, err := events.FormatPublicKey(k.Public)
		if err != nil {
			return failf(exitFailed, "%v", err)
		}
		one := keyShown{Name: k.ID, Key: public, Apps: k.Apps, NotBefore: moment(k.NotBefore), NotAfter: moment(k.NotAfter)}
		shown = append(shown, one)
		rows = append(rows, []string{one.Name, strings.Join(one.Apps, ", "), one.NotAfter, one.Key})
	}
	switch {
	case asJSON:
		return printJSON(io.out, map[string]any{"keys": shown})
	case len(shown) == 0:
		fmt.Fprintf(io.err, "%s has no keys: teal keys generate makes one\n", dir)
		return nil
	}
	return table(io.out, rows)
}

// moment writes a time, and nothing for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
