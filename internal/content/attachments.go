package content

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"seventh/sequences"
)

const (
	attachmentLimit  = 2 << 20  // bytes of one file
	letterLimit      = 5 << 20  // bytes of all files of a letter
	attachmentsLimit = 50 << 20 // bytes of the folder
)

const attachmentsFolder = "files/"

func isAttachment(name string) bool { return strings.HasPrefix(name, attachmentsFolder) }

// Attachment returns the body of one of the files in files/.
func (f *Folder) Attachment(name string) ([]byte, bool) {
	file := f.files[attachmentsFolder+name]
	if file == nil {
		return nil, false
	}
	return file.Data, true
}

// attachmentNames are the files there are, by name.
func (f *Folder) attachmentNames() []string {
	var names []string
	for name := range f.files {
		if isAttachment(name) {
			names = append(names, strings.TrimPrefix(name, attachmentsFolder))
		}
	}
	slices.Sort(names)
	return names
}

// attachments checks the files that a step's letter carries.
func (l *loading) attachments(s *sequences.Sequence, step *sequences.Step) {
	problem := func(format string, args ...any) {
		l.problem(s.File, step.Line, step.Column, fmt.Sprintf(format, args...))
	}
	shown := make(map[string]string, len(step.Attach)) // what the reader sees, and where it is from
	size := 0
	for _, name := range step.Attach {
		body, found := l.folder.Attachment(name)
		bare := strings.TrimPrefix(name, attachmentsFolder)
		other, twice := shown[path.Base(name)]
		switch {
		case !found && bare != name:
			problem("write the attached file %q without files/: %s", name, bare)
		case !found:
			problem("there is no file files/%s to attach%s", name, cure(name, l.folder.attachmentNames()))
		case twice && other == name:
			problem("the file %s is attached twice: remove one", name)
		case twice:
			problem("the files %s and %s look the same in a letter: give one of them another name", other, name)
		}
		shown[path.Base(name)] = name
		size += len(body)
	}
	if size > letterLimit {
		problem("the files of this letter are %.1f MiB together, and many mail servers refuse more than 5: put the large ones on your site and link to them",
			float64(size)/(1<<20))
	}
}

func cure(name string, known []string) string {
	if hint := sequences.DidYouMean(name, known); hint != "" {
		return hint
	}
	return ": put it into the folder files/, or remove it from attach"
}
