package events

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strconv"
)

// File is one file of a migration folder: its path inside the folder (slash-separated, one optional level:
// "0001_init.up.sql" or "expand/0001_init.up.sql") and its bytes.
type File struct {
	Name string `json:"name"`
	Body []byte `json:"body"`
}

// Folder is a whole migration folder, sorted by name. It always travels whole: what is new in it is teal's business.
type Folder []File

// Digest is the sha256 over names, lengths and bytes in order of name, as "sha256:<hex>". Two folders with equal
// digests hold the same files.
func (f Folder) Digest() string {
	files := append(Folder(nil), f...)
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	h := sha256.New()
	for _, file := range files {
		h.Write([]byte(strconv.Itoa(len(file.Name)) + ":" + file.Name + strconv.Itoa(len(file.Body)) + ":"))
		h.Write(file.Body)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
