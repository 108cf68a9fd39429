package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/content"
	"seventh/internal/rehearsal"
)

type rehearseCommand struct {
	Paths  []string `arg:"" optional:"" type:"path" name:"story" help:"Stories, or content folders whose stories/*.txtar are meant; default: --content, or the built-in content."`
	Update bool     `help:"Write down in each story the touches that happened, instead of comparing them."`
	JSON   bool     `name:"json" help:"Print the results as JSON."`
}

// rehearsed is a story and how it went.
type rehearsed struct {
	File     string              `json:"file"`
	Passed   bool                `json:"passed"`
	Updated  bool                `json:"updated,omitempty"`
	Days     int                 `json:"days"`
	Letters  int                 `json:"letters"`
	Seconds  float64             `json:"seconds"`
	Problems []rehearsal.Problem `json:"problems"`
	Diff     string              `json:"diff,omitempty"`

	story *rehearsal.Story
	src   []byte
	base  fs.FS
	path  string // where it can be written; "" for a built-in one
}

// Run plays stories and tells where they went otherwise.
func (c rehearseCommand) Run(p *process, s *Settings) error {
	stories, err := c.stories(s)
	if err != nil {
		return err
	}
	if len(stories) == 0 {
		return errors.New("there are no stories: write them as stories/NAME.txtar in the content folder; `seventh init DIR` writes some to start from")
	}
	log := slog.New(slog.DiscardHandler)
	if s.Log != "" {
		if log, err = s.logger(p); err != nil {
			return err
		}
	}
	if err := c.playAll(p, s, stories, log); err != nil {
		return err
	}
	if c.JSON {
		for _, r := range stories {
			if r.Problems == nil {
				r.Problems = []rehearsal.Problem{}
			}
		}
		if err := json.NewEncoder(p.stdout).Encode(map[string]any{"stories": stories}); err != nil {
			return err
		}
	}
	failed := 0
	for _, r := range stories {
		if !r.Passed {
			failed++
		}
	}
	if !c.JSON {
		fmt.Fprintf(p.stdout, "%s, %d failed.\n", strings.Replace(counted(len(stories), "story"), "storys", "stories", 1), failed)
	}
	if failed > 0 {
		return errReported
	}
	return nil
}

// stories finds and reads what is to be played.
func (c rehearseCommand) stories(s *Settings) ([]*rehearsed, error) {
	if len(c.Paths) == 0 {
		base, err := s.folder("")
		if err != nil {
			return nil, err
		}
		return storiesOf(base, s.Content)
	}
	var all []*rehearsed
	for _, path := range c.Paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("opening the stories: %w", err)
		}
		if info.IsDir() {
			found, err := storiesOf(os.DirFS(path), path)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading a story: %w", err)
		}
		base, err := s.contentAround(path)
		if err != nil {
			return nil, err
		}
		all = append(all, &rehearsed{File: shortest(path), path: path, src: src, base: base})
	}
	return all, nil
}

// storiesOf are the stories of a folder; dir is where it is, ” for a built-in one.
func storiesOf(base fs.FS, dir string) ([]*rehearsed, error) {
	names, err := fs.Glob(base, "stories/*.txtar")
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(base, content.SettingsFile); err != nil { // a folder of nothing but stories
		return nil, fmt.Errorf("%s has no seventh.yaml: name a content folder, or the stories themselves", dir)
	}
	var all []*rehearsed
	for _, name := range names {
		src, err := fs.ReadFile(base, name)
		if err != nil {
			return nil, fmt.Errorf("reading a story: %w", err)
		}
		r := &rehearsed{File: name, src: src, base: base}
		if dir != "" {
			r.path = filepath.Join(dir, filepath.FromSlash(name))
			r.File = shortest(r.path)
		}
		all = append(all, r)
	}
	return all, nil
}

// contentAround is the content folder that a story stands in, or else the one that
// is configured.
func (s *Settings) contentAround(path string) (fs.FS, error) {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, content.SettingsFile)); err == nil {
			return os.DirFS(dir), nil
		}
		if dir == filepath.Dir(dir) {
			return s.folder("")
		}
	}
}

