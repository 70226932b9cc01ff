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
	known map[string]digest // by the executable's path
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
	if _, _, err := l.verify(plan, l.glance); err != nil {
		if fault, ok := errors.AsType[*release.Fault](err); ok && fault.Class == release.Permanent {
			return fault.Code + ": " + fault.Text
		}
	}
	return ""
}

// glance is sum for looking, not for starting: it trusts an unchanged size and time.
func (l *Launcher) glance(path string, file *os.File) (string, error) {
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if sum, ok := l.seen.get(path, info); ok {
		return sum, nil
	}
	sum, err := sum(path, file)
	if err == nil {
		l.seen.put(path, info, sum)
	}
	return sum, err
}

// Digest is the sha256 of the executable that plan would run now, as "sha256:<hex>", or the fault that a start would be. It
// goes into the plan when a release is vetted, so that every start runs the same bytes.
func (l *Launcher) Digest(plan release.Plan) (string, error) {
	_, digest, err := l.verify(plan, sum)
	return digest, err
}

func sum(path string, file *os.File) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("artifact %s: %w", path, err)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}

// verify compares the artifact with the plan and returns what to run: its recipe, and the digest of its executable.
func (l *Launcher) verify(plan release.Plan, digestOf func(path string, file *os.File) (string, error)) (recipe, string, error) {
	if kind := plan.Artifact.Kind; kind != "dir" && kind != "" {
		return recipe{}, "", permanent("artifact_kind", "the process launcher runs artifacts of kind dir, release %s has kind %s; publish it with kind dir", plan.Release, kind)
	}
	r, err := l.recipeOf(plan)
	if err != nil {
		return recipe{}, "", err
	}
	file, err := r.open(plan.Artifact.Ref)
	if err != nil {
		return recipe{}, "", err
	}
	defer file.Close()
	path := r.program(plan.Artifact.Ref)
	digest, err := digestOf(path, file)
	if err != nil {
		return recipe{}, "", err
	}
	if want := plan.Artifact.Digest; want != "" && want != digest {
		return recipe{}, "", permanent("artifact_changed", "%s is %s, but release %s was vetted with %s; put the old file back, or release the new one under its own version",
			path, digest, plan.Release, want)
	}
	return r, digest, nil
}

// program is the executable's path.
func (r recipe) program(ref string) string { return filepath.Join(r.Root, ref, r.Command[0]) }

// open opens the executable beneath the root: no reference, and no link inside an artifact, leads out of it.
func (r recipe) open(ref string) (*os.File, error) {
	if ref == "" || ref == "." || strings.ContainsAny(ref, "/\\\x00") || !filepath.IsLocal(ref) {
		return nil, permanent("artifact_ref", "artifact %q is not the name of a directory in %s; use a name without / and ..", ref, r.Root)
	}
	root, err := os.OpenRoot(r.Root)
	if err != nil {
		return nil, missing(r.Root, err)
	}
	defer root.Close()
	if info, err := root.Stat(ref); err == nil && info.Mode().Perm()&0o002 != 0 {
		return nil, permanent("artifact_writable", "%s is writable by everybody, who could then run anything as this app; run: chmod o-w %[1]s",
			filepath.Join(r.Root, ref))
	}
	path := r.program(ref)
	file, err := root.Open(filepath.Join(ref, r.Command[0]))
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
