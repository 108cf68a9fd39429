package worker_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seventh/internal/content"
	"seventh/internal/pgtest"
	"seventh/internal/rehearsal"
)

// TestStories plays testdata/stories/*.txtar: what marketers, reps, the CRM, clients and mail servers do on which day,
// and which letters go out. Package rehearsal says how a story is written; `seventh rehearse` plays them, too.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.txtar")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are no stories")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			must(t, err)
			story, problems := rehearsal.Parse(file, src)
			for _, p := range problems {
				t.Error(p)
			}
			if len(problems) > 0 {
				return
			}
			log := slog.New(slog.NewTextHandler(t.Output(), nil))
			played, err := rehearsal.Play(t.Context(), pgtest.DB(t), story, content.BuiltIn(), log)
			must(t, err)
			for _, p := range played.Problems {
				t.Errorf("%s\n\t%s", p, p.Source)
			}
			if played.Diff != "" {
				t.Errorf("touches (-expected +happened):\n%s", played.Diff)
			}
			if t.Failed() {
				t.Log(played.Touches)
			}
		})
	}
}
