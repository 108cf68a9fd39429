package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// data is the cluster's directory.
func (s *Server) data() string { return s.path("data") }

// clusterMajor is the major version that made the cluster, 0 if there is none yet.
func clusterMajor(data string) (int, error) {
	content, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the cluster's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("reading the cluster's version: %w", err)
	}
	return major, nil
}

// readOrMakePassword returns the superuser's password. It is made before the cluster, so a cluster always has one.
func (s *Server) readOrMakePassword() (string, error) {
	content, err := os.ReadFile(s.path("password"))
	if err == nil {
		return strings.TrimSpace(string(content)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	if _, err := os.Stat(s.data()); err == nil {
		return "", fmt.Errorf("the cluster in %s has lost its password file %s: put it back, or delete both to begin anew "+
			"without the data", s.data(), s.path("password"))
	}
	password := rand.Text() // at least 128 random bits
	if err := s.writeWhole("password", password); err != nil {
		return "", fmt.Errorf("writing the password: %w", err)
	}
	return password, nil
}

// writeWhole writes a file that is seen either not at all or complete, even after a kill.
func (s *Server) writeWhole(name, content string) error {
	tmp := s.path(name + ".tmp")
	if err := os.WriteFile(tmp, []byte(content+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, s.path(name))
}

// makeCluster runs initdb, unless there is a cluster. The cluster is made under a name of its own and renamed when it is
// whole: a kill of this process in the middle leaves something that no start looks at, and an initdb that outlives us
// for a second cannot touch the cluster of the next start.
func (s *Server) makeCluster(ctx context.Context) error {
	s.removeHalfMade()
	if _, err := os.Stat(s.data()); err == nil {
		return nil
	}
	if err := s.account.own(s.Dir); err != nil {
		return err
	}
	s.Log.Info("making a PostgreSQL cluster", "dir", s.Dir, "programs", s.programs.bin)
	tmp := s.path("data.tmp-" + rand.Text())
	if err := s.run(ctx, "initdb", s.initArgs(tmp)...); err != nil {
		return fmt.Errorf("making the cluster: %w", err)
	}
	if err := os.Rename(tmp, s.data()); err != nil {
		return fmt.Errorf("making the cluster: %w", err)
	}
	return s.syncDir()
}

// removeHalfMade removes what killed starts left. What an initdb that still runs keeps alive stays for the next start.
func (s *Server) removeHalfMade() {
	leftovers, _ := filepath.Glob(s.path("data.tmp*")) // a strange directory name only keeps leftovers alive
	for _, leftover := range leftovers {
		if err := os.RemoveAll(leftover); err != nil {
			s.Log.Warn("removing a half-made cluster", "dir", leftover, "err", err)
		}
	}
}

// initArgs makes every cluster alike whatever the machine's locale. The ICU root collation is the same on every system
// and, unlike C alone, lowers and compares Cyrillic.
func (s *Server) initArgs(dir string) []string {
	args := []string{
		"-D", dir, "-U", superuser, "--pwfile=" + s.path("password"), "-A", "scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=und", "--no-instructions",
	}
	if s.Throwaway {
		args = append(args, "--no-sync")
	}
	return args
}

// syncDir makes the rename of the cluster durable: data committed into it must not be found in data.tmp after a power cut.
func (s *Server) syncDir() error {
	if s.Throwaway {
		return nil
	}
	dir, err := os.Open(s.Dir)
	if err != nil {
		return fmt.Errorf("syncing the cluster's directory: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("syncing the cluster's directory: %w", err)
	}
	return nil
}

// createDatabase creates the database if missing and learns the server's version.
func (s *Server) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.urlOf("postgres"))
	if err != nil {
		return fmt.Errorf("connecting to the new server: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	s.version, _, _ = strings.Cut(conn.PgConn().ParameterStatus("server_version"), " ") // "15.18 (Debian …)"

	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, s.Database).Scan(&exists)
	if err != nil {
		return fmt.Errorf("looking for the database %s: %w", s.Database, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{s.Database}.Sanitize()); err != nil {
		return fmt.Errorf("creating the database %s: %w", s.Database, err)
	}
	return nil
}
