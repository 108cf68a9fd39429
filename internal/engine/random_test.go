package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// randomLimits are drawn limits, as YAML and as what is checked.
type randomLimits struct {
	annDaily, annRate, bobStart, bobStep, mailru, perClient, perCompany int
	clientDays, companyDays                                             int
}

func (l randomLimits) yaml() string {
	return fmt.Sprintf(`
time_zone: Europe/Moscow
fallback_sender: ann
senders:
  ann: { email: ann@firm.example, daily_limit: %d, rate: %d/m }
  bob: { email: bob@firm.example, ramp: { start: %d, step: %d, from: 2027-03-01 } }
limits:
  client: { letters: %d, in: %dd }
  company: { letters: %d, in: %dd }
  providers: { mailru: { daily_limit: %d } }
  human: { quiet: 2d }
`, l.annDaily, l.annRate, l.bobStart, l.bobStep, l.perClient, l.clientDays, l.perCompany, l.companyDays, l.mailru) + officeYAML
}

// Whatever the limits are: over some weeks, none is exceeded, nobody is lost, and
// letters that only their sender holds up go in order.
func TestRandomLimitsAreKeptAndNobodyIsLost(t *testing.T) {
	t.Parallel()
	const seed, enrollments = 1, 2000
	random := rand.New(rand.NewPCG(seed, 7))
	tryLimits(t, random, randomLimits{
		annDaily: 60 + random.IntN(60), annRate: 5 + random.IntN(20), bobStart: 10 + random.IntN(20), bobStep: 5 + random.IntN(10), mailru: 20 + random.IntN(30),
		perClient: 1 + random.IntN(2), clientDays: 2 + random.IntN(6), perCompany: 2 + random.IntN(3), companyDays: 1 + random.IntN(3),
	}, enrollments)
}

func tryLimits(t *testing.T, random *rand.Rand, limits randomLimits, enrollments int) {
	clients := enrollments * 9 / 20
	tr := newTrial(t, monday, limits.yaml(), map[string]string{
		"first":  oneStep("first", "sender: ann\nwindow: office\npriority: 30"),
		"second": oneStep("second", "sender: bob\nwindow: office\npriority: 20"),
		"third":  oneStep("third", "sender: ann\nwindow: office\npriority: 10"),
	})
	patches, ids := named("c", clients)
	for i := range patches {
		switch random.IntN(4) {
		case 0:
			patches[i].Email = text(ids[i] + "@" + []string{"mail.ru", "list.ru"}[random.IntN(2)])
		case 1:
			patches[i].CompanyID = text(fmt.Sprint("company-", random.IntN(60)))
		default:
			patches[i].Email = text(fmt.Sprintf("%s@alone-%d.example", ids[i], i))
		}
	}
	tr.clients(patches...)
	names := []string{"first", "second", "third"}
	for i := 0; i < enrollments; i += 25 {
		due := monday.Add(time.Duration(random.IntN(14*24)) * time.Hour)
		tr.enroll(names[i/clients], due, ids[i%clients:i%clients+25]...)
	}
	touches := map[string]time.Time{}
	for range 100 {
		touches[ids[random.IntN(clients)]] = monday.Add(time.Duration(random.IntN(20*24)) * time.Hour)
	}
	for client, at := range touches {
		row, err := store.ClientByExternalID(t.Context(), tr.pool, client)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.InsertTouch(t.Context(), tr.pool, store.NewTouch{ClientID: row.ID, Kind: "call", Channel: "call", At: at, Actor: "rep"}); err != nil {
			t.Fatal(err)
		}
	}
	tr.run(monday.AddDate(0, 6, 0), 15*time.Minute)
	if len(tr.sent) != enrollments {
		var waiting string
		_ = tr.pool.QueryRow(t.Context(), "SELECT json_agg(w) FROM (SELECT waiting, waiting_detail, count(*), min(next_at) FROM enrollments WHERE state = 'active' GROUP BY 1, 2) w").Scan(&waiting)
		t.Fatalf("%d of %d letters went; the others wait: %s", len(tr.sent), enrollments, waiting)
	}
	tr.checkDays(limits)
	tr.checkPriorities(names)
	checkRate(t, tr.sent, func(l sentLetter) bool { return l.Sender == "ann@firm.example" }, float64(limits.annRate)/60, "ann")
	tr.checkCap(limits.perClient, limits.clientDays, touches, func(l sentLetter) string { return l.Client })
	tr.checkCap(limits.perCompany, limits.companyDays, nil, func(l sentLetter) string {
		if strings.HasPrefix(l.Company, "#") {
			return l.Company
		}
		return companyOf(&store.Client{Address: l.Address})
	})
	for _, l := range tr.sent {
		if at, called := touches[l.Client]; called && l.At.After(at) && l.At.Before(at.AddDate(0, 0, 2)) {
			t.Errorf("%s was called at %s and got a letter at %s", l.Client, at, l.At)
		}
	}
}

// checkDays holds the daily limits.
func (tr *trial) checkDays(limits randomLimits) {
	tr.t.Helper()
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		tr.t.Fatal(err)
	}
	bob := sequences.Sender{Ramp: &sequences.Ramp{Start: limits.bobStart, Step: limits.bobStep, From: sequences.Date{Year: 2027, Month: time.March, Day: 1}}}
	type lane struct{ name, day string }
	days := map[lane]int{}
	for _, l := range tr.sent {
		at := l.At.In(moscow)
		if at.Hour() < 9 || at.Hour() >= 18 || at.Weekday() == time.Sunday || at.Weekday() == time.Saturday {
			tr.t.Errorf("%s got a letter at %s", l.Client, at)
		}
		for _, name := range []string{l.Sender, sequences.ProviderOf(l.Address)} {
			most := map[string]int{"ann@firm.example": limits.annDaily, "mailru": limits.mailru, "bob@firm.example": bob.LimitOn(at)}[name]
			key := lane{name, at.Format(time.DateOnly)}
			if days[key]++; most > 0 && days[key] > most {
				tr.t.Fatalf("%s has %d letters on %s, the limit is %d", name, days[key], key.day, most)
			}
		}
	}
}

// checkCap holds that nobody gets more letters in any stretch of days, his rep's
// calls counted.
func (tr *trial) checkCap(most, days int, calls map[string]time.Time, who func(sentLetter) string) {
	tr.t.Helper()
	by := map[string][]time.Time{}
	for _, l := range tr.sent {
		if key := who(l); key != "" {
			by[key] = append(by[key], l.At)
		}
	}
	for key, times := range by {
		slices.SortFunc(times, time.Time.Compare)
		for i, last := range times {
			start, n := last.AddDate(0, 0, -days), 0
			for _, at := range times[:i+1] {
				if at.After(start) {
					n++
				}
			}
			if at, called := calls[key]; called && at.After(start) && at.Before(last) {
				n++
			}
			if n > most {
				tr.t.Fatalf("%s got %d letters and calls in %d days before %s, at most %d may be", key, n, days, last, most)
			}
		}
	}
}

// checkPriorities holds that a client's sequences go one after the other, the
// highest first.
func (tr *trial) checkPriorities(names []string) {
	tr.t.Helper()
	last := map[string]sentLetter{}
	for _, l := range tr.sent {
		if before, had := last[l.Client]; had && slices.Index(names, before.Sequence) > slices.Index(names, l.Sequence) {
			tr.t.Fatalf("%s got %s at %s, before %s at %s", l.Client, before.Sequence, before.At, l.Sequence, l.At)
		}
		last[l.Client] = l
	}
}
