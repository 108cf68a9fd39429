package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seventh/sequences"
)

func TestKeyringIsReadFromFilesAndVariables(t *testing.T) {
	const seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=" // of RFC 8463 A.2
	file := filepath.Join(t.TempDir(), "dkim")
	if err := os.WriteFile(file, []byte(seed+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_DKIM_KEY", seed)
	t.Setenv("TEST_DKIM_TEXT", "no key")
	ring, err := Keyring(&sequences.Settings{DKIM: map[string]sequences.DKIM{
		"example.com": {{Selector: "s1", Key: sequences.Reference("file:" + file)}, {Selector: "s2", Key: "env:TEST_DKIM_KEY"}},
		"пример.рф":   {{Selector: "s1", Key: "env:TEST_DKIM_KEY"}},
		"example.org": {{Selector: "s1", Key: "file:" + sequences.Reference(file) + ".missing"}, {Selector: "s2", Key: "env:TEST_DKIM_NONE"}, {Selector: "s3", Key: "env:TEST_DKIM_TEXT"}},
	}})
	for _, want := range []string{"DKIM key s1 of example.org", "TEST_DKIM_NONE is not set", "s3._domainkey.example.org: this is no private key"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for from, want := range map[string]int{"a@example.com": 2, "a@mail.example.com": 2, "a@xn--e1afmkfd.xn--p1ai": 1, "a@example.org": 0} {
		if got := len(ring.For(from)); got != want {
			t.Errorf("%s is signed by %d keys, want %d", from, got, want)
		}
	}
	if ring, err := Keyring(&sequences.Settings{}); ring != nil || err != nil {
		t.Errorf("without keys: %v, error %v", ring, err)
	}
}
