package content_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/content"
)

func TestBuiltInContentHasNoMistakes(t *testing.T) {
	t.Parallel()
	built := load(t, content.BuiltIn())
	var names []string
	for _, s := range built.Sequences {
		names = append(names, s.Name)
		for _, step := range s.Steps {
			for _, locale := range []string{"ru", "en"} {
				if !slices.Contains(built.Letters.Locales(step.Email.First()), locale) {
					t.Errorf("%s has no letter %s in %q", s.Name, step.Email, locale)
				}
			}
		}
	}
	for _, want := range []string{"c-nurture", "d-nurture", "win-back"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no sequence %s among %v", want, names)
		}
	}
	if len(built.Segments) == 0 || built.Settings.Company.Name == "" {
		t.Errorf("%d segments of company %q", len(built.Segments), built.Settings.Company.Name)
	}
}

func TestFolderIsLoadedWhole(t *testing.T) {
	t.Parallel()
	fsys := small()
	loaded := load(t, fsys)
	if len(loaded.Sequences) != 1 || loaded.Sequences[0].Name != "hello" || loaded.Sequences[0].File != "sequences/hello.yaml" {
		t.Errorf("sequences %+v", loaded.Sequences)
	}
	if len(loaded.Segments) != 1 || loaded.Segments[0].Name != "food" {
		t.Errorf("segments %+v", loaded.Segments)
	}
	if diff := cmp.Diff([]string{"c/case", "c/guide"}, loaded.Letters.Names()); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	want := make(map[string][]byte)
	for name, file := range fsys {
		want[name] = file.Data
	}
	if diff := cmp.Diff(want, loaded.Files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestEveryMistakeOfAFolderIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	const offer = "---\nsubject: Offer\n---\nUntil {{ .offer.expires_at | date \"2 January\" }}.\n"
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{
			"a letter that is not there, with the nearest that is",
			map[string]string{"sequences/hello.yaml": "sequence: hello\nsteps:\n  - id: guide\n    email: c/giude\n"},
			[]string{`sequences/hello.yaml:4:12: there is no letter templates/c/giude.md, did you mean "c/guide"?`},
		},
		{
			"a letter that is not there, and nothing is near",
			map[string]string{"sequences/hello.yaml": "sequence: hello\nsteps:\n  - { id: guide, email: welcome }\n"},
			[]string{`sequences/hello.yaml:3:25: there is no letter templates/welcome.md`},
		},
		{
			"one name for two sequences",
			map[string]string{"sequences/again.yaml": "# a copy\nsequence: hello\nsteps: [{ id: a, email: c/guide }]\n"},
			[]string{`sequences/hello.yaml:1:1: the sequence "hello" is defined in sequences/again.yaml already: give this one another name`},
		},
		{
			"one name for two segments",
			map[string]string{"segments/again.yml": "segment: food\nwhere: { category: C }\n"},
			[]string{`segments/food.yaml:1:1: the segment "food" is defined in segments/again.yml already: give this one another name`},
		},
		{
			"an offer that nobody makes",
			map[string]string{
				"templates/c/offer.md":  offer,
				"sequences/offers.yaml": "sequence: offers\nsteps:\n  - { id: a, email: c/guide }\n  - { id: b, email: c/offer }\n",
			},
			[]string{"sequences/offers.yaml:4:21: the letter c/offer shows an offer, but neither this step nor one before it makes one: " +
				"add `offer: { name: …, expires: 5bd }` to the step"},
		},
		{
			"a link of an offer that nobody makes",
			map[string]string{
				"templates/c/take.md":   "---\nsubject: Offer\n---\n[Take it](https://example.com/ \"offer\")\n",
				"sequences/offers.yaml": "sequence: offers\nsteps:\n  - { id: a, email: c/guide }\n  - { id: b, email: c/take }\n",
			},
			[]string{"sequences/offers.yaml:4:21: the letter c/take has a link that takes up an offer, but neither this step nor one before it makes one: " +
				"add `offer: { name: …, expires: 5bd }` to the step"},
		},
		{
			"a link of an offer in one language only",
			map[string]string{
				"templates/c/take.en.md": "---\nsubject: Offer\n---\n[Take it](https://example.com/ \"offer\")\n",
				"templates/c/take.ru.md": "---\nsubject: Offer\n---\n[Take it](https://example.com/)\n",
				"sequences/offers.yaml":  "sequence: offers\nsteps: [{ id: a, email: c/take, offer: { name: spring, expires: 5bd } }]\n",
			},
			[]string{"templates/c/take.ru.md:1:1: warning: templates/c/take.en.md shows a link that takes up the offer, and this variant does not: was it forgotten in the translation?"},
		},
		{
			"an offer that is made in time",
			map[string]string{
				"templates/c/offer.md": offer,
				"sequences/offers.yaml": "sequence: offers\nsteps:\n  - { id: a, email: c/offer, offer: { name: spring, expires: 5bd } }\n" +
					"  - { id: b, after: 1d, email: c/offer }\n",
			},
			nil,
		},
		{
			"only one language shows the offer",
			map[string]string{
				"templates/c/offer.en.md": "---\nsubject: Offer\n---\nSoon.\n", "templates/c/offer.ru.md": offer,
				"sequences/offers.yaml": "sequence: offers\nsteps: [{ id: a, email: c/offer }]\n",
			},
			[]string{
				"sequences/offers.yaml:2:25: the letter c/offer shows an offer, but neither this step nor one before it makes one: " +
					"add `offer: { name: …, expires: 5bd }` to the step",
				"templates/c/offer.en.md:1:1: warning: templates/c/offer.ru.md shows {{ .offer.expires_at }}, and this variant does not: was it forgotten in the translation?",
			},
		},
		{
			"a letter with a mistake is not missing",
			map[string]string{"templates/c/guide.md": "---\nsubject: Guide\n---\n{{ .client.frist_name }}\n"},
			[]string{`templates/c/guide.md:4:4: unknown field .client.frist_name, did you mean .client.first_name?`},
		},
		{
			"without a layout no letter is missing",
			map[string]string{"templates/layout.html": ""},
			[]string{`templates/layout.html:1:1: there is no layout`},
		},
		{
			"several files at once, by file and line",
			map[string]string{
				"seventh.yaml":         "time_zone: Mars/Olympus\nsenders: { team: { email: team@example.com } }\nfallback_sender: taem\nattributes: { industry: {} }\n",
				"sequences/hello.yaml": "sequence: hello\nstep: []\n",
				"segments/food.yaml":   "segment: food\nwhere: { attributes: { indutsry: food } }\n",
			},
			[]string{"segments/food.yaml:2:", "sequences/hello.yaml:1:", "sequences/hello.yaml:2:", "seventh.yaml:1:", "seventh.yaml:3:"},
		},
		{
			"settings that cannot be read at all",
			map[string]string{"seventh.yaml": "time_zone: [\n"},
			[]string{"seventh.yaml:1:"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			loaded, problems, err := content.Load(with(small(), tc.files))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if !slices.EqualFunc(got, tc.want, strings.HasPrefix) {
				t.Errorf("told %q, want %q", got, tc.want)
			}
			if (loaded == nil) != (len(content.Mistakes(problems)) > 0) {
				t.Errorf("with %d problems the folder is %v", len(problems), loaded)
			}
		})
	}
}

