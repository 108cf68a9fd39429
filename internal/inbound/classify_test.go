package inbound

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// reply is one real reply of a server, with the class that a person gave it.
type reply struct {
	where, class string
	code         int
	text         string // with its codes
}

// replies reads corpora of lines: "class phase reply" (\n begins the next line of a reply)
// where phases is true, else "class reply".
func replies(t testing.TB, phases bool, files ...string) []reply {
	t.Helper()
	var all []reply
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			class, words, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
			if words = strings.TrimSpace(words); phases {
				_, words, _ = strings.Cut(words, " ")
			}
			r := reply{where: filepath.Base(file) + ":" + strconv.Itoa(number), class: class}
			for line := range strings.SplitSeq(strings.TrimSpace(words), `\n`) {
				code, err := strconv.Atoi(line[:min(3, len(line))])
				switch {
				case err != nil || code < 200:
				case r.code == 0:
					r.code = code
				case code == r.code:
					line = strings.TrimLeft(line[3:], "- ")
				}
				r.text = strings.TrimSpace(r.text + " " + line)
			}
			all = append(all, r)
		}
	}
	return all
}

// Words that no real reply needs are a guess. Rules of codes alone come from the RFCs.
func TestEveryRuleOfWordsIsNeeded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../mail/testdata/replies/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("finding the replies: %d files, error %v", len(files), err)
	}
	used := make([]bool, len(rules))
	all := append(replies(t, true, files...), replies(t, false, "testdata/bounces/lines-train.txt", "testdata/bounces/lines-train-2.txt", "testdata/bounces/lines-known.txt")...)
	for _, l := range append(bouncesOf(t, "train"), bouncesOf(t, "train-2")...) {
		if letter, err := Read(l.raw); err == nil {
			for _, e := range Bounces(letter) {
				all = append(all, reply{code: 550, text: "550 " + e.Diagnostic})
			}
		}
	}
	for _, r := range all {
		text := searchable(r.text)
		if r.code == 0 {
			r.code = 550
		} else {
			_, text, _ = strings.Cut(text, " ")
		}
		enhanced, text := SplitEnhanced(r.code, text)
		if enhanced == "" {
			enhanced = statusWithin(r.code, text)
		}
		if i := decisive(r.code, enhanced, withoutAddresses(text)); i >= 0 {
			used[i] = true
		}
	}
	for i, used := range used {
		if !used && rules[i].words != nil {
			t.Errorf("rule %d decides nothing: %+v", i, rules[i])
		}
	}
}
