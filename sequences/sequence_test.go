package sequences

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestStepsFollowOneAnother(t *testing.T) {
	t.Parallel()
	q, problems := ParseSequence("c.yaml", []byte("sequence: c\nsteps:\n  - { id: a, email: c/a }\n  - { id: b, email: c/b, after: 3d }\n"), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, tc := range []struct {
		after, want string
	}{{"", "a"}, {"a", "b"}, {"b", ""}, {"unknown", ""}} {
		if got, ok := q.Next(tc.after); got.ID != tc.want || ok != (tc.want != "") {
			t.Errorf("after %q comes %q, %v; want %q", tc.after, got.ID, ok, tc.want)
		}
	}
	b, ok := q.Step("b")
	if !ok || b.Email.First() != "c/b" || b.Line != 4 || b.Column != 21 {
		t.Errorf("step b is %+v, %v", b, ok)
	}
	if _, ok := q.Step(""); ok {
		t.Error("there is a step without an id")
	}
	if _, ok := new(Sequence).Next(""); ok {
		t.Error("an empty sequence has a first step")
	}
}

func TestSomeExitsAreNotForTheMarketerToLeaveOut(t *testing.T) {
	t.Parallel()
	q := Sequence{ExitOn: ExitOn{Words: []string{"reply"}}}
	for what, want := range map[string]bool{"reply": true, "unsubscribe": true, "bounce": true, "complaint": true, "purchase": false} {
		if got := q.ExitsOn(what); got != want {
			t.Errorf("ends on %s: %v, want %v", what, got, want)
		}
	}
}

func TestWithoutSettingsNamesAreNotChecked(t *testing.T) {
	t.Parallel()
	_, problems := ParseSequence("c.yaml", []byte("sequence: c\nsender: anybody\nwindow: any\naudience: { attributes: { any: thing } }\nsteps:\n  - { id: a, email: a }\n"), nil)
	if len(problems) > 0 {
		t.Error(problems)
	}
}

func TestHugeFilesAreRefused(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"too long":        "sequence: " + strings.Repeat("x", maxSource),
		"many brackets":   strings.Repeat("[", 500_000),
		"many dashes":     strings.Repeat("- ", 500_000),
		"a million marks": strings.Repeat("? ", 500_000),
		"one long line":   "sequence: c\nsteps: [" + strings.Repeat("{id: a, email: b}, ", 50_000) + "]",
		"many values":     "sequence: c\naudience: { owner: [a" + strings.Repeat(", b", 200_000) + "] }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, problems := ParseSequence("c.yaml", []byte(src), nil); len(problems) == 0 {
				t.Error("no problem was found")
			}
		})
	}
}

