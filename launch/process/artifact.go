package process

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"teal.dev/teal/release"
)

// digests remembers the sha256 of executables that were not touched since: a slot is looked at ten times a second.
type digests struct {
	mu    sync.Mutex
	known map[string]digest // by path
}

type digest struct {
	info fs.FileInfo
	sum  string
}

func (d *digests) get(path string, info fs.FileInfo) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one, ok := d.known[path]
	return one.sum, ok && os.SameFile(one.info, info) && one.info.Size() == info.Size() && one.info.ModTime().Equal(info.ModTime())
}

func (d *digests) put(path string, info fs.FileInfo, sum string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) > 16 { // two slots need two; versions come and go
		d.known = map[string]digest{}
	}
	d.known[path] = digest{info: info, sum: sum}
}

// problem says why plan could not be started again; "" = it could, as far as its files go.
func (l *Launcher) problem(plan release.Plan) string {
	if _, err := l.verify(plan, l.glance); err != nil {
		if fault, ok := errors.AsType[*release.Fault](err); ok && fault.Class == release.Permanent {
			return fault.Code + ": " + fault.Text
		}
	}
	return ""
}

// glance is Digest for looking, not for starting: it trusts an unchanged size and time.
func (l *Launcher) glance(ref string) (string, error) {
	file, err := l.open(ref)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if sum, ok := l.seen.get(ref, info); ok {
		return sum, nil
	}
	sum, err := sum(ref, file)
	if err == nil {
		l.seen.put(ref, info, sum)
	}
	return sum, err
}

// Digest is the sha256 of the executable of an artifact, as "sha256:<hex>". It goes into the plan when a release is
// accepted, so that every later start runs the same bytes.
func (l *Launcher) Digest(ref string) (string, error) {
	file, err := l.open(ref)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return sum(ref, file)
}

func sum(ref string, file io.Reader) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("artifact %s: %w", ref, err)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}

// verify compares the artifact with the plan and returns the executable's path.
func (l *Launcher) verify(plan release.Plan, digestOf func(ref string) (string, error)) (string, error) {
	if kind := plan.Artifact.Kind; kind != "dir" && kind != "" {
		return "", permanent("artifact_kind", "the process launcher runs artifacts of kind dir, release %s has kind %s; publish it with kind dir", plan.Release, kind)
	}
	digest, err := digestOf(plan.Artifact.Ref)
	if err != nil {
		return "", err
	}
	path := filepath.Join(l.config.Root, plan.Artifact.Ref, l.config.Command[0])
	if want := plan.Artifact.Digest; want != "" && want != digest {
		return "", permanent("artifact_changed", "%s is %s, but release %s was accepted with %s; put the old file back, or release the new one under its own version",
			path, digest, plan.Release, want)
	}
	return path, nil
}

// open opens the executable beneath the root: no reference, and no link inside an artifact, leads out of it.
func (l *Launcher) open(ref string) (*os.File, error) {
	if ref == "" || ref == "." || strings.ContainsAny(ref, "/\\\x00") || !filepath.IsLocal(ref) {
		return nil, permanent("artifact_ref", "artifact %q is not the name of a directory in %s; use a name without / and ..", ref, l.config.Root)
	}
	root, err := os.OpenRoot(l.config.Root)
	if err != nil {
		return nil, missing(l.config.Root, err)
	}
	defer root.Close()
	if info, err := root.Stat(ref); err == nil && info.Mode().Perm()&0o002 != 0 {
		return nil, permanent("artifact_writable", "%s is writable by everybody, who could then run anything as this app; run: chmod o-w %[1]s",
			filepath.Join(l.config.Root, ref))
	}
	name := filepath.Join(ref, l.config.Command[0])
	path := filepath.Join(l.config.Root, name)
	file, err := root.Open(name)
	if err != nil {
		return nil, missing(path, err)
	}
	info, err := file.Stat()
	if err == nil {
		err = runnable(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func missing(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return permanent("artifact_missing", "%s does not exist; copy the version's directory there before publishing its release", path)
	}
	return permanent("artifact_refused", "%s cannot be opened: %v; it must be a regular file that no link leads out of the root", path, err)
}

func runnable(path string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return permanent("artifact_refused", "%s is not a regular file", path)
	case mode.Perm()&0o111 == 0:
		return permanent("artifact_refused", "%s is not executable; run: chmod +x %[1]s", path)
	case mode.Perm()&0o002 != 0:
		return permanent("artifact_writable", "%s is writable by everybody, who could then run anything as this app; run: chmod o-w %[1]s", path)
	}
	return nil
}

func permanent(code, format string, args ...any) error {
	return &release.Fault{Class: release.Permanent, Code: code, Text: fmt.Sprintf(format, args...)}
}