func TestProblemShowsTheOffendingLine(t *testing.T) {
	t.Parallel()
	_, problems, err := content.Load(with(small(), map[string]string{
		"sequences/hello.yaml": "sequence: hello\r\nsteps:\r\n  - id: guide\r\n    email: c/giude\r\n",
	}))
	if err != nil || len(problems) != 1 || problems[0].Source != "    email: c/giude" {
		t.Errorf("told %+v (%v)", problems, err)
	}
}

func TestFolderWithoutSettingsIsNoContentFolder(t *testing.T) {
	t.Parallel()
	_, _, err := content.Load(with(small(), map[string]string{"seventh.yaml": ""}))
	if err == nil || !strings.Contains(err.Error(), "there is no seventh.yaml here") || !strings.Contains(err.Error(), "seventh init") {
		t.Errorf("told %v", err)
	}
}

func TestStrayFilesAreNotContent(t *testing.T) {
	t.Parallel()
	stray := []string{
		"README.md", "other.yaml", ".git/config", ".git/sequences/a.yaml", ".seventh/sequence.schema.json", "sequences/.hidden.yaml", "sequences/notes.txt",
		"sequences/hello.yaml.orig", "templates/picture.png", "templates/style.css", "vendor/seventh.yaml", "docs/sequences/a.yaml", "segments/a.json",
	}
	fsys := small()
	for _, name := range stray {
		fsys[name] = &fstest.MapFile{Data: []byte("not: [ours")}
	}
	fsys["sequences/link.yaml"] = &fstest.MapFile{Data: []byte("not: [ours"), Mode: fs.ModeSymlink}
	fsys["scripts/c/follow-up.md"] = &fstest.MapFile{Data: []byte("Ask.")}
	fsys["stories/first.txtar"] = &fstest.MapFile{Data: []byte("story")}

	files := load(t, fsys).Files()
	for _, name := range append(stray, "sequences/link.yaml") {
		if _, taken := files[name]; taken {
			t.Errorf("%s was taken for content", name)
		}
	}
	if len(files) != len(small())+2 {
		t.Errorf("%d files are content, want the script and the story beside %d", len(files), len(small()))
	}
}

