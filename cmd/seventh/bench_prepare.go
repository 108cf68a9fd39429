package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"seventh/internal/content"
	"seventh/internal/store"
	"seventh/migrations"
)

//go:embed bench
var benchFiles embed.FS

// prepare makes the database that all runs begin with: schema, content, and the
// clients with their enrollments, of whom nobody is due before the clock is moved.
func (b *bench) prepare(ctx context.Context) error {
	db, err := b.connect(ctx, benchDatabase)
	if err != nil {
		return err
	}
	defer db.close()
	if err := migrations.Up(ctx, db.Pool); err != nil {
		return err
	}
	if _, err := sealer(ctx, db.Pool); err != nil { // all runs share its key
		return err
	}
	now, err := store.Now(ctx, db.Pool)
	if err != nil {
		return err
	}
	b.due = now.Add(24 * time.Hour)
	versions, err := b.publish(ctx, db)
	if err != nil {
		return err
	}
	soon := store.Crowd{Name: "c", Category: "C", Version: versions["now"], Step: "first", Due: b.due, Spacing: b.spacing()}
	first := store.Crowd{Name: "first", Category: "C", Version: versions["now"], Step: "first", Due: b.warmupDue()}
	later := store.Crowd{Name: "later", Category: "D", Version: versions["waiting"], Step: "first", Due: b.lastDue().Add(time.Hour), Spread: 365 * 24 * time.Hour}
	if err := b.addMany(ctx, db, later, b.Waiting); err != nil {
		return err
	}
	if b.History > 0 {
		b.say("adding %d earlier letters", b.History)
		if err := store.InsertHistory(ctx, db.Pool, later.Version, b.History, now); err != nil {
			return err
		}
	}
	if err := b.add(ctx, db, first, b.Warmup); err != nil {
		return err
	}
	if err := b.add(ctx, db, soon, b.Letters); err != nil {
		return err
	}
	return store.Tidy(ctx, db.Pool)
}

// The letters of the warm-up are due before the others.
func (b *bench) warmupDue() time.Time { return b.due.Add(-12 * time.Hour) }

// spacing is the time between the due times of two letters, 0 if all are due at once.
func (b *bench) spacing() time.Duration {
	if b.Rate == 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / b.Rate)
}

// lastDue is when the last letter is due.
func (b *bench) lastDue() time.Time { return b.due.Add(time.Duration(b.Letters-1) * b.spacing()) }

// publish puts the content of a run in force and returns its sequences by name.
func (b *bench) publish(ctx context.Context, db *database) (map[string]store.SequenceVersion, error) {
	dir := filepath.Join(b.dir, "content")
	if err := writeBenchContent(dir); err != nil {
		return nil, err
	}
	if b.DKIM != "" {
		if err := writeBenchKey(dir, b.DKIM); err != nil {
			return nil, err
		}
	}
	folder, problems, err := content.Load(os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	if folder == nil {
		return nil, fmt.Errorf("the content of bench is mistaken: %s", content.Mistakes(problems)[0])
	}
	if _, err := content.Publish(ctx, db.Pool, folder); err != nil {
		return nil, err
	}
	list, err := store.CurrentVersions(ctx, db.Pool)
	if err != nil {
		return nil, err
	}
	versions := make(map[string]store.SequenceVersion, len(list))
	for _, v := range list {
		versions[v.Name] = v
	}
	return versions, nil
}

// writeBenchContent writes the content of a run out, in the built-in frame.
func writeBenchContent(dir string) error {
	own, err := fs.Sub(benchFiles, "bench")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, own); err != nil {
		return fmt.Errorf("writing the content of the run: %w", err)
	}
	frame, err := fs.ReadFile(content.BuiltIn(), "templates/layout.html")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "templates", "layout.html"), frame, 0o644)
}

// many is from how many clients on it pays to make indexes anew.
const many = 200_000

// addMany is add for crowds of any size.
func (b *bench) addMany(ctx context.Context, db *database, c store.Crowd, count int) error {
	if count < many {
		return b.add(ctx, db, c, count)
	}
	statements, err := store.SetIndexesAside(ctx, db.Pool)
	if err != nil {
		return err
	}
	if err := b.add(ctx, db, c, count); err != nil {
		return err
	}
	b.say("making %d indexes", len(statements))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, statement := range statements {
		group.Go(func() error { return store.MakeIndex(ctx, db.Pool, statement) })
	}
	return group.Wait()
}

// add writes a crowd, a part on each of two connections at a time.
func (b *bench) add(ctx context.Context, db *database, c store.Crowd, count int) error {
	const part = 100_000
	if count == 0 {
		return nil
	}
	b.say("adding %d clients with an enrollment in %q", count, c.Version.Name)
	started := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for from := 0; from < count; from += part {
		group.Go(func() error { return store.InsertCrowd(ctx, db.Pool, c, from, min(from+part, count)) })
		if done := from - 2*part; done > 0 && done%1_000_000 == 0 {
			b.say("%d are there, after %s", done, time.Since(started).Round(time.Second))
		}
	}
	return group.Wait()
}
