package content

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSettingsMayLieOutsideGit(t *testing.T) {
	t.Setenv("ANN_SMTP_URL", "smtps://ann:secret@mail.example.com")
	t.Setenv("EMPTY", "")
	dir := t.TempDir()
	full, empty := filepath.Join(dir, "url"), filepath.Join(dir, "empty")
	for path, body := range map[string]string{full: " smtp://relay.example.com\n", empty: "\n"} {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for setting, want := range map[string]string{
		"": "", "smtp://plain.example.com": "smtp://plain.example.com",
		"env:ANN_SMTP_URL": "smtps://ann:secret@mail.example.com", "file:" + full: "smtp://relay.example.com",
	} {
		if got, err := Resolve(setting); got != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", setting, got, err, want)
		}
	}
	for _, setting := range []string{"env:NOT_SET_ANYWHERE", "env:EMPTY", "file:" + empty, "file:" + filepath.Join(dir, "none")} {
		_, key, _ := strings.Cut(setting, ":")
		if got, err := Resolve(setting); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%q is %q, %v", setting, got, err)
		}
	}
}
