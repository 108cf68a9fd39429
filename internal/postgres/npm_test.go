//go:build npm && !windows

package postgres

import (
	"path/filepath"
	"testing"
)

// TestFetchedProgramsServe needs npm's registry and some 24 MB: go test -tags npm -run Fetched ./internal/postgres/.
func TestFetchedProgramsServe(t *testing.T) {
	s, err := newServer(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	fetched, err := s.chooseProgramsFrom(t.Context(), places{}) // nothing is installed anywhere
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(override, fetched.bin)
	first := start(t, Options{Dir: s.Dir})
	if got := query(t, first, `SELECT lower('ЖУК')`); got != "жук" || first.programs.major != fetchedMajor {
		t.Errorf("PostgreSQL %s says %q", first.Version(), got)
	}
	stop(t, first)

	// The cluster is of version 18 now, so the next start finds the fetched programs whatever is installed.
	t.Setenv(override, "")
	second := start(t, Options{Dir: s.Dir})
	if want := filepath.Join(s.Dir, "postgres-"+fetchedVersion, "native", "bin"); second.programs.bin != want {
		t.Errorf("used %s, want %s", second.programs.bin, want)
	}
}

func TestPlainDownloadMatchesPin(t *testing.T) {
	t.Parallel()
	if _, err := releases["linux/amd64"].byHTTP(t.Context(), t.TempDir(), npmRegistry); err != nil {
		t.Error(err)
	}
}
