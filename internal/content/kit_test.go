package content_test

import (
	"io/fs"
	"maps"
	"testing"
	"testing/fstest"

	"seventh/internal/content"
	"seventh/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// small is the smallest folder in which everything refers to something.
func small() fstest.MapFS {
	return folder(map[string]string{
		"seventh.yaml": `time_zone: Europe/Moscow
senders: { team: { email: team@example.com } }
fallback_sender: team
attributes: { industry: { type: string } }
`,
		"sequences/hello.yaml": `sequence: hello
steps:
  - id: guide
    email: c/guide
  - { id: case, after: 21d, email: c/case }
`,
		"segments/food.yaml":    "segment: food\nwhere: { attributes: { industry: food } }\n",
		"templates/layout.html": "<html><body>{{ .body }}<a href=\"{{ .link.unsubscribe }}\">unsubscribe</a></body></html>\n",
		"templates/c/guide.md":  "---\nsubject: Guide\n---\nHello {{ .client.first_name }}!\n",
		"templates/c/case.md":   "---\nsubject: Case\n---\nHow {{ .client.attributes.industry }} does it.\n",
	})
}

func folder(files map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS, len(files))
	for name, body := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return fsys
}

// with is a folder with files changed or, for an empty text, removed.
func with(base fstest.MapFS, files map[string]string) fstest.MapFS {
	changed := maps.Clone(base)
	for name, body := range files {
		changed[name] = &fstest.MapFile{Data: []byte(body)}
		if body == "" {
			delete(changed, name)
		}
	}
	return changed
}

// load reads a folder that has no problems.
func load(t testing.TB, fsys fs.FS) *content.Folder {
	t.Helper()
	loaded, problems, err := content.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("unexpected problem: %s", p)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return loaded
}
