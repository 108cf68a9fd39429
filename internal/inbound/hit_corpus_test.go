package inbound

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// labelledHits is a letter of the corpus (testdata/hits/README.md).
type labelledHits struct {
	name   string
	letter HitLetter
	hits   []Hit
	lines  []string
	truth  []string
}

var sent = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// hitCorpus reads the corpus: the half that the rules were written by, and the half that
// was held out.
func hitCorpus(t testing.TB) (halves [2][]labelledHits) {
	t.Helper()
	agents := make(map[string]string)
	for _, line := range hitLinesOf(t, "testdata/hits/agents") {
		name, agent, _ := strings.Cut(line, "\t")
		agents[name] = agent
	}
	files, err := filepath.Glob("testdata/hits/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	for _, file := range files {
		var letters []labelledHits
		for _, line := range hitLinesOf(t, file) {
			words := strings.Fields(line)
			switch {
			case len(words) == 0 || words[0] == "#":
			case words[0] == "letter":
				l := labelledHits{name: words[1], letter: HitLetter{Sent: sent, Links: numberIn(t, words[5])}}
				if words[3] != "-" {
					l.letter.Delivered = sent.Add(duration(t, words[3]))
				}
				letters = append(letters, l)
			default:
				l := &letters[len(letters)-1]
				h, truth := hitOf(t, line, words, agents)
				l.hits, l.lines, l.truth = append(l.hits, h), append(l.lines, line), append(l.truth, truth)
			}
		}
		for i, l := range letters {
			halves[i%2] = append(halves[i%2], l)
		}
	}
	return halves
}

func hitOf(t testing.TB, line string, words []string, agents map[string]string) (Hit, string) {
	t.Helper()
	h := Hit{At: sent.Add(duration(t, strings.TrimPrefix(words[0], "+"))), Method: words[1], Link: -1}
	rest := words[3:]
	switch words[2] {
	case "open":
		h.Purpose = HitOpened
	case "honeypot":
		h.Purpose, h.Link = HitHoneypot, 255
	case "click":
		h.Purpose, h.Link, rest = HitClicked, numberIn(t, rest[0]), rest[1:]
	default:
		t.Fatalf("%s: what is that?", line)
	}
	agent, known := agents[rest[2]]
	if !known || !slices.Contains([]string{Human, Machine, Unknown}, rest[0]) {
		t.Fatalf("%s: who is that?", line)
	}
	h.Network, h.UserAgent = rest[1], agent
	if rest[3] != "-" {
		h.Language = rest[3]
	}
	h.Ahead = strings.Join(rest[4:], " ")
	return h, rest[0]
}

func hitLinesOf(t testing.TB, file string) []string {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(string(body), "\n"), "\n")
}

func duration(t testing.TB, text string) time.Duration {
	t.Helper()
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	if rest == "" {
		rest = "0"
	}
	d, err := time.ParseDuration(rest)
	if err != nil {
		t.Fatal(err)
	}
	return d + time.Duration(numberIn(t, days))*24*time.Hour
}

func numberIn(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The gate: no hit of a machine is taken for a person's, and at most one click of people
// in fifty is lost, in each half.
func TestCorpusOfHits(t *testing.T) {
	halves := hitCorpus(t)
	all := 0
	for half, letters := range halves {
		name := []string{"known", "held out"}[half]
		counts := make(map[string]int)
		for _, l := range letters {
			for i, v := range ClassifyHits(l.letter, l.hits) {
				h := l.hits[i]
				counts[h.Purpose+" "+l.truth[i]+" as "+v.Actor]++
				counts["hits"]++
				if v.Actor != l.truth[i] {
					t.Logf("%s: %s: %s\n\tis said to be %s (%s)", name, l.name, l.lines[i], v.Actor, v.Why)
				}
			}
		}
		all += counts["hits"]
		machines := counts["clicked machine as human"] + counts["opened machine as human"]
		people := counts["clicked human as human"] + counts["clicked human as machine"] + counts["clicked human as unknown"]
		lost := people - counts["clicked human as human"]
		t.Logf("%s: %d letters, %d hits; machines taken for people %d; clicks of people %d, lost %d (%.1f%%)\n\t%v",
			name, len(letters), counts["hits"], machines, people, lost, 100*float64(lost)/float64(people), counts)
		if machines > 0 {
			t.Errorf("%s: %d hits of machines move sequences", name, machines)
		}
		if lost*50 > people {
			t.Errorf("%s: %d of %d clicks of people are lost", name, lost, people)
		}
		if people < 75 {
			t.Errorf("%s: only %d clicks of people", name, people)
		}
	}
	if all < 400 {
		t.Errorf("only %d hits", all)
	}
}

// Verdicts are a function of the set of hits: the order in which they came to us, and
// how often one of them did, change nothing.
func TestHitsInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	halves := hitCorpus(t)
	for _, l := range append(halves[0], halves[1]...) {
		want := make(map[string]string)
		for i, v := range ClassifyHits(l.letter, l.hits) {
			want[fmt.Sprint(l.hits[i])] = v.Actor
		}
		for range 5 {
			hits := slices.Concat(l.hits, l.hits[:random.IntN(len(l.hits)+1)])
			random.Shuffle(len(hits), func(i, j int) { hits[i], hits[j] = hits[j], hits[i] })
			for i, v := range ClassifyHits(l.letter, hits) {
				if v.Actor != want[fmt.Sprint(hits[i])] {
					t.Fatalf("%s: %v is %s in another order, not %s", l.name, hits[i], v.Actor, want[fmt.Sprint(hits[i])])
				}
			}
		}
	}
}

// A verdict is out for good when no hit within HitsSettle of it can be missing.
func TestVerdictsSettle(t *testing.T) {
	halves := hitCorpus(t)
	for _, l := range append(halves[0], halves[1]...) {
		final := ClassifyHits(l.letter, l.hits)
		for i, h := range l.hits {
			var by []Hit
			place := 0
			for j, other := range l.hits {
				if j == i {
					place = len(by)
				}
				if !other.At.After(h.At.Add(HitsSettle)) {
					by = append(by, other)
				}
			}
			if v := ClassifyHits(l.letter, by)[place]; v != final[i] {
				t.Errorf("%s: %s: %v after %s, %v in the end", l.name, l.lines[i], v, HitsSettle, final[i])
			}
		}
	}
}
