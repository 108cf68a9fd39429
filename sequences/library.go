package sequences

import (
	"embed"
	"io/fs"
)

//go:embed all:library
var embedded embed.FS

// Library is the content built into the binary, but for the letters: settings,
// sequences, segments and calendars, laid out as a content folder.
func Library() fs.FS {
	library, err := fs.Sub(embedded, "library")
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return library
}
