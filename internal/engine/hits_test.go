package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

const (
	chromeAgent  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	iphoneAgent  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
	scannerAgent = "Barracuda Sentinel (EE)"
)

// visit is a hit some time after the letter went.
type visit struct {
	after   time.Duration
	purpose string
	link    int
	agent   string
	network string
}

func person(after time.Duration, link int) visit {
	return visit{after, "clicked", link, chromeAgent, "203.0.113.0/24"}
}

func (v visit) hit(letter store.Message) store.Hit {
	return store.Hit{
		MessageID: letter.ID, Purpose: v.purpose, Link: v.link, At: letter.SentAt.Add(v.after), Method: "GET", UserAgent: v.agent, Language: "ru", Address: v.network,
	}
}

// visited is a trial with a letter that went to bob.
func visited(t *testing.T) (*trial, store.Message) {
	t.Helper()
	tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }",
		map[string]string{"mass": oneStep("mass", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "bob"})
	tr.enroll("mass", monday, "bob")
	tr.plan()
	return tr, tr.letter("bob")
}

func (tr *trial) record(letter store.Message, visits ...visit) {
	tr.t.Helper()
	hits := make([]store.Hit, len(visits))
	for i, v := range visits {
		hits[i] = v.hit(letter)
	}
	if err := store.RecordHits(tr.t.Context(), tr.pool, hits); err != nil {
		tr.t.Fatal(err)
	}
}

// judged is what the ledger says some time after the letter went: "clicked 0 human 1",
// with the count.
func (tr *trial) judged(letter store.Message, after time.Duration) []string {
	tr.t.Helper()
	tr.at(letter.SentAt.Add(after))
	tr.plan()
	rows, err := tr.pool.Query(tr.t.Context(), `
		SELECT concat_ws(' ', kind, link, actor, data->>'count', extract(epoch FROM at - $2)::int || 's') FROM touches
		WHERE message_id = $1 AND kind IN ('opened', 'clicked') ORDER BY kind, link`, letter.ID, *letter.SentAt)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			tr.t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Nobody knows who clicked until nothing can change the verdict any more.
func TestAClickIsAPersonsWhenNoBurstCanFollow(t *testing.T) {
	t.Parallel()
	tr, letter := visited(t)
	tr.record(letter, person(20*time.Minute, 0))
	wantLines(t, "at once", tr.judged(letter, 20*time.Minute), "clicked 0 unknown 1 1200s")
	wantLines(t, "before it is settled", tr.judged(letter, 20*time.Minute+inbound.HitsSettle-time.Second), "clicked 0 unknown 1 1200s")
	wantLines(t, "settled", tr.judged(letter, 20*time.Minute+inbound.HitsSettle), "clicked 0 human 1 1200s")
	if store.HitsSettle < inbound.HitsSettle {
		t.Errorf("hits are judged after %s, and settle after %s", store.HitsSettle, inbound.HitsSettle)
	}
}

func TestWhatChangesAVerdictLater(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	trap := visit{20*time.Minute + 20*time.Second, "honeypot", 255, chromeAgent, "198.51.100.0/24"}
	for name, tc := range map[string]struct {
		first   []visit
		between []string
		then    []visit
		report  *inbound.Event
		want    []string
	}{
		"a person after a scanner": {
			[]visit{{time.Minute, "clicked", 0, scannerAgent, "192.0.2.0/24"}}, []string{"clicked 0 machine 1 60s"},
			[]visit{person(hour, 0)}, nil, []string{"clicked 0 human 2 3600s"},
		},
		"a scanner after a person": {
			[]visit{person(20*time.Minute, 0)}, []string{"clicked 0 human 1 1200s"},
			[]visit{{hour, "clicked", 0, scannerAgent, "192.0.2.0/24"}}, nil, []string{"clicked 0 human 2 1200s"},
		},
		"the honeypot, told late": {
			[]visit{person(20*time.Minute, 0)}, []string{"clicked 0 human 1 1200s"},
			[]visit{trap}, nil, []string{"clicked 0 machine 1 1200s"},
		},
		"the rest of a burst, told late": {
			[]visit{person(20*time.Minute, 0)}, []string{"clicked 0 human 1 1200s"},
			[]visit{person(20*time.Minute+2*time.Second, 1), person(20*time.Minute+3*time.Second, 2)}, nil,
			[]string{"clicked 0 machine 1 1200s", "clicked 1 machine 1 1202s", "clicked 2 machine 1 1203s"},
		},
		"a delivery told late": {
			[]visit{person(20*time.Minute, 0)}, []string{"clicked 0 human 1 1200s"},
			nil, &inbound.Event{Kind: inbound.Delivered, At: monday.Add(20*time.Minute - 2*time.Second)}, []string{"clicked 0 machine 1 1200s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr, letter := visited(t)
			tr.record(letter, tc.first...)
			wantLines(t, "at first", tr.judged(letter, 2*hour), tc.between...)
			if len(tc.then) > 0 {
				tr.record(letter, tc.then...)
			}
			if tc.report != nil {
				// An hour ago by the clock on the wall, which the trial has moved.
				clock, err := store.ReadClock(t.Context(), tr.pool)
				if err != nil {
					t.Fatal(err)
				}
				tc.report.At = tc.report.At.Add(-clock.Shift)
				tr.apply(Report{MessageID: letter.ID, Event: *tc.report})
			}
			wantLines(t, "in the end", tr.judged(letter, 3*hour), tc.want...)
		})
	}
}

// Late, out of order, twice: the end is the same.
func TestHitsInAnyOrderEndTheSame(t *testing.T) {
	t.Parallel()
	visits := []visit{
		{3 * time.Second, "opened", -1, iphoneAgent, "192.0.2.0/24"},
		{3 * time.Second, "clicked", 0, iphoneAgent, "192.0.2.0/24"},
		{time.Minute, "clicked", 1, scannerAgent, "192.0.2.0/24"},
		person(20*time.Minute, 2), {21 * time.Minute, "opened", -1, "Mozilla/5.0", "17.58.98.0/24"},
		person(40*time.Minute, 1), {40*time.Minute + 10*time.Second, "honeypot", 255, chromeAgent, "203.0.113.0/24"},
	}
	want := []string{"clicked 0 machine 1 3s", "clicked 1 machine 2 60s", "clicked 2 human 1 1200s", "opened -1 unknown 2 1260s"}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			tr, letter := visited(t)
			shuffled := slices.Clone(visits)
			rand.New(rand.NewPCG(seed, 7)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			for i, v := range shuffled {
				tr.record(letter, v)
				tr.judged(letter, time.Hour+time.Duration(i)*time.Minute)
			}
			wantLines(t, "in the end", tr.judged(letter, 3*time.Hour), want...)
		})
	}
}

