package templates

import (
	"embed"
	"io/fs"
)

//go:embed all:library
var library embed.FS

// Library returns the letters and the layout built into the binary, as a content folder: its root holds templates/.
func Library() fs.FS {
	root, err := fs.Sub(library, "library")
	if err != nil {
		panic(err) // the name is a constant
	}
	return root
}
