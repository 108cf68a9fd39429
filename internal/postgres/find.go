package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// oldest is the first major version that we can use: initdb knows --locale-provider since 15.
const oldest = 15

// override is the environment variable that names the bin directory of the PostgreSQL to use.
const override = "SEVENTH_POSTGRES_BIN"

// programs is a bin directory with initdb, pg_ctl and postgres.
type programs struct {
	bin   string
	major int
}

func (p programs) command(name string) string { return filepath.Join(p.bin, name) }

// places are where an installed PostgreSQL may be.
type places struct {
	override string   // the only place, if not empty
	initdb   string   // the one on PATH, empty if none
	globs    []string // patterns of bin directories
}

// installed are the places where packages and installers put PostgreSQL.
func installed() places {
	onPath, _ := exec.LookPath("initdb") // not found is fine
	return places{
		override: os.Getenv(override),
		initdb:   onPath,
		globs: []string{
			"/usr/lib/postgresql/*/bin",                              // Debian, Ubuntu, Arch (one version on PATH)
			"/usr/pgsql-*/bin",                                       // Red Hat family, packages of postgresql.org
			"/usr/libexec/postgresql*",                               // Alpine
			"/opt/homebrew/opt/postgresql*/bin",                      // Homebrew on Apple silicon
			"/usr/local/opt/postgresql*/bin",                         // Homebrew on Intel
			"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",         // Homebrew on Linux
			"/Applications/Postgres.app/Contents/Versions/*/bin",     // Postgres.app
			"/usr/local/pgsql/bin", "/opt/local/lib/postgresql*/bin", // built from source, MacPorts
		},
	}
}

// chooseProgramsFrom finds the programs for the cluster: those of its major version if it exists, else the newest
// installed ones, else the fetched ones. A cluster is never touched by programs of another major version.
func (s *Server) chooseProgramsFrom(ctx context.Context, at places) (programs, error) {
	major, err := clusterMajor(s.data())
	if err != nil {
		return programs{}, err
	}
	if at.override != "" {
		p, err := inspect(ctx, at.override)
		if err != nil {
			return programs{}, fmt.Errorf("%s=%s: %w", override, at.override, err)
		}
		if major != 0 && p.major != major {
			return programs{}, s.wrongMajor(major, fmt.Sprintf("%s names PostgreSQL %d", override, p.major))
		}
		return p, nil
	}
	found := at.search(ctx)
	if p, ok := pick(found, major); ok {
		return p, nil
	}
	if major != 0 && major != fetchedMajor {
		return programs{}, s.wrongMajor(major, fmt.Sprintf("of that version nothing is installed (found: %v)", majors(found)))
	}
	return s.fetchedPrograms(ctx)
}

func (s *Server) wrongMajor(major int, problem string) error {
	return fmt.Errorf("the cluster in %s was made by PostgreSQL %d, but %s: install PostgreSQL %d, set %s to its bin "+
		"directory, or delete %s to begin anew without its data", s.data(), major, problem, major, override, s.data())
}

// search looks at every place and keeps what works and is new enough.
func (at places) search(ctx context.Context) []programs {
	var dirs []string
	if at.initdb != "" {
		if resolved, err := filepath.EvalSymlinks(at.initdb); err == nil {
			dirs = append(dirs, filepath.Dir(resolved))
		}
	}
	for _, glob := range at.globs {
		matches, _ := filepath.Glob(glob) // the patterns are ours and well-formed
		dirs = append(dirs, matches...)
	}
	var found []programs
	for _, dir := range dirs {
		if p, err := inspect(ctx, dir); err == nil {
			found = append(found, p)
		}
	}
	return found
}

// pick is the one of the wanted major version, or the newest if major is 0. Of equals the first wins.
func pick(found []programs, major int) (best programs, ok bool) {
	for _, p := range found {
		if (major == 0 || p.major == major) && p.major > best.major {
			best, ok = p, true
		}
	}
	return best, ok
}

func majors(found []programs) []int {
	var list []int
	for _, p := range found {
		list = append(list, p.major)
	}
	return list
}

// reportedVersion matches "initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" and "… 19beta1".
var reportedVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect asks the programs in dir for their version. It errs if one is missing, does not run or is too old.
func inspect(ctx context.Context, dir string) (programs, error) {
	p := programs{bin: dir}
	for _, name := range []string{"pg_ctl", "postgres", "initdb"} {
		if _, err := exec.LookPath(p.command(name)); err != nil {
			return programs{}, fmt.Errorf("looking for PostgreSQL's programs: %w", err)
		}
	}
	out, err := exec.CommandContext(ctx, p.command("initdb"), "--version").CombinedOutput()
	if err != nil {
		return programs{}, fmt.Errorf("asking initdb for its version: %w: %s", err, out)
	}
	match := reportedVersion.FindSubmatch(out)
	if match == nil {
		return programs{}, fmt.Errorf("asking initdb for its version: it said %q", out)
	}
	if p.major, err = strconv.Atoi(string(match[1])); err != nil {
		return programs{}, fmt.Errorf("asking initdb for its version: %w", err)
	}
	if p.major < oldest {
		return programs{}, fmt.Errorf("PostgreSQL %d is too old: %d is the oldest that works", p.major, oldest)
	}
	return p, nil
}

// errNoPrograms is wrapped by the errors of fetching: it ends with what a person can do.
var errNoPrograms = errors.New("install PostgreSQL 15 or newer, or set SEVENTH_DATABASE_URL to a PostgreSQL server")
