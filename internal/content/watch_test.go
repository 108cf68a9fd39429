package content_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seventh/internal/content"
	"seventh/internal/pgtest"
)

// desk is a real folder that is watched.
type desk struct {
	t     *testing.T
	dir   string
	watch *content.Watcher
	looks chan content.Look
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), looks: make(chan content.Look, 100)}
	for name, file := range small() {
		d.write(name, string(file.Data))
	}
	d.watch = &content.Watcher{FS: os.DirFS(d.dir), DB: pgtest.DB(t), Every: 10 * time.Millisecond}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.watch.Run(ctx, time.Now, func(l content.Look) { d.looks <- l })
	}()
	t.Cleanup(func() { stop(); <-done })
	return d
}

func (d *desk) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// until waits for a look that is as wanted, and returns it.
func (d *desk) until(wanted string, is func(content.Look) bool) content.Look {
	d.t.Helper()
	for {
		select {
		case l := <-d.looks:
			if is(l) {
				return l
			}
		case <-d.t.Context().Done():
			d.t.Fatalf("never %s", wanted)
		}
	}
}

func has(l content.Look, change string) bool { return slices.Contains(l.Changed, change) }

func TestEverySaveIsLookedAt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.until("looked at", func(content.Look) bool { return true })
	if first.Number != 1 || len(first.Changed) > 0 || len(first.Problems) > 0 || first.Plan == nil || !first.Plan.Any() {
		t.Errorf("at first: %+v", first)
	}

	// A mistake, and its cure by an editor that saves under another name first.
	d.write("sequences/hello.yaml", "sequence: hello\nsteps:\n  - id: guide\n    email: c/giude\n")
	l := d.until("a mistake", func(l content.Look) bool { return has(l, "saved sequences/hello.yaml") })
	if l.Plan != nil || len(l.Problems) == 0 || !strings.Contains(l.Problems[0].Message, `did you mean "c/guide"`) {
		t.Errorf("with a mistake: %+v", l)
	}
	d.write("sequences/.hello.yaml.swp", "sequence: hello\nsteps: [{ id: guide, email: c/guide }, { id: case, after: 3d, email: c/case }]\n")
	if err := os.Rename(filepath.Join(d.dir, "sequences/.hello.yaml.swp"), filepath.Join(d.dir, "sequences/hello.yaml")); err != nil {
		t.Fatal(err)
	}
	d.until("cured", func(l content.Look) bool { return has(l, "saved sequences/hello.yaml") && l.Plan != nil })

	// A folder that is new, and a file that goes.
	d.write("templates/new/deep/letter.md", "---\nsubject: New\n---\nHello\n")
	d.until("a new file", func(l content.Look) bool { return has(l, "added templates/new/deep/letter.md") })
	if err := os.RemoveAll(filepath.Join(d.dir, "templates/new")); err != nil {
		t.Fatal(err)
	}
	d.until("a file removed", func(l content.Look) bool { return has(l, "removed templates/new/deep/letter.md") })

	// Without settings it is no content folder any more.
	if err := os.Remove(filepath.Join(d.dir, "seventh.yaml")); err != nil {
		t.Fatal(err)
	}
	d.until("no content folder", func(l content.Look) bool {
		return l.Failed != nil && strings.Contains(l.Text(), "there is no seventh.yaml")
	})
}

func TestOnlyWhatWasLookedAtIsPublished(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.until("looked at", func(content.Look) bool { return true })
	d.write("templates/c/case.md", "---\nsubject: Another\n---\nCase\n")
	second := d.until("saved", func(l content.Look) bool { return has(l, "saved templates/c/case.md") })
	if _, err := d.watch.Publish(t.Context(), first.Number); !errors.Is(err, content.ErrOldLook) {
		t.Errorf("an old look is published: %v", err)
	}
	published, err := d.watch.Publish(t.Context(), second.Number)
	if err != nil || !published.Changed {
		t.Fatalf("published %+v (%v)", published, err)
	}
	l := d.until("looked at after publishing", func(l content.Look) bool { return l.Number > second.Number })
	if l.Plan == nil || l.Plan.Any() || !strings.Contains(l.Text(), "This is what is in force") {
		t.Errorf("after publishing: %s", l.Text())
	}
}

// Somebody publishes from the command line: what the desk shows follows.
func TestPublishingElsewhereIsNoticed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.until("looked at", func(content.Look) bool { return true })
	folder, problems, err := content.Load(os.DirFS(d.dir))
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	if _, err := content.PublishOn(t.Context(), d.watch.DB, folder, content.Terms{}); err != nil {
		t.Fatal(err)
	}
	l := d.until("looked at again", func(l content.Look) bool { return l.Number > first.Number })
	if l.Plan == nil || l.Plan.Any() {
		t.Errorf("after publishing elsewhere: %s", l.Text())
	}
}