// shortest is a path as people name it from here.
func shortest(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if relative, err := filepath.Rel(here, path); err == nil && !strings.HasPrefix(relative, "..") {
		return relative
	}
	return path
}

// playAll plays stories side by side and reports them in order.
func (c rehearseCommand) playAll(p *process, s *Settings, stories []*rehearsed, log *slog.Logger) (err error) {
	playable := false
	for _, r := range stories {
		r.story, r.Problems = rehearsal.Parse(r.File, r.src)
		playable = playable || len(r.Problems) == 0
	}
	done := make([]chan error, len(stories))
	for i := range done {
		done[i] = make(chan error, 1)
	}
	ctx, cancel := context.WithCancel(p)
	defer cancel()
	var group sync.WaitGroup
	if playable {
		databases, err := rehearsal.OpenDatabases(ctx, filepath.Join(s.Data, "rehearsal"), log)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, databases.Close()) }()
		defer group.Wait() // before the server is left
		playing := make(chan struct{}, min(8, 2*runtime.GOMAXPROCS(0)))
		for i, r := range stories {
			group.Go(func() {
				playing <- struct{}{}
				done[i] <- c.play(ctx, databases, r, s, log)
				<-playing
			})
		}
	}
	for i, r := range stories {
		if playable {
			if err := <-done[i]; err != nil {
				cancel()
				return err
			}
		}
		if !c.JSON {
			r.tell(p)
		}
	}
	return nil
}

func (c rehearseCommand) play(ctx context.Context, databases *rehearsal.Databases, r *rehearsed, s *Settings, log *slog.Logger) error {
	if len(r.Problems) > 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	base, err := r.content(s)
	if err != nil {
		return err
	}
	if c.Update {
		r.story.KeepTouches()
	}
	began := time.Now()
	var played *rehearsal.Played
	err = databases.With(ctx, func(pool *pgxpool.Pool) error {
		played, err = rehearsal.Play(ctx, pool, r.story, base, log.With("story", r.File))
		return err
	})
	if err != nil {
		return err
	}
	r.Seconds = time.Since(began).Seconds()
	r.Problems, r.Diff, r.Days, r.Letters = played.Problems, played.Diff, played.Days, played.Letters
	if c.Update && len(r.Problems) == 0 && r.path != "" {
		updated := r.story.Updated(played.Touches)
		if r.Updated = !slices.Equal(updated, r.src); r.Updated {
			if err := os.WriteFile(r.path, updated, 0o644); err != nil {
				return fmt.Errorf("writing the story: %w", err)
			}
		}
		r.Diff = ""
	}
	r.Passed = len(r.Problems) == 0 && r.Diff == ""
	return nil
}

// content is what a story plays on: what it names itself, else where it stands.
func (r *rehearsed) content(s *Settings) (fs.FS, error) {
	switch {
	case r.story.Content == "":
		return r.base, nil
	case r.story.Content == rehearsal.BuiltIn:
		return content.BuiltIn(), nil
	case r.path == "":
		return nil, fmt.Errorf("%s: a built-in story plays on the built-in content", r.File)
	}
	return s.folder(filepath.Join(filepath.Dir(r.path), filepath.FromSlash(r.story.Content)))
}

// tell reports a story on the terminal.
func (r *rehearsed) tell(p *process) {
	word := "ok"
	switch {
	case r.Updated:
		word = "written"
	case !r.Passed:
		word = "FAILED"
	}
	if len(r.Problems) > 0 && r.Seconds == 0 {
		fmt.Fprintf(p.stdout, "%-7s %s\n", word, r.File)
	} else {
		fmt.Fprintf(p.stdout, "%-7s %s: %s, %s, %.1f s\n", word, r.File, counted(r.Days, "day"), counted(r.Letters, "letter"), r.Seconds)
	}
	for _, problem := range r.Problems {
		fmt.Fprintln(p.stdout, problem)
		if problem.Source != "" {
			fmt.Fprintln(p.stdout, "    "+strings.TrimSpace(problem.Source))
		}
	}
	if r.Diff != "" {
		fmt.Fprintf(p.stdout, "--- expected: %s\n+++ happened\n%s", r.File, r.Diff)
	}
}
