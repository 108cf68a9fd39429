package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	startSeconds = "120" // pg_ctl's patience with crash recovery
	stopSeconds  = "60"
	launches     = 4           // the first one and up to three more
	launchPause  = time.Second // for backends of a killed server to notice and go
	adoptPoll    = 20 * time.Millisecond
	adoptWait    = 2 * time.Minute // as long as pg_ctl would wait for the same server
)

// adopt takes over a server that runs on the cluster already. One that still starts or stops is waited for.
func (s *Server) adopt(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, adoptWait)
	defer cancel()
	for {
		p, running, err := runningPostmaster(s.data())
		if err != nil || !running {
			return false, err
		}
		if p.status == "ready" {
			s.port = p.port
			if err = s.ping(ctx); err == nil {
				return true, nil
			}
			var refused *pgconn.PgError
			if errors.As(err, &refused) && refused.Code == "28P01" { // invalid_password
				return false, fmt.Errorf("adopting the running server (process %d): %w", p.pid, err)
			}
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("adopting the running server (process %d, %q): %w", p.pid, p.status, errors.Join(ctx.Err(), err))
		case <-time.After(adoptPoll):
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.urlOf("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// launch starts the server on a free port. It tries again if somebody was faster on that port, and if backends of a
// killed server still hold the shared memory. A server that a pg_ctl of a killed start has brought up meanwhile is
// adopted.
func (s *Server) launch(ctx context.Context) error {
	if err := disarmStalePID(s.data()); err != nil {
		return err
	}
	if err := s.account.own(s.Dir); err != nil {
		return err
	}
	preferred := s.lastPort()
	for attempt := 1; ; attempt++ {
		var err error
		if s.port, err = freePort(preferred); err != nil {
			return err
		}
		retry, err := s.launchOnce(ctx)
		if err == nil {
			return s.writeWhole("port", strconv.Itoa(s.port))
		}
		if adopted, _ := s.adopt(ctx); adopted { // if not, the launch's error says more
			s.adopted = true
			return nil
		}
		if !retry || attempt == launches {
			return err
		}
		s.Log.Warn("starting PostgreSQL once more", "err", err)
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(launchPause):
		}
		preferred = 0
	}
}

func (s *Server) launchOnce(ctx context.Context) (retry bool, err error) {
	if err := os.Rename(s.path("server.log"), s.path("server.log.old")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("putting the old log aside: %w", err)
	}
	err = s.run(ctx, "pg_ctl", "start", "-s", "-w", "-t", startSeconds, "-D", s.data(), "-l", s.path("server.log"), "-o", s.settings())
	if err == nil {
		return false, nil
	}
	said := tail(s.path("server.log"))
	retry = strings.Contains(said, "could not create any TCP/IP sockets") || strings.Contains(said, "still in use")
	return retry, fmt.Errorf("starting the server: %w\n%s", err, said)
}

// settings are the server's command line. Nothing is written into postgresql.conf: this list is the whole truth for
// old clusters too. There is no Unix socket, because its usual directory may not be writable and its path has a limit
// of some 100 bytes.
func (s *Server) settings() string {
	list := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "port=" + strconv.Itoa(s.port),
		"max_connections=200", "timezone=UTC",
	}
	if s.Throwaway {
		list = append(list, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=4GB")
	}
	return "-c " + strings.Join(list, " -c ")
}

// halt stops the server if it runs and we got as far as adopting or launching it. It is not cut short by the end of ctx: a half-stopped server helps nobody.
func (s *Server) halt(ctx context.Context) error {
	if !s.attached {
		return nil
	}
	_, running, err := runningPostmaster(s.data())
	if err != nil || !running {
		return err
	}
	err = s.run(context.WithoutCancel(ctx), "pg_ctl", "stop", "-s", "-w", "-m", "fast", "-t", stopSeconds, "-D", s.data())
	if err != nil {
		return fmt.Errorf("stopping the server: %w", err)
	}
	return nil
}
