package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What `make run` starts, as somebody new to it would use it: letters arrive by
// themselves, three weeks pass, Ctrl-C and even kill -9 lose nothing, and a
// content folder with a mistake changes nothing.
func TestSandboxFromNothing(t *testing.T) {
	listen, data := freePort(t), filepath.Join(t.TempDir(), "state")
	settings := []string{"SEVENTH_LISTEN=" + listen, "SEVENTH_DATA=" + data}
	base := "http://" + listen
	p := start(t, settings, "serve", "--demo")
	ready(t, base)
	eventually(t, func() string {
		if n := len(inbox(t, base, "")); n < 90 {
			return fmt.Sprintf("%d letters have arrived", n)
		}
		return ""
	})
	for _, text := range []string{"Log in (works once)  " + base + "/login/one-time/", "Letters sent         " + base + "/sandbox/inbox", "API key"} {
		if !strings.Contains(p.output.String(), text) {
			t.Errorf("the terminal does not show %q", text)
		}
	}
	key := strings.TrimSpace(string(read(t, filepath.Join(data, "api-key"))))

	first := inbox(t, base, "")[0]
	for _, letter := range inbox(t, base, "") {
		if strings.Contains(letter.Headers["List-ID"], "c-nurture") {
			first = letter
		}
	}
	if status, answer := call(t, http.MethodPost, base+"/sandbox/clock", key, map[string]string{"advance": "22d"}); status != http.StatusOK {
		t.Fatalf("advancing answered %d: %v", status, answer)
	}
	letters := inbox(t, base, first.To)
	if len(letters) != 2 {
		t.Fatalf("%s has %d letters after 22 days, want 2", first.To, len(letters))
	}
	sent, err := mail.ParseDate(letters[0].Headers["Date"])
	if err != nil {
		t.Fatal(err)
	}
	begun, err := mail.ParseDate(letters[1].Headers["Date"])
	if err != nil {
		t.Fatal(err)
	}
	if days := sent.Sub(begun).Round(24*time.Hour) / (24 * time.Hour); days != 21 {
		t.Errorf("the second letter is dated %d days after the first, want 21", days)
	}
	before := len(inbox(t, base, ""))

	p.kill() // PostgreSQL lives on, and is taken over
	broken := filepath.Join(t.TempDir(), "content")
	if err := os.MkdirAll(filepath.Join(broken, "sequences"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(broken, "seventh.yaml"), "company: { name: Firm }\n")
	p = start(t, append(settings, "SEVENTH_CONTENT="+broken), "serve", "--demo")
	ready(t, base)
	if !strings.Contains(p.output.String(), "seventh.yaml:1:") || !strings.Contains(p.output.String(), "stays in force") {
		t.Error("the broken folder is not reported")
	}
	if n := len(inbox(t, base, "")); n != before {
		t.Errorf("%d letters after the restart, %d before", n, before)
	}
	status, answer := call(t, http.MethodGet, base+"/api/v1/sequences", key, nil)
	if items, _ := answer["items"].([]any); status != http.StatusOK || len(items) != 4 {
		t.Errorf("sequences answered %d: %v, want the four that were in force", status, answer)
	}

	if err := p.command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		select {
		case <-p.ended:
			return ""
		default:
			return "Ctrl-C has not ended it"
		}
	})
	if code := p.command.ProcessState.ExitCode(); code != exitOK {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
	if pids, _ := filepath.Glob(filepath.Join(data, "postgres", "*", "postmaster.pid")); len(pids) > 0 {
		t.Error("PostgreSQL is still running after Ctrl-C")
	}
}

type captured struct {
	To      string            `json:"to"`
	Subject string            `json:"subject"`
	Headers map[string]string `json:"headers"`
}

func inbox(t *testing.T, base, to string) []captured {
	t.Helper()
	response, err := http.Get(base + "/sandbox/inbox.json?to=" + url.QueryEscape(to))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var list struct{ Items []captured }
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
