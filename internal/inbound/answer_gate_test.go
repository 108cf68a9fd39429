package inbound

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// exampleAnswer is a letter of testdata/replies with what a person said of it.
type exampleAnswer struct {
	name  string
	label map[string]string
	raw   []byte
}

func exampleAnswers(t testing.TB, file string) []exampleAnswer {
	t.Helper()
	data, err := os.ReadFile("testdata/replies/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all []exampleAnswer
	for _, f := range txtar.Parse(data).Files {
		head, raw, ok := strings.Cut(string(f.Data), "\n\n")
		if !ok {
			t.Fatalf("%s: %s has no empty line after its labels", file, f.Name)
		}
		example := exampleAnswer{name: f.Name, label: map[string]string{}, raw: []byte(raw)}
		for line := range strings.SplitSeq(head, "\n") {
			key, value, _ := strings.Cut(line, ":")
			example.label[key] = strings.TrimSpace(value)
		}
		all = append(all, example)
	}
	return all
}

// tally counts what ReadAnswer made of a corpus.
type tally struct {
	letters, humans, machines               int
	humanAsMachine, machineAsHuman          int
	dated, dateRight, pastDate, dateUnasked int
	named, nameFound                        int
	plain, plainFound, plainWrong           int
	asked, askedFound, unaskedFound         int
	ends, endsRight                         int
}

func (n *tally) count(a Answer, automatic bool, e exampleAnswer, l *Letter) (wrong []string) {
	miss := func(counter *int, format string, args ...any) {
		*counter++
		wrong = append(wrong, fmt.Sprintf(format, args...))
	}
	n.letters++
	if e.label["Verdict"] == "human" {
		n.humans++
		if automatic {
			miss(&n.humanAsMachine, "a person's, taken for automatic")
		}
		want := OptOut(e.label["Opt-Out"])
		if want == PlainOptOut {
			n.plain++
		}
		if want != NoOptOut {
			n.asked++
		}
		switch {
		case a.OptOut == PlainOptOut && want == NoOptOut:
			miss(&n.plainWrong, "opt-out plain, should be none")
		case a.OptOut == NoOptOut && want != NoOptOut:
			wrong = append(wrong, "opt-out missed: "+string(want))
		case a.OptOut != NoOptOut && want == NoOptOut:
			miss(&n.unaskedFound, "opt-out %s, should be none", a.OptOut)
		case a.OptOut != want:
			wrong = append(wrong, fmt.Sprintf("opt-out %s, should be %s", a.OptOut, want))
		}
		if a.OptOut != NoOptOut && want != NoOptOut {
			n.askedFound++
		}
		if a.OptOut == PlainOptOut && want == PlainOptOut {
			n.plainFound++
		}
		if end := e.label["New-Text-Ends"]; end != "" {
			n.ends++
			if strings.HasSuffix(strings.Join(strings.Fields(a.Text), " "), end) {
				n.endsRight++
			} else {
				wrong = append(wrong, fmt.Sprintf("ends with %q, should with %q", last(a.Text, 60), end))
			}
		}
		return wrong
	}
	n.machines++
	if !automatic {
		miss(&n.machineAsHuman, "automatic, taken for a person's")
		return wrong
	}
	back := ""
	if !a.Back.IsZero() {
		back = a.Back.Format(time.DateOnly)
		if !a.Back.After(l.Date) {
			miss(&n.pastDate, "past date %s", back)
		}
	}
	if want := e.label["Back"]; want != "" {
		n.dated++
		if back == want {
			n.dateRight++
		} else {
			wrong = append(wrong, fmt.Sprintf("back %q, should be %s", back, want))
		}
	} else if back != "" {
		miss(&n.dateUnasked, "back %s, should be none", back)
	}
	if want := e.label["Substitute"]; want != "" {
		n.named++
		if strings.Contains(a.Substitute, want) || a.Substitute != "" && strings.Contains(want, a.Substitute) {
			n.nameFound++
		} else {
			wrong = append(wrong, fmt.Sprintf("substitute %q, should be %q", a.Substitute, want))
		}
	} else if a.Substitute != "" {
		wrong = append(wrong, fmt.Sprintf("substitute %q, should be none", a.Substitute))
	}
	return wrong
}

func last(s string, n int) string {
	if len(s) > n {
		s = s[len(s)-n:]
	}
	return s
}

func (n *tally) String() string {
	return fmt.Sprintf("%d letters: humans taken for automatic %d of %d, automatic for human %d of %d, dates right %d of %d (past %d, unasked %d), substitutes %d of %d, "+
		"opt-out plain right %d of %d and wrong %d, any opt-out found %d of %d and unasked %d, ends of new text %d of %d",
		n.letters, n.humanAsMachine, n.humans, n.machineAsHuman, n.machines, n.dateRight, n.dated, n.pastDate, n.dateUnasked, n.nameFound, n.named,
		n.plainFound, n.plain, n.plainWrong, n.askedFound, n.asked, n.unaskedFound, n.endsRight, n.ends)
}

// corpora are the letters that rules were written for. The second was the held-out half of
// the first, and the third a fresh corpus by another author, until they were opened.
var corpora = []string{"train-1", "train-2", "train-3", "train-4"}

func TestAnswersThatRulesWereWrittenForAreUnderstood(t *testing.T) {
	t.Parallel()
	var all tally
	for _, corpus := range corpora {
		var n tally
		for _, language := range []string{"ru", "en"} {
			for _, e := range exampleAnswers(t, corpus+"-"+language+".txtar") {
				l, err := Read(e.raw)
				if err != nil {
					t.Fatal(err)
				}
				sent := Sent{Subject: e.label["Our-Subject"]}
				a, automatic := ReadAnswer(l, sent)
				all.count(a, automatic, e, l)
				for _, wrong := range n.count(a, automatic, e, l) {
					t.Logf("%s: %s\n   %s\n   %.600q %v", e.name, wrong, l.Subject, a.Text, Signs(l, sent))
				}
			}
		}
		t.Log(corpus, &n)
	}
	all.gate(t, gates{humanAsMachine: 0, machineAsHuman: 30, dateRight: 980})
}

// The margin: how far from the threshold people and machines are.
func TestPeopleKeepTheirDistanceFromMachines(t *testing.T) {
	t.Parallel()
	people, machines := map[int]int{}, map[int]int{}
	for _, corpus := range corpora {
		for _, language := range []string{"ru", "en"} {
			for _, e := range exampleAnswers(t, corpus+"-"+language+".txtar") {
				l, err := Read(e.raw)
				if err != nil {
					t.Fatal(err)
				}
				sum := min(max(weigh(Signs(l, Sent{Subject: e.label["Our-Subject"]})), -10), 25)
				if e.label["Verdict"] == "human" {
					people[sum]++
				} else {
					machines[sum]++
				}
			}
		}
	}
	for sum := -10; sum <= 25; sum++ {
		t.Logf("%3d  people %3d  machines %3d", sum, people[sum], machines[sum])
	}
}

// gates are limits in thousandths.
type gates struct{ humanAsMachine, machineAsHuman, dateRight int }

// gate fails if a figure of the issue is missed.
func (n *tally) gate(t *testing.T, g gates) {
	t.Helper()
	for _, limit := range []struct {
		what     string
		got, of  int
		least    bool
		promille int
	}{
		{"humans taken for automatic", n.humanAsMachine, n.humans, false, g.humanAsMachine},
		{"automatic taken for human", n.machineAsHuman, n.machines, false, g.machineAsHuman},
		{"dates right", n.dateRight, n.dated, true, g.dateRight},
		{"past dates", n.pastDate, n.machines, false, 0},
		{"plain opt-outs of people who asked for none", n.plainWrong, n.humans, false, 0},
	} {
		if got := limit.got * 1000; limit.least && got < limit.promille*limit.of || !limit.least && got > limit.promille*limit.of {
			t.Errorf("%s: %d of %d", limit.what, limit.got, limit.of)
		}
	}
}
