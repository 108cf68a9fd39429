package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The names of databases carry the time they were made, which is all that dropping leftovers needs:
//
//	seventh_test_1763787600_K5XG…        a test's
//	seventh_template_1763769600_2f41…    a schema's; made anew every day, so an old one is nobody's any more
const (
	testPrefix     = "seventh_test_"
	templatePrefix = "seventh_template_"
	testLife       = time.Hour
	templateDay    = 24 * time.Hour
	templateLife   = 2 * templateDay
)

// templateLock is the advisory lock under which processes make a template: one makes it, the others wait.
const templateLock = 0x7365_7665_6e74_68 // "seventh"

// template returns the name of the database that has the current schema, and makes it if it is not there.
func (k *kit) template(ctx context.Context) (string, error) {
	k.makingTemplate.Lock()
	defer k.makingTemplate.Unlock()
	if k.made != "" {
		return k.made, nil
	}
	name := fmt.Sprintf("%s%d_%.16s", templatePrefix, time.Now().Truncate(templateDay).Unix(), k.hash())
	if err := k.makeTemplate(ctx, name); err != nil {
		return "", fmt.Errorf("making the template database %s: %w", name, err)
	}
	k.made = name
	return name, nil
}

func (k *kit) makeTemplate(ctx context.Context, name string) error {
	return k.admin.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(templateLock)); err != nil {
			return err
		}
		defer func() { // should it fail, the connection is broken and the lock gone with it
			_, _ = conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(templateLock))
		}()

		var whole bool
		err := conn.QueryRow(ctx, `SELECT datistemplate FROM pg_database WHERE datname = $1`, name).Scan(&whole)
		if whole {
			return nil
		}
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return k.migrateTemplate(ctx, name)
	})
}

// migrateTemplate marks the database as a template last: one that a killed run left half-migrated is not marked, and is
// dropped here.
func (k *kit) migrateTemplate(ctx context.Context, name string) error {
	if err := k.exec(ctx, "DROP DATABASE IF EXISTS ", name, " WITH (FORCE)"); err != nil {
		return err
	}
	if err := k.exec(ctx, "CREATE DATABASE ", name, " TEMPLATE template0"); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, k.urlOf(name))
	if err != nil {
		return err
	}
	err = k.up(ctx, pool)
	pool.Close()
	if err != nil {
		return err
	}
	// Nobody may connect: a connection would keep the template from being cloned.
	return k.exec(ctx, "ALTER DATABASE ", name, " WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")
}

// create clones a template. Copying files is quicker than logging every page when nothing is synced anyway.
func (k *kit) create(ctx context.Context, template string, now time.Time) (string, error) {
	name := fmt.Sprintf("%s%d_%.12s", testPrefix, now.Unix(), rand.Text())
	if err := k.exec(ctx, "CREATE DATABASE ", name, " TEMPLATE "+pgx.Identifier{template}.Sanitize()+" STRATEGY file_copy"); err != nil {
		return "", fmt.Errorf("creating the test's database: %w", err)
	}
	return name, nil
}

// discardLimit is how many databases of tests that passed may wait to be dropped.
const discardLimit = 20

// discard has the database of a test that passed dropped later: just after its connections closed PostgreSQL waits
// 100 ms for them to go, and a moment later it does not.
func (k *kit) discard(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.discarded = append(k.discarded, name)
	if len(k.discarded) <= discardLimit {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	_ = k.drop(ctx, k.discarded[0]) // a later run drops what is left over
	k.discarded = k.discarded[1:]
}

func (k *kit) dropDiscarded(ctx context.Context) error {
	var problems []error
	for _, name := range k.discarded {
		problems = append(problems, k.drop(ctx, name))
	}
	k.discarded = nil
	return errors.Join(problems...)
}

func (k *kit) drop(ctx context.Context, name string) error {
	if err := k.exec(ctx, "DROP DATABASE IF EXISTS ", name, " WITH (FORCE)"); err != nil {
		return fmt.Errorf("dropping the database %s: %w", name, err)
	}
	return nil
}

// dropLeftovers drops databases of failed and killed tests, and templates of old schemas.
func (k *kit) dropLeftovers(ctx context.Context, now time.Time) error {
	rows, err := k.admin.Query(ctx, `SELECT datname FROM pg_database WHERE datname LIKE 'seventh\_te%'`)
	if err != nil {
		return fmt.Errorf("looking for leftover databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("looking for leftover databases: %w", err)
	}
	for _, name := range names {
		if !outlived(name, now) {
			continue
		}
		if strings.HasPrefix(name, templatePrefix) {
			if err := k.exec(ctx, "ALTER DATABASE ", name, " WITH IS_TEMPLATE false"); err != nil {
				continue // another process was faster
			}
		}
		if err := k.drop(ctx, name); err != nil {
			continue // likewise; what really stays is for the next run
		}
	}
	return nil
}

// outlived tells by its name whether a database is a leftover of ours.
func outlived(name string, now time.Time) bool {
	life := testLife
	rest, ok := strings.CutPrefix(name, testPrefix)
	if !ok {
		life = templateLife
		if rest, ok = strings.CutPrefix(name, templatePrefix); !ok {
			return false
		}
	}
	seconds, _, _ := strings.Cut(rest, "_")
	made, err := strconv.ParseInt(seconds, 10, 64)
	return err == nil && now.Sub(time.Unix(made, 0)) > life
}

// copyOf clones a database of a test that nobody is connected to any more.
func (k *kit) copyOf(ctx context.Context, name string) (string, error) {
	if _, err := k.admin.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name); err != nil {
		return "", fmt.Errorf("cutting connections to %s: %w", name, err)
	}
	return k.create(ctx, name, time.Now())
}
