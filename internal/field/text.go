package field

import (
	"fmt"
	"strings"
)

const about = `# The field

Written by ` + "`make field`" + `, which runs the linters and PostgreSQL, and by ` + "`make update`" + `, which counts again; do not edit.

What other linters for PostgreSQL migrations say about teal's own cases, beside what a real PostgreSQL %d did with them. Each of the
%d cases in [testdata/oracle](../testdata/oracle) is a schema with rows, the statements of the version that runs (the old version), and
a migration. The server ran the old version's statements before the migration and after it, and its locks and its work were read
while it ran. What breaks, and what blocks, is what was seen there: no tool's opinion, and not teal's.

`

const unfair = `
## What is unfair about it

- **The cases are teal's own.** They were written for teal's rules, a bad, a good and a borderline one for each, and teal was corrected until
  it agreed with the server about them. So teal's rows show that it does what it was made to do. They do not show how it does on
  your migrations, and the shares are not those of real life: a rare statement has as many cases as a common one.
- **What is safe is by teal's word, too.** The server confirmed it, but a case that teal does not call *expand* is never in that column. So
  teal's rows there say only whether its built-in policy stops what its rules let pass.
- **The others were made for another question**: whether a migration blocks, and whether it is written well. None of them claims to
  know whether a version that runs beside it can live with it, and their words for it ("may break existing clients") are few. Look at
  the column for what blocks as well.
- **Any word counts as seeing.** A linter that warns of a lock where the old version's insert is refused has not seen the breakage, and
  is counted as if it had.
- **A file marked for later is shown unmarked.** Some cases are contract files, which teal runs when the old version is gone. The server
  showed what they do to a version that is there, so nobody is told of the mark, teal included.
- **Left out** are the cases that need a newer PostgreSQL, because this one shows nothing about them.
- teal is told the major version and the schema before, as it is in a release. squawk and pgfence read one file and nothing else.
  The language server reads the schema from a database, and atlas runs the files on one.
- **A file of several statements** is charged to those with which more of the harm shows than without them: the server ran it a statement
  longer each time. A finding about another statement does not count as seeing, one about the whole file does.
- Every tool has its default configuration; opt-in rules are off. That costs the language server most: many of its safety rules, such as
  ` + "`renamingColumn`" + `, are not among the recommended ones.

`

const absent = `
## What could not be had

The linters come from npm and through the Go module proxy; Debian was searched. Other registries were not at hand.

| what | why not |
|---|---|
| atlas of today | ` + "`@ariga/atlas`" + ` on npm is a downloader, and the host it downloads from was out of reach. v0.13.1, of August 2023, is the command that the Go proxy had of those versions that were tried. Its analyzers are the open-source ones; what atlas sells beside them is not here |
| eugene | on crates.io only |
| strong_migrations, safe-pg-migrations | on RubyGems only, and they judge Ruby, not SQL |
| pgrubic, migration-lint, django-migration-linter and others | on PyPI only |
| Bytebase | a server; its checks are no command of their own |
| sqlfluff | in Debian (1.4.5), and left out: its rules are about layout and style, so that all of it would count as neither. sql-lint and sqlint of npm are checkers of the same kind |
| pgroll, reshape | no linters: they run migrations of their own form |
`

func writeHead(b *strings.Builder, r Record, list []subject) {
	fmt.Fprintf(b, about, server, len(list))
	b.WriteString("| tool | how it was called |\n|---|---|\n| teal of this commit | " +
		"`teal check`, the built-in policy, the schema before as an applied file, PostgreSQL 15 |\n")
	tools := Tools()
	for i, version := range r.Versions {
		fmt.Fprintf(b, "| %s | `%s`%s |\n", version, tools[i].Command, tools[i].Note)
	}
	b.WriteString(unfair)
}
