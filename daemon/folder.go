package daemon

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"teal.dev/teal/events"
)

// readFolder copies a migration folder from below one of the allowed roots. Nothing outside the root can be reached, not
// even by a link that is changed meanwhile; what is not a regular file is refused.
func readFolder(roots []string, dir, want string) (events.Folder, *events.Rejection) {
	for _, root := range roots {
		rel, ok := below(path.Clean(root), path.Clean(dir))
		if !ok {
			continue
		}
		folder, err := readBelow(root, rel)
		if err != nil {
			return nil, badFolder("the migration folder %s cannot be copied: %v; put the whole folder there before the release is published", dir, err)
		}
		if r := events.ValidateFolder(folder); r != nil {
			return nil, r
		}
		if got := folder.Digest(); want != "" && got != want {
			return nil, badFolder("the migration folder %s is %s and the request was made for %s; publish the folder that was built, under a new release id", dir, got, want)
		}
		return folder, nil
	}
	return nil, badFolder("the directory %s is not under one of the app's database.migrations.allow_dirs; use one that is, or let an operator allow it", dir)
}

func badFolder(format string, args ...any) *events.Rejection {
	return &events.Rejection{Code: events.BadFolder, Pointer: "/data/migrations/path", Text: fmt.Sprintf(format, args...)}
}

// below is dir as a path inside root.
func below(root, dir string) (string, bool) {
	if root == dir {
		return ".", true
	}
	rel, ok := strings.CutPrefix(dir, strings.TrimSuffix(root, "/")+"/")
	return rel, ok && filepath.IsLocal(rel)
}

func readBelow(name, rel string) (events.Folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	inside, err := root.OpenRoot(rel)
	if err != nil {
		return nil, err
	}
	defer func() { _ = inside.Close() }()
	var folder events.Folder
	total := 0
	for _, sub := range []string{".", "expand", "contract"} {
		entries, err := fs.ReadDir(inside.FS(), sub)
		if sub != "." && os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if sub == "." && e.IsDir() && (e.Name() == "expand" || e.Name() == "contract") {
				continue
			}
			body, err := readRegular(inside, path.Join(sub, e.Name()))
			if err != nil {
				return nil, err
			}
			if total += len(body); total > events.MaxFolder || len(folder) >= events.MaxFiles {
				return nil, fmt.Errorf("it has more than %d files or %d MiB", events.MaxFiles, events.MaxFolder>>20)
			}
			folder = append(folder, events.File{Name: path.Join(sub, e.Name()), Body: body})
		}
	}
	return folder, nil
}

// readRegular opens first and looks then, so that what was looked at is what is read. A named pipe must not make it wait.
func readRegular(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	body, err := io.ReadAll(io.LimitReader(f, events.MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(body) > events.MaxFile {
		return nil, fmt.Errorf("%s has more than %d bytes", name, events.MaxFile)
	}
	return body, nil
}
