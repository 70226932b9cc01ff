package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"teal.dev/teal/release"
)

// record is what teal knows of a slot's process. It is written with the token alone before the process exists.
type record struct {
	Token   string       `json:"token"`
	Boot    string       `json:"boot"`
	PID     int          `json:"pid,omitempty"`     // 0 = not known to have been started
	Started uint64       `json:"started,omitempty"` // of PID, from /proc
	Plan    release.Plan `json:"plan"`
}

func (l *Launcher) path(slot release.Slot) string {
	return filepath.Join(l.config.StateDir, l.config.App+"."+string(slot)+".json")
}

func (l *Launcher) logPath(slot release.Slot) string {
	return filepath.Join(l.config.LogDir, l.config.App+"."+string(slot)+".log")
}

func (l *Launcher) load(slot release.Slot) (record, bool, error) {
	if slot != release.A && slot != release.B {
		return record{}, false, permanent("slot_unknown", "there is no slot %q; the slots are a and b", slot)
	}
	text, err := os.ReadFile(l.path(slot))
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, false, nil
	}
	if err != nil {
		return record{}, false, fmt.Errorf("record of slot %s: %w", slot, err)
	}
	r, err := parseRecord(text)
	if err != nil {
		return record{}, false, &release.Fault{Class: release.Unproven, Code: "launch_record", Text: fmt.Sprintf(
			"%s is damaged (%v), so teal cannot tell what runs in slot %s; look for it with ps, stop it, and remove the file", l.path(slot), err, slot)}
	}
	return r, true, nil
}

func parseRecord(text []byte) (record, error) {
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return record{}, err
	}
	if r.Token == "" || r.Boot == "" || r.PID < 0 || r.PID == 1 {
		return record{}, errors.New("token, boot or pid is missing")
	}
	return r, nil
}

// save replaces the record so that it is on disk, whole, when save returns.
func (l *Launcher) save(slot release.Slot, r record) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("record of slot %s: %w", slot, err)
		}
	}()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(l.config.StateDir, ".record-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(append(text, '\n'))
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), l.path(slot))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	dir, err := os.Open(l.config.StateDir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// rotate keeps a slot's log within its bound: a full file is copied to <name>.1 and cut. The process goes on writing to
// the same file (it was opened for appending), so nobody has to tell it.
func (l *Launcher) rotate(slot release.Slot) error {
	path := l.logPath(slot)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() <= l.logLimit {
		return nil
	}
	if err != nil {
		return fmt.Errorf("log of slot %s: %w", slot, err)
	}
	if err := keep(path, l.logLimit); err != nil {
		return fmt.Errorf("log of slot %s: %w", slot, err)
	}
	return nil
}

// keep copies the last limit bytes of path aside and empties it.
func keep(path string, limit int64) (err error) {
	from, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if _, err := from.Seek(-limit, io.SeekEnd); err != nil {
		return err
	}
	to, err := os.OpenFile(path+".1", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(to, from, limit); err != nil {
		return errors.Join(err, to.Close())
	}
	return errors.Join(to.Close(), from.Truncate(0))
}
