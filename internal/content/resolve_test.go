package content

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestValuesAreResolvedFromWhereTheyAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(" two\nlines \n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_RESOLVE", " text ")
	t.Setenv("TEST_RESOLVE_EMPTY", " ")
	for value, want := range map[string]string{"": "", "plain": "plain", "env:TEST_RESOLVE": "text", "file:" + file: "two\nlines"} {
		if got, err := Resolve(value); got != want || err != nil {
			t.Errorf("%q is %q, error %v, want %q", value, got, err, want)
		}
	}
	for value, named := range map[string]string{"env:TEST_RESOLVE_EMPTY": "TEST_RESOLVE_EMPTY", "env:": "variable", "file:" + file + ".not": "secret.not"} {
		if got, err := Resolve(value); err == nil || !strings.Contains(err.Error(), named) {
			t.Errorf("%q is %q, error %v, want one that names %s", value, got, err, named)
		}
	}
}
