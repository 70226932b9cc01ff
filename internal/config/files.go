package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// File is one file of the config directory as it was read.
type File struct {
	Name string // relative, with slashes: "policies/payments.yaml"
	Data []byte
}

// fileLimit bounds one file: a config is written by persons.
const fileLimit = 1 << 20

func folders() []string { return []string{"apps", "policies", "keys"} }

// fileSet is the whole directory, read once.
type fileSet struct {
	files    []File // in order of folder and name
	problems Problems
	warnings Problems
}

// readSet reads every file that counts. What cannot be read is a problem of the set, never an absence.
func readSet(dir string) *fileSet {
	s := &fileSet{}
	s.mode(dir, ".")
	s.folder(dir, ".")
	for _, sub := range folders() {
		s.folder(dir, sub)
	}
	return s
}

func (s *fileSet) problem(file, format string, args ...any) {
	s.problems = append(s.problems, Problem{File: file, Text: fmt.Sprintf(format, args...)})
}

// unread is a problem with the file itself: nobody knows what is in it.
func (s *fileSet) unread(file, format string, args ...any) {
	s.problem(file, format, args...)
	s.problems[len(s.problems)-1].Unreadable = true
}

func (s *fileSet) folder(dir, sub string) {
	entries, err := os.ReadDir(filepath.Join(dir, sub))
	if errors.Is(err, fs.ErrNotExist) && sub != "." {
		return
	}
	if err != nil {
		s.unread(sub, "cannot be read: %v", err)
		return
	}
	if sub != "." {
		s.mode(dir, sub)
	}
	for _, entry := range entries {
		name := path.Join(sub, entry.Name())
		switch ext := path.Ext(name); {
		case strings.HasPrefix(entry.Name(), "."): // editors' files, and Kubernetes' ..data
		case ext == ".yml":
			s.problem(name, "is not read: rename it to %s", strings.TrimSuffix(name, ext)+".yaml")
		case ext != ".yaml":
		case sub == "." && name != "teal.yaml":
			s.problem(name, "is not read here: the directory holds teal.yaml, apps/*.yaml, policies/*.yaml and keys/*.yaml")
		default:
			s.file(dir, name)
		}
	}
}

func (s *fileSet) file(dir, name string) {
	full := filepath.Join(dir, name)
	info, err := os.Stat(full) // through symlinks
	if err != nil {
		s.unread(name, "cannot be read: %v", err)
		return
	}
	if !info.Mode().IsRegular() {
		s.unread(name, "is not a file")
		return
	}
	s.mode(dir, name)
	f, err := os.Open(full)
	if err != nil {
		s.unread(name, "cannot be read: %v; it must be readable for the user teal runs as", err)
		return
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, fileLimit+1))
	if err != nil {
		s.unread(name, "cannot be read: %v", err)
		return
	}
	if len(data) > fileLimit {
		s.unread(name, "is larger than 1 MiB")
		return
	}
	s.files = append(s.files, File{name, data})
}

// mode refuses what everybody on the machine could change: who writes here decides what runs.
func (s *fileSet) mode(dir, name string) {
	full := filepath.Join(dir, name)
	info, err := os.Stat(full)
	if err != nil {
		return // reported where it is read
	}
	switch perm := info.Mode().Perm(); {
	case perm&0o002 != 0:
		s.problem(name, "everybody on this machine can write it (mode %04o): chmod o-w %s", perm, full)
	case perm&0o020 != 0:
		s.warnings = append(s.warnings, Problem{File: name, Text: fmt.Sprintf("its group can write it (mode %04o): chmod g-w %s unless that is meant", perm, full)})
	}
}

// hash tells two readings apart. Problems count: a file that has become unreadable is a change.
func (s *fileSet) hash() string {
	h := sha256.New()
	for _, f := range s.files {
		_, _ = fmt.Fprintf(h, "%d:%s%d:", len(f.Name), f.Name, len(f.Data)) // a hash never fails
		_, _ = h.Write(f.Data)
	}
	for _, list := range []Problems{s.problems, s.warnings} {
		_, _ = fmt.Fprintf(h, "|%s", list.Error())
	}
	return hex.EncodeToString(h.Sum(nil))
}
