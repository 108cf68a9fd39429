package inbound

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var updateHooks = flag.Bool("update-hooks", false, "rewrite what providers' payloads mean")

// TestWhatProvidersTell reads the payloads that providers document. Each file of
// testdata/hooks is a provider; after a payload stands what it means.
func TestWhatProvidersTell(t *testing.T) {
	t.Parallel()
	for name, provider := range Providers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", "hooks", name+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			read := &txtar.Archive{Comment: archive.Comment}
			for _, file := range archive.Files {
				title, payload := strings.CutSuffix(file.Name, ".json")
				if !payload {
					continue
				}
				events, err := provider.Events(bytes.TrimSpace(file.Data))
				read.Files = append(read.Files, file, txtar.File{Name: title + ".means", Data: spelled(events, err)})
			}
			t.Logf("%s: %d documented payloads", name, len(read.Files)/2)
			if *updateHooks {
				if err := os.WriteFile(path, txtar.Format(read), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(read))); diff != "" {
				t.Errorf("what the payloads mean (-expected +read):\n%s", diff)
			}
		})
	}
}

// spelled are events in words.
func spelled(events []Event, err error) []byte {
	var b bytes.Buffer
	if err != nil {
		fmt.Fprintln(&b, "unreadable:", err)
	}
	if err == nil && len(events) == 0 {
		fmt.Fprintln(&b, "nothing")
	}
	for _, e := range events {
		fmt.Fprintf(&b, "%s", e.Kind)
		say := func(name, value string) {
			if value != "" {
				fmt.Fprintf(&b, " %s=%s", name, value)
			}
		}
		say("class", e.Class)
		if e.Permanent {
			b.WriteString(" permanent")
		}
		say("status", e.Status)
		say("to", e.Recipient)
		if !e.At.IsZero() {
			say("at", e.At.Format(time.RFC3339))
		}
		say("actor", e.Actor)
		say("from", e.Address)
		say("url", e.URL)
		if e.Number != 0 {
			say("number", fmt.Sprint(e.Number))
		}
		say("refs", strings.Join(e.Refs, " "))
		b.WriteString("\n")
		for _, line := range []string{e.Diagnostic, e.UserAgent} {
			if line != "" {
				fmt.Fprintf(&b, "    %s\n", line)
			}
		}
		if a := e.Answer; a != nil {
			fmt.Fprintf(&b, "    answer of %s: %q %q", a.From, a.Subject, a.Text)
			if !a.Back.IsZero() {
				fmt.Fprintf(&b, " back %s", a.Back.Format(time.DateOnly))
			}
			b.WriteString("\n")
		}
	}
	return b.Bytes()
}
