package migrate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	engine "github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/source"
)

// trackSource is golang-migrate's source for exactly one file: the next one. golang-migrate goes by the highest version
// alone and would skip, in silence, what the plan knows about; so it is only ever shown where the track stands and what
// comes next. Bodies are in memory and are compared with their checksum when they are read.
type trackSource struct {
	base int // the track's version; database.NilVersion = none
	next File
}

// Open is not used: the source is built from a plan.
func (s *trackSource) Open(string) (source.Driver, error) {
	return nil, errors.New("a track is opened from a plan, not from a URL")
}

// Close has nothing to close.
func (s *trackSource) Close() error { return nil }

// First is the next file when the track is empty.
func (s *trackSource) First() (uint, error) { return uint(s.next.Number), nil }

// Next is the next file, asked for with the version at which the track stands.
func (s *trackSource) Next(version uint) (uint, error) {
	if int(version) != s.base || uint64(version) >= s.next.Number {
		return 0, notExist("next", fmt.Sprint(version))
	}
	return uint(s.next.Number), nil
}

// Prev does not exist: teal never goes down.
func (s *trackSource) Prev(version uint) (uint, error) {
	return 0, notExist("prev", fmt.Sprint(version))
}

// ReadUp returns the next file's body; the version at which the track stands exists and is empty.
func (s *trackSource) ReadUp(version uint) (io.ReadCloser, string, error) {
	if uint64(version) != s.next.Number {
		if int(version) == s.base {
			return io.NopCloser(bytes.NewReader(nil)), "", nil
		}
		return nil, "", notExist("read", fmt.Sprint(version))
	}
	sum := sha256.Sum256(s.next.Body)
	if "sha256:"+hex.EncodeToString(sum[:]) != s.next.Sum {
		return nil, "", fmt.Errorf("%s changed in memory since it was planned; this is a defect of teal", s.next.Name)
	}
	return io.NopCloser(bytes.NewReader(s.next.Body)), s.next.Title, nil
}

// ReadDown does not exist: .down.sql files are never run.
func (s *trackSource) ReadDown(version uint) (io.ReadCloser, string, error) {
	return nil, "", notExist("read", fmt.Sprint(version))
}

func notExist(op, name string) error {
	return &os.PathError{Op: op, Path: path.Join("migrations", name), Err: os.ErrNotExist}
}

// Step lets golang-migrate take one step: the given file, with the driver of its track. The driver's lock must be held
// already (its Lock then only says so), because golang-migrate's own waiting for a lock leaks a session that gets it
// later. An engine is used once: after a failure its state is undefined.
func Step(driver database.Driver, file File) error {
	base, _, err := driver.Version()
	if err != nil {
		return err
	}
	if base >= 0 && uint64(base) >= file.Number {
		return fmt.Errorf("%s: the %s track stands at %d already; look at its version table", file.Name, file.Track, base)
	}
	m, err := engine.NewWithInstance("plan", &trackSource{base: base, next: file}, "teal", driver)
	if err != nil {
		return err
	}
	return m.Steps(1)
}
