//go:build unix

package failpoint_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"seventh/internal/failpoint"
)

// build makes testdata/program, which comes to every point three times and prints each.
func build(t *testing.T, tags string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", path, "./testdata/program").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	return path
}

func run(t *testing.T, path, point string) (printed []string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), path)
	command.Env = append(os.Environ(), failpoint.Variable+"="+point)
	out, err := command.Output()
	return strings.Split(strings.TrimSpace(string(out)), "\n"), err
}

func TestProcessIsKilledAtThePointAndTimeNamed(t *testing.T) {
	t.Parallel()
	path := build(t, "failpoints")
	for point, last := range map[string]string{
		failpoint.AfterT3:         failpoint.Read250 + " 1",
		failpoint.HalfBody + ":1": failpoint.After354 + " 1",
		failpoint.AfterT2 + ":3":  failpoint.BeforeT2 + " 3",
	} {
		printed, err := run(t, path, point)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Errorf("%s: ended with %v, want SIGKILL", point, err)
		}
		if got := printed[len(printed)-1]; got != last {
			t.Errorf("%s: killed after %q, want after %q", point, got, last)
		}
	}
	if _, err := run(t, path, ""); err != nil {
		t.Errorf("without a point: %v", err)
	}
	for _, wrong := range []string{"after-t9", "after-t2:0", "after-t2:x"} {
		if _, err := run(t, path, wrong); err == nil {
			t.Errorf("%s=%s is taken for no mistake", failpoint.Variable, wrong)
		}
	}
}

func TestWithoutTheTagNothingHappens(t *testing.T) {
	t.Parallel()
	printed, err := run(t, build(t, ""), failpoint.BeforeT1)
	if err != nil || len(printed) != 3*len(failpoint.Names) {
		t.Errorf("the program printed %d lines and ended with %v", len(printed), err)
	}
}

func TestNamesAreDistinct(t *testing.T) {
	t.Parallel()
	sorted := slices.Sorted(slices.Values(failpoint.Names))
	if len(slices.Compact(sorted)) != 14 {
		t.Errorf("%q", failpoint.Names)
	}
}
