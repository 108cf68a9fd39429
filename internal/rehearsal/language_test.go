package rehearsal

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"seventh/internal/content"
	"seventh/internal/pgtest"
)

var storyBlock = regexp.MustCompile("(?ms)^```txtar story\n(.*?)^```$")

// mentioned is a line of a timeline in the tables of the reference.
var mentioned = regexp.MustCompile("`([a-z_]+ [^`]+)`")

// The reference's stories are played as they stand there.
func TestTheStoriesOfTheReferencePlay(t *testing.T) {
	t.Parallel()
	stories := storyBlock.FindAllStringSubmatch(reference(t), -1)
	if len(stories) == 0 {
		t.Fatal("LANGUAGE.md has no story")
	}
	for _, block := range stories {
		story, problems := Parse("LANGUAGE.md", []byte(block[1]))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		played, err := Play(t.Context(), pgtest.DB(t), story, content.BuiltIn(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range played.Problems {
			t.Error(p)
		}
	}
}

// Every line that the reference's tables of a story show is understood.
func TestTheLinesOfTheReferenceAreUnderstood(t *testing.T) {
	t.Parallel()
	_, tables, found := strings.Cut(reference(t), "| lines begin with |")
	if !found {
		t.Fatal("LANGUAGE.md has no table of what a timeline says")
	}
	tables, _, _ = strings.Cut(tables, "\n## ")
	lines := mentioned.FindAllStringSubmatch(tables, -1)
	if len(lines) < 30 {
		t.Fatalf("only %d lines were found", len(lines))
	}
	for _, line := range lines {
		if words := strings.Fields(line[1]); words[0] != "as" {
			if v, _ := verbFor(words); v == nil {
				t.Errorf("%s: %s", line[1], noVerb(words))
			}
		}
	}
}

func reference(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "LANGUAGE.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}
