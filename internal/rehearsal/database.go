package rehearsal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/postgres"
	"seventh/migrations"
)

// Databases is a PostgreSQL server of rehearsals alone, which holds nothing that
// anybody wants to keep.
type Databases struct {
	server   *postgres.Server
	admin    *pgxpool.Pool
	template string
}

// The names of databases: of a schema, which stays, and of stories, with the time
// they were made. Those of a run that was killed are dropped by a later one.
const (
	templatePrefix = "rehearsal_schema_"
	storyPrefix    = "rehearsal_story_"
	storyLife      = time.Hour
)

// OpenDatabases starts the server in dir, or joins it, and prepares the schema.
func OpenDatabases(ctx context.Context, dir string, log *slog.Logger) (_ *Databases, err error) {
	d := &Databases{}
	if d.server, err = postgres.Start(ctx, postgres.Options{Dir: dir, Throwaway: true, Database: "rehearsal", Log: log}); err != nil {
		return nil, fmt.Errorf("starting PostgreSQL for the rehearsal: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if d.admin, err = pgxpool.New(ctx, d.server.URL()); err != nil {
		return nil, fmt.Errorf("connecting to PostgreSQL for the rehearsal: %w", err)
	}
	if err := d.prepare(ctx); err != nil {
		return nil, fmt.Errorf("preparing the schema for the rehearsal: %w", err)
	}
	return d, nil
}

// Close ends the use of the server.
func (d *Databases) Close() error {
	if d.admin != nil {
		d.admin.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return d.server.Stop(ctx)
}

// prepare makes the template of this binary's schema, one process at a time. Its
// last act is the new name: one that was left halfway is made anew.
func (d *Databases) prepare(ctx context.Context) error {
	d.template = templatePrefix + fmt.Sprintf("%.16s", migrations.Hash())
	return d.admin.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(7704)"); err != nil {
			return err
		}
		defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(7704)") }()
		rows, err := conn.Query(ctx, "SELECT datname FROM pg_database")
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		there := false
		for _, name := range names {
			there = there || name == d.template
			if outlived(name, time.Now()) || strings.HasPrefix(name, templatePrefix) && name != d.template {
				if err := d.drop(ctx, name); err != nil {
					return err
				}
			}
		}
		if there {
			return nil
		}
		return d.makeTemplate(ctx)
	})
}

func (d *Databases) makeTemplate(ctx context.Context) error {
	draft := storyPrefix + strconv.FormatInt(time.Now().Unix(), 10) + "_draft"
	if err := d.drop(ctx, draft); err != nil {
		return err
	}
	if err := d.exec(ctx, "CREATE DATABASE ", draft, ""); err != nil {
		return err
	}
	pool, err := d.pool(draft)
	if err != nil {
		return err
	}
	err = migrations.Up(ctx, pool)
	pool.Close()
	if err != nil {
		return err
	}
	return d.exec(ctx, "ALTER DATABASE ", draft, " RENAME TO "+pgx.Identifier{d.template}.Sanitize())
}

// outlived tells by its name whether a database was left over by a run that was
// killed.
func outlived(name string, now time.Time) bool {
	rest, ok := strings.CutPrefix(name, storyPrefix)
	if !ok {
		return false
	}
	seconds, _, _ := strings.Cut(rest, "_")
	made, err := strconv.ParseInt(seconds, 10, 64)
	return err != nil || now.Sub(time.Unix(made, 0)) > storyLife
}

// With runs fn with a database of its own, with the schema and nothing in it.
func (d *Databases) With(ctx context.Context, fn func(pool *pgxpool.Pool) error) (err error) {
	name := fmt.Sprintf("%s%d_%s", storyPrefix, time.Now().Unix(), strings.ToLower(rand.Text()[:12]))
	if err := d.exec(ctx, "CREATE DATABASE ", name, " TEMPLATE "+pgx.Identifier{d.template}.Sanitize()+" STRATEGY file_copy"); err != nil {
		return fmt.Errorf("making a database for the story: %w", err)
	}
	defer func() { err = errors.Join(err, d.drop(context.WithoutCancel(ctx), name)) }()
	pool, err := d.pool(name)
	if err != nil {
		return err
	}
	defer pool.Close()
	return fn(pool)
}

// connections are enough for a worker, and few enough for many stories at once.
const connections = 10

func (d *Databases) pool(name string) (*pgxpool.Pool, error) {
	config := d.admin.Config()
	config.ConnConfig.Database = name
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the story's database: %w", err)
	}
	return pool, nil
}

func (d *Databases) drop(ctx context.Context, name string) error {
	if err := d.exec(ctx, "DROP DATABASE IF EXISTS ", name, " WITH (FORCE)"); err != nil {
		return fmt.Errorf("dropping the database %s: %w", name, err)
	}
	return nil
}

// exec runs a statement that names a database, which cannot be a parameter.
func (d *Databases) exec(ctx context.Context, before, database, after string) error {
	_, err := d.admin.Exec(ctx, before+pgx.Identifier{database}.Sanitize()+after)
	return err
}
