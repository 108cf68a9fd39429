package content

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"seventh/sequences"
)

func TestMistakesInAttachedFilesHaveTheirCure(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 2<<20)
	files := fstest.MapFS{
		"sequences/hello.yaml": {Data: []byte("sequence: hello\nsteps:\n  - { id: one, email: c/guide, attach: [price.pdf] }\n")},
		"files/price.pdf":      {Data: []byte("x")}, "files/cases/food.pdf": {Data: []byte("x")}, "files/old/price.pdf": {Data: []byte("x")},
		"files/a.zip": {Data: []byte(large)}, "files/b.zip": {Data: []byte(large)}, "files/c.zip": {Data: []byte(large)},
	}
	const at = "sequences/hello.yaml:3:22: "
	for _, tc := range []struct {
		name   string
		attach []string
		want   []string
	}{
		{"files that are there", []string{"price.pdf", "cases/food.pdf"}, nil},
		{"a file that is not there, with the nearest that is", []string{"prise.pdf"}, []string{`there is no file files/prise.pdf to attach, did you mean "price.pdf"?`}},
		{"a file that is not there, and nothing is near", []string{"catalogue.docx"},
			[]string{"there is no file files/catalogue.docx to attach: put it into the folder files/, or remove it from attach"}},
		{"the folder written before the name", []string{"files/price.pdf"}, []string{`write the attached file "files/price.pdf" without files/: price.pdf`}},
		{"one file twice", []string{"price.pdf", "price.pdf"}, []string{"the file price.pdf is attached twice: remove one"}},
		{"two files of one name", []string{"price.pdf", "old/price.pdf"},
			[]string{"the files price.pdf and old/price.pdf look the same in a letter: give one of them another name"}},
		{"as much as a letter carries", []string{"a.zip", "b.zip"}, nil},
		{"too much for one letter", []string{"a.zip", "b.zip", "c.zip"},
			[]string{"the files of this letter are 6.0 MiB together, and many mail servers refuse more than 5: put the large ones on your site and link to them"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := loading{folder: &Folder{files: files}}
			l.attachments(&sequences.Sequence{File: "sequences/hello.yaml"}, &sequences.Step{Line: 3, Column: 22, Attach: tc.attach})
			var got []string
			for _, p := range l.problems {
				got = append(got, strings.TrimPrefix(p.String(), at))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("told %q, want %q", got, tc.want)
			}
		})
	}
}