// Newer rules go over old hits by themselves, in small steps.
func TestNewerRulesJudgeOldHits(t *testing.T) {
	t.Parallel()
	tr, letter := visited(t)
	tr.record(letter, person(20*time.Minute, 0), visit{50 * time.Minute, "clicked", 1, scannerAgent, "192.0.2.0/24"})
	tr.judged(letter, 2*time.Hour)
	more := func() bool {
		t.Helper()
		more, err := tr.RejudgeHits(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return more
	}
	tr.exec("UPDATE hit_rules SET rules = $1", inbound.HitRules)
	if more() {
		t.Error("old hits are judged again by the same rules")
	}
	// As if older rules had been wrong about both.
	tr.exec("UPDATE hits SET actor = 'machine', rules = 0")
	tr.exec("UPDATE touches SET actor = 'machine' WHERE kind = 'clicked'")
	tr.exec("UPDATE hit_rules SET rules = 0")
	steps := 1
	for ; more(); steps++ {
		tr.judged(letter, 3*time.Hour)
	}
	wantLines(t, "by newer rules", tr.judged(letter, 3*time.Hour), "clicked 0 human 1 1200s", "clicked 1 machine 1 3000s")
	if steps > 3 {
		t.Errorf("two hits took %d steps", steps)
	}
	// Hits from before there were rules stay as they were judged then.
	tr.exec("UPDATE hits SET rules = NULL, language = ''")
	tr.exec("INSERT INTO hits_due SELECT business_now(), $1", letter.ID)
	wantLines(t, "from before", tr.judged(letter, 4*time.Hour), "clicked 0 human 1 1200s", "clicked 1 machine 1 3000s")
}

// Somebody may ask for one link as often as he likes: no more than the newest hits are
// looked at, and what a person did stays.
func TestAHammeredLinkIsBounded(t *testing.T) {
	t.Parallel()
	tr, letter := visited(t)
	tr.record(letter, person(20*time.Minute, 0))
	tr.judged(letter, 30*time.Minute)
	many := make([]visit, store.HitLimit+50)
	for i := range many {
		many[i] = visit{time.Hour, "clicked", 0, "curl/8.5.0", "192.0.2.0/24"}
	}
	tr.record(letter, many...)
	wantLines(t, "hammered", tr.judged(letter, 2*time.Hour), fmt.Sprintf("clicked 0 human %d 1200s", len(many)+1))
}

// What a provider tells of is a hit like others, once however often it is told.
func TestAProvidersHitsAreJudged(t *testing.T) {
	t.Parallel()
	tr, letter := visited(t)
	tr.at(letter.SentAt.Add(time.Hour))
	clock, err := store.ReadClock(t.Context(), tr.pool)
	if err != nil {
		t.Fatal(err)
	}
	at := letter.SentAt.Add(30 * time.Minute).Add(-clock.Shift)
	for range 3 {
		tr.apply(Report{MessageID: letter.ID, Event: inbound.Event{Kind: inbound.Opened, At: at, UserAgent: "Outlook; ms-office " + strings.Repeat("x", 600), Address: "203.0.113.77"}})
		tr.apply(Report{MessageID: letter.ID, Event: inbound.Event{Kind: inbound.Clicked, At: at, UserAgent: chromeAgent, URL: "https://seventh.example.com/c/x"}})
	}
	tr.apply(Report{MessageID: 4711, Event: inbound.Event{Kind: inbound.Opened, At: at}}) // erased since
	wantLines(t, "in the end", tr.judged(letter, 2*time.Hour), "opened -1 human 1 1800s")
}
