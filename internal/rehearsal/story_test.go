package rehearsal

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite what testdata expects")

// testdata/mistakes/*.txtar are stories with mistakes, and NAME.want what is said.
func TestMistakesInStoriesAreToldWithTheirCures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mistakes/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no stories with mistakes", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, problems := Parse("story.txtar", src)
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(p.String() + "\n")
			}
			want := strings.TrimSuffix(file, ".txtar") + ".want"
			if *update {
				if err := os.WriteFile(want, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(expected), got.String()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// Every verb's own pattern is understood as that verb: none hides another.
func TestEveryVerbIsUnderstood(t *testing.T) {
	t.Parallel()
	for i := range verbs {
		pattern := strings.ToLower(strings.ReplaceAll(verbs[i].pattern, "…", ""))
		v, args := verbFor(strings.Fields(pattern))
		if v != &verbs[i] {
			t.Errorf("%q is not understood as itself", verbs[i].pattern)
		}
		if len(args) != len(verbs[i].names()) {
			t.Errorf("%q has arguments %q", verbs[i].pattern, args)
		}
	}
}

func TestUpdateReplacesTheTouchesOnly(t *testing.T) {
	t.Parallel()
	const timeline = "-- timeline --\nat 2027-03-01 10:00 Europe/Moscow\n"
	for _, tt := range []struct{ name, before, want string }{
		{"none yet", timeline, timeline + "-- touches --\nann\n  new\n"},
		{"none, and no line end", strings.TrimSuffix(timeline, "\n"), timeline + "-- touches --\nann\n  new\n"},
		{"at the end", timeline + "-- touches --\nann\n  old\n", timeline + "-- touches --\nann\n  new\n"},
		{"in the middle", "-- touches --\nold\n\n" + timeline, "-- touches --\nann\n  new\n" + timeline},
		{"empty", timeline + "-- touches --", timeline + "-- touches --\nann\n  new\n"},
	} {
		story, problems := Parse("story.txtar", []byte(tt.before))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if diff := cmp.Diff(tt.want, string(story.Updated("ann\n  new\n"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		story.KeepTouches()
		if diff := cmp.Diff(tt.want, string(story.Updated("ann\n  new\n"))); diff != "" {
			t.Errorf("%s, touches kept (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestDiffNamesLinesOfTheStory(t *testing.T) {
	t.Parallel()
	want := strings.Split("ann\n  one\n  two\n  three\n  four\n  five\n  six\n  seven\n  eight\n  nine\n  ten", "\n")
	got := strings.Split("ann\n  one\n  two\n  3\n  four\n  five\n  six\n  seven\n  eight\n  nine\n  ten\n  eleven", "\n")
	const expected = `@@ line 20 @@
 ann
   one
   two
-  three
+  3
   four
   five
   six
@@ line 28 @@
   eight
   nine
   ten
+  eleven
`
	if diff := cmp.Diff(expected, diff(want, got, 20)); diff != "" {
		t.Errorf("diff (-want +got):\n%s", diff)
	}
	if got := diff(want, want, 20); got != "" {
		t.Errorf("equal texts differ:\n%s", got)
	}
}

// FuzzParse holds that no text brings the parser down, that its problems have
// places, and that it splits archives as txtar does.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/mistakes/*.txtar", "../../worker/testdata/stories/*.txtar", "../../sequences/library/stories/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		story, problems := Parse("story.txtar", src)
		lines := strings.Count(string(src), "\n") + 2
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Message == "" || strings.ContainsAny(p.Message, "\n\r") {
				t.Errorf("a problem of a text with %d lines: %q", lines, p)
			}
		}
		if len(problems) == 0 {
			story.Updated("ann\n")
		}
		_, files := sections(src)
		archive := txtar.Parse(src)
		if strings.Contains(string(src), "\r") || len(archive.Files) != len(files) {
			return // txtar has an opinion of its own about those
		}
		for i, file := range archive.Files {
			if body := string(files[i].body); body != string(file.Data) && body+"\n" != string(file.Data) {
				t.Errorf("file %s is %q, txtar says %q", file.Name, files[i].body, file.Data)
			}
		}
	})
}
