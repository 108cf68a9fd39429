// Package content is a content folder as a whole: the settings, sequences,
// segments and letters that marketers keep in git. It loads a folder, checks what
// its files say about each other, and publishes it into the database, from where
// every process reads what is in force.
package content

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"
	"time"

	"seventh/sequences"
	"seventh/templates"
)

// SettingsFile is the one file that a folder must have.
const SettingsFile = "seventh.yaml"

// Folder is a content folder without mistakes.
type Folder struct {
	Settings  *sequences.Settings
	Sequences []*sequences.Sequence // by name
	Segments  []*sequences.Segment  // by name
	Letters   *templates.Set
	Scripts   *templates.Set // see Script

	files fstest.MapFS
}

// BuiltIn is the content in the binary, as one folder.
func BuiltIn() fs.FS {
	merged := make(fstest.MapFS)
	for _, part := range []fs.FS{sequences.Library(), templates.Library()} {
		files, err := read(part)
		if err != nil {
			panic(fmt.Sprintf("reading the built-in content: %v", err)) // embedded: cannot fail
		}
		for name, file := range files {
			merged[name] = file
		}
	}
	return merged
}

// Load reads a folder and reports every problem in it at once, by file and line.
// There is a folder unless one of them is a mistake (see Mistakes); warnings come
// with it. The error is about reading, not about what was read.
func Load(fsys fs.FS) (*Folder, []Problem, error) {
	files, err := read(fsys)
	if err != nil {
		return nil, nil, err
	}
	if files[SettingsFile] == nil {
		return nil, nil, errors.New("there is no seventh.yaml here: is this a content folder? `seventh init DIR` makes one")
	}
	l := loading{folder: &Folder{files: files}}
	l.load()
	if l.folder.Letters != nil {
		l.lintChains()
		l.lintLetters()
	}
	folder, problems := l.result()
	return folder, problems, nil
}

// FS is the folder as a file system.
func (f *Folder) FS() fs.FS { return f.files }

// Zone is the company's time zone.
func (f *Folder) Zone() *time.Location {
	zone, err := time.LoadLocation(f.Settings.TimeZone)
	if err != nil {
		return time.UTC // settings without mistakes have one
	}
	return zone
}

// Files returns the folder's files: path → body.
func (f *Folder) Files() map[string][]byte {
	files := make(map[string][]byte, len(f.files))
	for name, file := range f.files {
		files[name] = file.Data
	}
	return files
}

const (
	fileLimit = 1 << 20 // bytes
	fileCount = 5000
)

// sizeOf is how large a file may be, and why not larger.
func sizeOf(name string) (limit int64, because string) {
	if isAttachment(name) {
		return attachmentLimit, "larger than 2 MiB: mail servers refuse heavy letters, so put it on your site and link to it"
	}
	return fileLimit, "larger than 1 MiB: a letter or sequence never is"
}

// belongs reports whether a file is part of the content: others in a marketer's
// repository are none of our business.
func belongs(name string) bool {
	dir, _, nested := strings.Cut(name, "/")
	if !nested {
		return name == SettingsFile
	}
	switch dir {
	case "sequences", "segments":
		return path.Ext(name) == ".yaml" || path.Ext(name) == ".yml"
	case "templates":
		return path.Ext(name) == ".md" || path.Base(name) == "layout.html"
	case "scripts", "stories", "files":
		return true
	}
	return false
}

func read(fsys fs.FS) (fstest.MapFS, error) {
	files := make(fstest.MapFS)
	var attached int64
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && strings.HasPrefix(path.Base(name), ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || !belongs(name) {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if limit, because := sizeOf(name); info.Size() > limit {
			return fmt.Errorf("%s is %s", name, because)
		}
		if isAttachment(name) {
			attached += info.Size()
		}
		if attached > attachmentsLimit {
			return fmt.Errorf("files/ is larger than %d MiB: every process keeps it in memory, so remove what no letter carries", attachmentsLimit>>20)
		}
		if len(files) == fileCount {
			return fmt.Errorf("more than %d files: is this the right folder?", fileCount)
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		files[name] = &fstest.MapFile{Data: body}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the content folder: %w", err)
	}
	return files, nil
}
