package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeInstall makes a bin directory whose initdb claims a version.
func fakeInstall(t *testing.T, dir, version string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\necho 'initdb (PostgreSQL) %s'\n", version)
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestChoosingPrograms(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, version := range []string{"14.2", "15.18 (Debian 15.18-0+deb12u1)", "16.1", "17beta2"} {
		major, _, _ := strings.Cut(strings.ReplaceAll(version, "beta", "."), ".")
		fakeInstall(t, filepath.Join(root, "lib", major, "bin"), version)
	}
	path := fakeInstall(t, filepath.Join(root, "path"), "16.9")
	old := fakeInstall(t, filepath.Join(root, "old"), "14.20")
	all := places{globs: []string{filepath.Join(root, "lib/*/bin"), filepath.Join(root, "nothing/*")}}

	tests := []struct {
		name    string
		cluster string // content of PG_VERSION, empty for none
		at      places
		want    string // below root
		wantErr string
	}{
		{name: "the newest wins", at: all, want: "lib/17/bin"},
		{name: "the cluster's version wins over the newest", at: all, cluster: "15\n", want: "lib/15/bin"},
		{name: "of equals the one on PATH wins", cluster: "16\n", want: "path",
			at: places{initdb: filepath.Join(path, "initdb"), globs: all.globs}},
		{name: "the override wins over everything", want: "path", at: places{override: path, globs: all.globs}},
		{name: "a cluster of a version that is gone is not touched", cluster: "14", at: all,
			wantErr: "made by PostgreSQL 14, but of that version nothing is installed"},
		{name: "an override of another version is refused", cluster: "15", at: places{override: path},
			wantErr: "SEVENTH_POSTGRES_BIN names PostgreSQL 16: install PostgreSQL 15"},
		{name: "an override that is too old is refused", at: places{override: old}, wantErr: "PostgreSQL 14 is too old"},
		{name: "an override without programs is refused", at: places{override: root}, wantErr: "looking for PostgreSQL's programs"},
		{name: "a spoilt cluster is not touched", cluster: "?", at: all, wantErr: "reading the cluster's version"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := newServer(Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			if test.cluster != "" {
				writeFiles(t, s.Dir, map[string]string{"data/PG_VERSION": test.cluster})
			}
			got, err := s.chooseProgramsFrom(t.Context(), test.at)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("error %v, want one with %q", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(root, test.want); got.bin != want {
				t.Errorf("chose %s, want %s", got.bin, want)
			}
		})
	}
}

func TestEnvironmentOfProgramsIsClean(t *testing.T) {
	t.Parallel()
	got := environment([]string{"HOME=/h", "PGPORT=", "PGDATA=/x", "LANG=ru_RU.UTF-8", "LC_MESSAGES=ru", "PATH=/bin"})
	if want := "HOME=/h PATH=/bin LC_ALL=C"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// writeFiles writes files below dir, by name.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
