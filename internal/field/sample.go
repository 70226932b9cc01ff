package field

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"strings"

	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

// Sample is a case of the oracle as everybody is shown it: one migration beside the version that runs.
type Sample struct {
	oracle.Case
	Name  string
	Hash  string // of all that the measurement depends on
	Spots []Spot // the statements, in order
}

// Spot is where a statement of a sample stands.
type Spot struct {
	File, From, To int // the file's index, and bytes in it
	SQL            string
}

// server is the major version that the cases are measured on, and that each tool is told where it can be.
const server = 15

// mark says to teal alone that a file runs when the old version is gone. It is run here while that version is there, which
// nobody is told, so the line is emptied.
const mark = "-- teal:contract"

// Load reads the oracle's cases. Those that need a newer server are left out: that the server refuses them shows nothing.
func Load(dir fs.FS) ([]Sample, error) {
	cases, err := oracle.Load(dir)
	if err != nil {
		return nil, err
	}
	var out []Sample
	for i := range cases {
		if cases[i].Server == server {
			out = append(out, sample(cases[i]))
		}
	}
	return out, nil
}

func sample(c oracle.Case) Sample {
	s := Sample{Case: c, Name: strings.TrimSuffix(c.Path, ".txtar")}
	s.Files = nil
	for _, f := range c.Files {
		f.Body = []byte(strings.TrimPrefix(string(f.Body), mark))
		s.Files = append(s.Files, f)
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %+v %+v %q %q", s.Schema, s.Old, s.Careless, s.New, s.Proof)
	for i, f := range s.Files {
		fmt.Fprintf(sum, " %q %q", f.Path, f.Body)
		parsed, err := statement.Parse(f.Body, statement.Postgres)
		if err != nil {
			continue // what cannot be cut has no spots, and what is said of it is said of the file
		}
		for _, st := range parsed.Statements {
			s.Spots = append(s.Spots, Spot{File: i, From: st.Offset, To: st.Offset + len(st.SQL), SQL: st.SQL})
		}
	}
	s.Hash = fmt.Sprintf("%x", sum.Sum(nil))[:12]
	return s
}

// whole stands for all statements of a sample: what is said of a file is said of each.
const whole = 0

// at is the number of the statement, from 1, that a place in a file belongs to.
func (s *Sample) at(file, offset int) int {
	for i, p := range s.Spots {
		if p.File == file && offset < p.To {
			return i + 1
		}
	}
	return whole
}

// offset is the place of a line and a column, both from 1, in a file.
func (s *Sample) offset(file, line, column int) int {
	at := 0
	body := string(s.Files[file].Body)
	for range line - 1 {
		i := strings.IndexByte(body[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	return at + column - 1
}

// quoted is the number of the statement whose text is quoted, perhaps cut short.
func (s *Sample) quoted(text string) int {
	text = strings.TrimRight(squeeze(text), ".… ")
	for i, p := range s.Spots {
		if text != "" && strings.HasPrefix(squeeze(p.SQL), text) {
			return i + 1
		}
	}
	return whole
}

func squeeze(sql string) string {
	return strings.TrimRight(strings.Join(strings.Fields(sql), " "), "; ")
}

// prefix is the sample with its first statements only.
func (s *Sample) prefix(n int) oracle.Case {
	c := s.Case
	last := s.Spots[n-1]
	c.Files = append([]policies.File(nil), s.Files[:last.File+1]...)
	c.Files[last.File].Body = []byte(string(s.Files[last.File].Body[:last.To]) + ";")
	return c
}
