package content

import (
	"io/fs"
	"testing/fstest"
)

// Belongs reports whether a file of that name is part of a content folder.
func Belongs(name string) bool { return belongs(name) }

// Overlay is a folder with files laid over it. An empty one takes the file away.
func Overlay(base fs.FS, files map[string][]byte) (fs.FS, error) {
	merged, err := read(base)
	if err != nil {
		return nil, err
	}
	for name, body := range files {
		if len(body) == 0 {
			delete(merged, name)
			continue
		}
		merged[name] = &fstest.MapFile{Data: body}
	}
	return merged, nil
}
