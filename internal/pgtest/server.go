package pgtest

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/postgres"
)

const (
	joinTimeout  = 5 * time.Minute // the first run may have to fetch PostgreSQL
	leaveTimeout = time.Minute
)

// kit is the state of the tests of one process: the server while somebody uses it, and the databases to drop.
type kit struct {
	up       func(context.Context, *pgxpool.Pool) error // makes the schema
	hash     func() string                              // names the schema
	dir      func() (string, error)                     // of the throw-away server
	external string                                     // URL of the server to use instead

	mu        sync.Mutex
	users     int // Main and every database of a running test
	kept      bool
	server    *postgres.Server // nil if external
	admin     *pgxpool.Pool
	made      string // the template of this process, once it is known to be there
	discarded []string

	makingTemplate sync.Mutex
}

// join makes sure that there is a server for as long as the caller has not left.
func (k *kit) join(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.admin == nil {
		if err := k.connect(ctx); err != nil {
			return err
		}
	}
	k.users++
	return nil
}

func (k *kit) connect(ctx context.Context) error {
	address := k.external
	if address == "" {
		dir, err := k.dir()
		if err != nil {
			return fmt.Errorf("finding a directory for the throw-away PostgreSQL: %w", err)
		}
		k.server, err = postgres.Start(ctx, postgres.Options{Dir: dir, Throwaway: true})
		if err != nil {
			return fmt.Errorf("%w (if it stays broken, delete %s: nothing in it is of value)", err, dir)
		}
		address = k.server.URL()
	}
	if u, err := url.Parse(address); err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return errors.New("reading TEST_DATABASE_URL: it must be a URL like postgres://user:password@host/database")
	}
	var err error
	if k.admin, err = pgxpool.New(ctx, address); err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err) // an option in the URL is wrong; nothing is dialled yet
	}
	if err := k.dropLeftovers(ctx, time.Now()); err != nil {
		return errors.Join(err, k.disconnect(ctx))
	}
	return nil
}

// leave is the other half of join. The last one drops the databases of tests that passed and leaves the server.
func (k *kit) leave() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.users--
	if k.users > 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	err := k.dropDiscarded(ctx)
	if k.kept { // the server goes on running; the end of the process gives back its lock
		return err
	}
	return errors.Join(err, k.disconnect(ctx))
}

func (k *kit) disconnect(ctx context.Context) error {
	k.admin.Close()
	k.admin, k.made = nil, ""
	if k.server == nil {
		return nil
	}
	err := k.server.Stop(ctx)
	k.server = nil
	return err
}

// keep leaves the server running: somebody will want to look at a failed test's database.
func (k *kit) keep() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = true
}

// urlOf is the address of a database on the server.
func (k *kit) urlOf(database string) string {
	address := k.external
	if address == "" {
		address = k.server.URL()
	}
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // connect has parsed it
	}
	u.Path = "/" + database
	return u.String()
}

// sharedDir is where the throw-away server of this user lives: in memory if there is enough of it (/dev/shm, three to
// ten times steadier than a disk), else in the user's cache directory. Root has to use the temporary directory instead
// of its cache, because the account that PostgreSQL runs as may not reach into root's home. Every choice of
// SEVENTH_POSTGRES_BIN has a server of its own, so that runs against several versions do not meet.
func sharedDir() (string, error) {
	name := fmt.Sprintf("seventh-test-%d", os.Getuid())
	if bin := os.Getenv("SEVENTH_POSTGRES_BIN"); bin != "" {
		name += fmt.Sprintf("-%08x", crc32.ChecksumIEEE([]byte(bin)))
	}
	if roomInMemory("/dev/shm") {
		return filepath.Join("/dev/shm", name), nil
	}
	if os.Getuid() == 0 {
		return filepath.Join(os.TempDir(), name), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, name), nil
}

// exec runs a statement that names a database, which cannot be a parameter.
func (k *kit) exec(ctx context.Context, before, database, after string) error {
	_, err := k.admin.Exec(ctx, before+pgx.Identifier{database}.Sanitize()+after)
	return err
}