func TestHugeFolderIsRefused(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 1<<20)
	if _, problems, err := content.Load(with(small(), map[string]string{"stories/big.txtar": big})); err != nil || len(problems) > 0 {
		t.Errorf("a file of 1 MiB: %v %v", err, problems)
	}
	_, _, err := content.Load(with(small(), map[string]string{"stories/big.txtar": big + "x"}))
	if err == nil || !strings.Contains(err.Error(), "stories/big.txtar is larger than 1 MiB") {
		t.Errorf("a file of more than 1 MiB: %v", err)
	}
	heavy := strings.Repeat("x", 2<<20)
	folder := load(t, with(small(), map[string]string{"files/price.pdf": heavy, "files/cases/food.bin": "\x00\xff"}))
	if body, found := folder.Attachment("price.pdf"); !found || len(body) != len(heavy) {
		t.Errorf("a file of 2 MiB to attach: %d bytes, %v", len(body), found)
	}
	_, _, err = content.Load(with(small(), map[string]string{"files/price.pdf": heavy + "x"}))
	if err == nil || !strings.Contains(err.Error(), "files/price.pdf is larger than 2 MiB") || !strings.Contains(err.Error(), "link to it") {
		t.Errorf("a file of more than 2 MiB to attach: %v", err)
	}
	files := map[string]string{}
	for i := range 26 {
		files[fmt.Sprintf("files/%d.pdf", i)] = heavy
	}
	if _, _, err := content.Load(with(small(), files)); err == nil || !strings.Contains(err.Error(), "files/ is larger than 50 MiB") {
		t.Errorf("52 MiB of files to attach: %v", err)
	}
	many := small()
	for i := range 5000 {
		many[fmt.Sprintf("scripts/%d.md", i)] = &fstest.MapFile{Data: []byte("x")}
	}
	if _, _, err := content.Load(many); err == nil || !strings.Contains(err.Error(), "more than 5000 files") {
		t.Errorf("more than 5000 files: %v", err)
	}
}

func TestUnreadableFolderIsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is broken")
	if _, _, err := content.Load(failing{broken}); !errors.Is(err, broken) {
		t.Errorf("told %v", err)
	}
}

// failing is a file system that cannot be read.
type failing struct{ err error }

func (f failing) Open(string) (fs.File, error) { return nil, f.err }

// No folder, however broken, makes Load panic or gives a folder with problems.
func FuzzLoad(f *testing.F) {
	base := small()
	f.Add(string(base["seventh.yaml"].Data), string(base["sequences/hello.yaml"].Data), string(base["segments/food.yaml"].Data), string(base["templates/c/guide.md"].Data))
	f.Add("time_zone: UTC\n", "sequence: hello\nsteps: [{ id: a, email: c/guide, offer: { name: x, expires: 5bd } }]", "segment: x\nwhere: {}\n", "---\nsubject: x\n---\n{{ .offer.name }}")
	f.Add("", "", "", "")
	f.Fuzz(func(t *testing.T, settings, sequence, segment, letter string) {
		loaded, problems, err := content.Load(with(base, map[string]string{
			"seventh.yaml": settings, "sequences/hello.yaml": sequence, "segments/food.yaml": segment, "templates/c/guide.md": letter,
		}))
		if outcomes, mistakes := 0, content.Mistakes(problems); err != nil || loaded != nil || len(mistakes) > 0 {
			for _, happened := range []bool{err != nil, loaded != nil, len(mistakes) > 0} {
				if happened {
					outcomes++
				}
			}
			if outcomes != 1 {
				t.Errorf("a folder %v, problems %v and an error %v at once", loaded, problems, err)
			}
		}
		for _, p := range problems {
			if p.File == "" || p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("a problem without a place: %+v", p)
			}
		}
	})
}
