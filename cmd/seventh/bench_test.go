package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"seventh/internal/smtptest"
)

// bench runs `seventh bench` and returns what it prints.
func benchOutput(t *testing.T, args ...string) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, append([]string{"bench"}, args...)...)
	command.Env = withoutSeventh()
	command.Dir = t.TempDir()
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		t.Fatalf("seventh bench %s: %v\n%s", strings.Join(args, " "), err, &said)
	}
	return string(out)
}

func benchJSON(t *testing.T, args ...string) (result benchResult, keys map[string]any) {
	t.Helper()
	out := benchOutput(t, append(args, "--json")...)
	for _, into := range []any{&result, &keys} {
		if err := json.Unmarshal([]byte(out), into); err != nil {
			t.Fatalf("bench printed no JSON object: %v\n%s", err, out)
		}
	}
	return result, keys
}

// The letter of the benchmark is the one that all figures, and the peer's, are
// about: multipart/alternative of a certain size, 6 fields, one condition, one
// tracked link, pixel, unsubscribe.
func TestBenchSendsTheLetterOfTheGate(t *testing.T) {
	t.Parallel()
	source, err := benchFiles.ReadFile("bench/templates/letter.md")
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]int{`\{\{ \.client\.`: 6, `\{\{ if `: 1, `[^!]\[`: 1} {
		if n := len(regexp.MustCompile(what).FindAll(source, -1)); n != want {
			t.Errorf("the letter has %d times %s, want %d", n, what, want)
		}
	}
	server := smtptest.New(t, smtptest.Options{})
	result, _ := benchJSON(t, "--letters=20", "--warmup=0", "--connections=4", "--ceiling=0", "--smtp-url="+server.URL())
	if result.Split != nil || result.ExactlyOnce {
		t.Errorf("only the bench's own sink counts, got split %v", result.Split)
	}
	letters := server.Letters()
	if len(letters) != 20 {
		t.Fatalf("%d letters have arrived, want 20", len(letters))
	}
	conditions := 0
	for _, letter := range letters {
		within(t, "the letter on the wire", len(letter.Raw), 7600, 8000)
		text, html := parts(t, letter.Raw)
		within(t, "the text", len(text), 500, 600)
		within(t, "the HTML", len(html), 5850, 6250)
		if strings.Contains(html, "Yours is of ") {
			conditions++
		}
		// One link to click, and one that nobody sees.
		for what, want := range map[string]int{`href="` + benchURL + `/c/`: 2, `href="` + benchURL + `/u/`: 1, `src="` + benchURL + `/o/`: 1, `href="`: 3} {
			if n := strings.Count(html, what); n != want {
				t.Errorf("the HTML has %d times %s, want %d", n, what, want)
			}
		}
	}
	if conditions != 10 {
		t.Errorf("the condition held in %d letters, want half of 20", conditions)
	}
}

func within(t *testing.T, what string, n, least, most int) {
	t.Helper()
	if n < least || n > most {
		t.Errorf("%s has %d bytes, want %d to %d", what, n, least, most)
	}
}

func parts(t *testing.T, raw []byte) (text, html string) {
	t.Helper()
	letter, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, parameters, err := mime.ParseMediaType(letter.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the letter is %q (%v), want multipart/alternative", kind, err)
	}
	reader := multipart.NewReader(letter.Body, parameters["boundary"])
	found := make(map[string]string)
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			return found["text/plain; charset=UTF-8"], found["text/html; charset=UTF-8"]
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		found[part.Header.Get("Content-Type")] = string(body)
	}
}

func TestBenchOfTwoProcessesOnAFullBase(t *testing.T) {
	t.Parallel()
	result, keys := benchJSON(t, "--letters=200", "--warmup=50", "--connections=8", "--waiting=1000", "--history=1500", "--workers=1", "--runs=2", "--ceiling=50ms")
	for _, key := range []string{"letters_per_second", "cpu_us_per_letter", "rss_bytes", "ratio_to_ceiling", "latency_ms", "wal_bytes_per_letter", "split", "settings"} {
		if keys[key] == nil {
			t.Errorf("the JSON has no %s", key)
		}
	}
	sum := 0.0
	for _, name := range []string{"seventh", "workers", "postgresql", "sink"} {
		if result.CPU[name] <= 0 {
			t.Errorf("%s has spent no CPU time: %v", name, result.CPU)
		}
		sum += result.CPU[name]
	}
	if total := result.CPU["total"]; total < sum/2 || total > 2*sum { // medians of two runs each: not exactly the sum
		t.Errorf("total is %v, and its parts %v", total, result.CPU)
	}
	if result.LettersPerSecond <= 0 || result.Ratio <= 0 || result.RSS < 1<<20 || result.WorkersRSS < 1<<20 || result.WAL <= 0 {
		t.Errorf("a figure is missing: %+v", result)
	}
	if got := result.Split["seventh"] + result.Split["worker-1"]; got != 200 || len(result.Split) != 2 {
		t.Errorf("the processes have sent %v, want 200 in all", result.Split)
	}
	if !result.ExactlyOnce || len(result.Rates) != 2 {
		t.Errorf("exactly once: %t, runs: %v, want true and two", result.ExactlyOnce, result.Rates)
	}
	if s := result.Settings; s.Waiting != 1000 || s.History != 1500 || s.Workers != 1 || !s.Pipelining {
		t.Errorf("the settings of the run are %+v", s)
	}
}

func TestBenchOfASlowServerPrintsATable(t *testing.T) {
	t.Parallel()
	out := benchOutput(t, "--letters=100", "--warmup=0", "--connections=10", "--no-pipelining", "--delay=1ms", "--rate=500", "--ceiling=50ms")
	for _, want := range []string{"no PIPELINING, 1 ms a letter", "letters/s", "cpu postgresql", "cpu sink", "cpu total", "ms from due to accepted", "of the ceiling"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table does not say %q:\n%s", want, out)
		}
	}
}

func TestBenchOverTLS(t *testing.T) {
	t.Parallel()
	profile := filepath.Join(t.TempDir(), "cpu.pprof")
	result, _ := benchJSON(t, "--letters=100", "--warmup=20", "--connections=4", "--tls", "--verify", "--ceiling=50ms", "--cpuprofile="+profile)
	if !result.Settings.TLS || !result.ExactlyOnce || result.Ratio <= 0 {
		t.Errorf("TLS %t, exactly once %t, ratio %v", result.Settings.TLS, result.ExactlyOnce, result.Ratio)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("there is no profile: %v", err)
	}
}

func TestBenchRefusesWhatItWouldIgnore(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--letters=0":                 "1 or more",
		"--warmup=-1":                 "not negative",
		"--connections=2 --workers=2": "less than one for each",
		"--history=10":                "--history needs --waiting",
		"--dkim=dsa":                  "--dkim must be one of",
		"--smtp-url=smtp://127.0.0.1:1 --delay=1s":     "leave --smtp-url out",
		"--smtp-url=ftp://127.0.0.1":                   "unknown scheme",
		"--database-url=postgres://127.0.0.1/customer": "leave --database-url out",
	} {
		command := exec.Command(path, append([]string{"bench"}, strings.Fields(args)...)...)
		command.Env = withoutSeventh()
		out, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("seventh bench %s: %v, and it does not say %q:\n%s", args, err, want, out)
		}
	}
}
