package content

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"seventh/internal/store"
)

// Look is what a watched folder was found to be: its problems or, without mistakes,
// what publishing it would change.
type Look struct {
	Number   int // counts looks, from 1
	At       time.Time
	Changed  []string // files since the look before: "saved sequences/hello.yaml"
	Problems []Problem
	Plan     *Plan // nil with mistakes
	Failed   error // the folder cannot be read, or not be planned

	folder *Folder
}

// Zone is the company's time zone.
func (l *Look) Zone() *time.Location {
	if l.folder == nil {
		return time.UTC
	}
	return l.folder.Zone()
}

// Watcher looks at a folder again whenever something in it is saved. It compares the
// files' times and sizes a few times a second instead of asking the system for
// events: that works on every mounted and shared folder, whatever way an editor has
// of saving, and a content folder is small.
type Watcher struct {
	FS    fs.FS
	DB    store.DB
	Every time.Duration // between two comparisons; default pollEvery

	mu     sync.Mutex
	latest Look
	again  bool // look although nothing was saved
}

const pollEvery = 300 * time.Millisecond

// Latest is the last look; its Number is 0 before the first.
func (w *Watcher) Latest() Look {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest
}

// Run looks at the folder at once and after every change, until ctx ends. Files that
// are still being written are waited for: two comparisons must find the same.
func (w *Watcher) Run(ctx context.Context, now func() time.Time, told func(Look)) {
	every := w.Every
	if every == 0 {
		every = pollEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var seen, before map[string]stamp
	for first := true; ; first = false {
		found := stamps(w.FS)
		settled := maps.Equal(found, before)
		before = found
		if first || w.asked() || w.published(ctx) || settled && !maps.Equal(found, seen) {
			look := w.look(ctx, differences(seen, found), now())
			seen = found
			if ctx.Err() != nil {
				return
			}
			told(look)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (w *Watcher) asked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	again := w.again
	w.again = false
	return again
}

// published tells that another publication is in force than the one the latest look
// was compared with: somebody has published from elsewhere.
func (w *Watcher) published(ctx context.Context) bool {
	plan := w.Latest().Plan
	if plan == nil {
		return false
	}
	now, err := store.LatestPublication(ctx, w.DB)
	return err == nil && now.ID != plan.Base
}

func (w *Watcher) look(ctx context.Context, changed []string, at time.Time) Look {
	l := Look{At: at, Changed: changed}
	l.folder, l.Problems, l.Failed = Load(w.FS)
	if l.Failed == nil && l.folder != nil {
		l.Plan, l.Failed = PlanFor(ctx, w.DB, l.folder)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	l.Number = w.latest.Number + 1
	w.latest = l
	return l
}

// ErrOldLook says that the folder was saved again after the look that is meant.
var ErrOldLook = errors.New("the folder has changed since: look at it again")

// Publish puts the folder in force as one look found it, and nothing else.
func (w *Watcher) Publish(ctx context.Context, number int) (Published, error) {
	l := w.Latest()
	if l.Number != number || l.Plan == nil {
		return Published{}, ErrOldLook
	}
	published, err := PublishOn(ctx, w.DB, l.folder, Terms{Plan: l.Plan})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.again = true // whether it was published, or the plan was stale
	return published, err
}

// Text is a look as a terminal shows it below its headline, without the problems.
func (l *Look) Text() string {
	switch {
	case l.Failed != nil:
		return l.Failed.Error() + "\n"
	case l.Plan == nil:
		return ""
	case !l.Plan.Any() && len(l.Plan.Refused) == 0:
		return "No problems. This is what is in force.\n"
	}
	return "No problems. Publishing would change:\n" + l.Plan.Text(l.Zone())
}

// stamp tells a file from what it was before.
type stamp struct {
	size  int64
	saved time.Time
}

// stamps are those of the folder's files. One that vanishes meanwhile, as editors
// have it that save under another name first, is not there.
func stamps(fsys fs.FS) map[string]stamp {
	files := make(map[string]stamp)
	_ = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // told when the folder is read
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
		if info, err := entry.Info(); err == nil {
			files[name] = stamp{info.Size(), info.ModTime()}
		}
		return nil
	})
	return files
}

// differences are told in words, by file; none before the first look.
func differences(before, after map[string]stamp) []string {
	var names []string
	for name, s := range after {
		old, was := before[name]
		switch {
		case before == nil || was && old == s:
		case was:
			names = append(names, fmt.Sprintf("saved %s", name))
		default:
			names = append(names, fmt.Sprintf("added %s", name))
		}
	}
	for name := range before {
		if _, is := after[name]; !is {
			names = append(names, fmt.Sprintf("removed %s", name))
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		_, a, _ = strings.Cut(a, " ")
		_, b, _ = strings.Cut(b, " ")
		return strings.Compare(a, b)
	})
	return names
}