func TestProblemsStopWhereNobodyReadsOn(t *testing.T) {
	t.Parallel()
	_, problems := ParseSequence("c.yaml", []byte("sequence: c\nsteps:\n"+strings.Repeat("  - text\n", 5000)), nil)
	if len(problems) != maxProblems {
		t.Errorf("%d problems", len(problems))
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	known := []string{"industry", "city", "C", "mon", "automatic", ""}
	for got, want := range map[string]string{
		"industri": "industry", "indsutry": "industry", "INDUSTRY": "industry", "ciyt": "city",
		"c": "C", "E": "", "monday": "mon", "auto": "automatic", "zebra": "", "": "", strings.Repeat("industry", 20): "",
	} {
		if want != "" {
			want = `, did you mean "` + want + `"?`
		}
		if suggestion := DidYouMean(got, known); suggestion != want {
			t.Errorf("for %q: %q, want %q", got, suggestion, want)
		}
	}
}

// What nobody sees on the screen, and several words where there is one, are told with
// their cures.
func TestUnknownWordsThatLookRight(t *testing.T) {
	t.Parallel()
	known := []string{"B", "C", "owner"}
	for got, want := range map[string]string{
		"С":     `unknown category "С", which has Cyrillic letters that look like Latin ones: did you mean "C"? Allowed: B, C, owner.`,
		"оwnеr": `unknown category "оwnеr", which has Cyrillic letters that look like Latin ones: did you mean "owner"? Allowed: B, C, owner.`,
		"B, C":  `unknown category "B, C": write several as a list, [B, C]. Allowed: B, C, owner.`,
		"B, X":  `unknown category "B, X". Allowed: B, C, owner.`,
	} {
		if message := unknown("category", got, known); message != want {
			t.Errorf("for %q: %s, want %s", got, message, want)
		}
	}
}

// The content in the binary is content like any other.
func TestLibraryHasNoProblems(t *testing.T) {
	t.Parallel()
	src, err := fs.ReadFile(Library(), "seventh.yaml")
	if err != nil {
		t.Fatal(err)
	}
	settings, problems := ParseSettings("seventh.yaml", src)
	report(t, problems)
	err = fs.WalkDir(Library(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		src, err := fs.ReadFile(Library(), path)
		if err != nil {
			return err
		}
		switch folder, _, _ := strings.Cut(path, "/"); folder {
		case "sequences":
			_, problems := ParseSequence(path, src, settings)
			report(t, problems)
		case "segments":
			_, problems := ParseSegment(path, src, settings)
			report(t, problems)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, problems []Problem) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

func FuzzParseSequence(f *testing.F) {
	seed(f, "sequence-")
	seed(f, "segment-")
	settings, _ := ParseSettings("seventh.yaml", []byte(corpusSettings))
	f.Fuzz(func(t *testing.T, src []byte) {
		q, problems := ParseSequence("fuzz.yaml", src, settings)
		checkProblems(t, problems)
		if len(problems) == 0 && (len(q.Steps) == 0 || !namePattern.MatchString(q.Name)) {
			t.Errorf("a sequence without problems is %+v", q)
		}
		_, problems = ParseSegment("fuzz.yaml", src, settings)
		checkProblems(t, problems)
	})
}

func FuzzParseSettings(f *testing.F) {
	seed(f, "settings-")
	f.Fuzz(func(t *testing.T, src []byte) {
		s, problems := ParseSettings("fuzz.yaml", src)
		checkProblems(t, problems)
		if len(problems) == 0 && (s.TimeZone == "" || s.Senders[s.FallbackSender].Email == "") {
			t.Errorf("settings without problems are %+v", s)
		}
	})
}

func seed(f *testing.F, kind string) {
	f.Helper()
	f.Add([]byte(corpusSettings))
	f.Add([]byte("sequence: c\nsteps:\n- {id: a, email: c/a, after: 3d}\n"))
	f.Add([]byte("a: |2-\n\t\n? {[\n"))
	for _, dir := range []string{"valid", "invalid"} {
		paths, err := filepath.Glob(filepath.Join("testdata", dir, kind+"*.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			src, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
}

// checkProblems holds what editors and terminals rely on.
func checkProblems(t *testing.T, problems []Problem) {
	t.Helper()
	for _, p := range problems {
		if p.Line < 1 || p.Column < 1 || p.File == "" || p.Message == "" || !utf8.ValidString(p.Message) || strings.ContainsFunc(p.Message, forbidden) {
			t.Errorf("a problem that cannot be shown: %+q", p)
		}
	}
	if !slices.IsSortedFunc(problems, func(a, b Problem) int { return a.Line - b.Line }) {
		t.Error("problems are out of order")
	}
}

// What the library shows in comments works for whoever takes the # away.
func TestTheExampleOfAMailboxIsReadyToUse(t *testing.T) {
	src, err := fs.ReadFile(Library(), "seventh.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(src), "  # ann: {")
	example, after, closed := strings.Cut(rest, " }\n")
	example = "  ann: {" + strings.ReplaceAll(example, "\n  # ", "\n  ") + " }\n"
	if !found || !closed || !strings.Contains(example, "mailbox:") {
		t.Fatalf("the example is %q", example)
	}
	settings, problems := ParseSettings("seventh.yaml", []byte(before+example+after))
	if len(problems) > 0 || settings.Senders["ann"].Mailbox == nil || !settings.Senders["ann"].ReplyToken {
		t.Errorf("of %s\nbecomes %+v, with %v", example, settings, problems)
	}
}
