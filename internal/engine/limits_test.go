package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

const officeYAML = `
windows: { office: { days: [mon, tue, wed, thu, fri], hours: "09:00-18:00", time_zone: company, holidays: ignore } }
`

// monday is 10:00 in Moscow.
var monday = time.Date(2027, time.March, 1, 7, 0, 0, 0, time.UTC)

// named makes clients with names.
func named(prefix string, n int) (patches []ClientPatch, ids []string) {
	for i := range n {
		id := fmt.Sprintf("%s-%05d", prefix, i)
		patches, ids = append(patches, ClientPatch{ExternalID: id}), append(ids, id)
	}
	return patches, ids
}

// 2,000 letters over a limit of 150 a day go in order on the following days, each
// looked at twice: when it was due, and on its day.
func TestLettersOverADailyLimitGoInOrderOnTheNextDays(t *testing.T) {
	t.Parallel()
	const total, limit = 2000, 150
	tr := newTrial(t, monday, "time_zone: Europe/Moscow\nfallback_sender: ann\nsenders:\n  ann: { email: Ann@firm.example, daily_limit: 150 }\n"+officeYAML,
		map[string]string{"mass": oneStep("mass", "sender: ann\nwindow: office")})
	patches, ids := named("c", total)
	tr.clients(patches...)
	for i := 0; i < total; i += 100 {
		tr.enroll("mass", monday.Add(time.Duration(i-total)*time.Second), ids[i:i+100]...)
	}
	tr.plan()
	if len(tr.sent) != limit {
		t.Fatalf("%d letters went on the first day", len(tr.sent))
	}
	e := tr.waits(ids[limit], "mass")
	if e.Waiting != waitsForDaily || e.WaitingDetail != "ann@firm.example" || e.NextAt == nil || e.NextAt.In(time.FixedZone("", 3*3600)).Format("Mon 15:04") != "Tue 09:00" {
		t.Errorf("the first one over the limit waits for %q of %q until %v", e.Waiting, e.WaitingDetail, e.NextAt)
	}
	tr.run(monday.AddDate(0, 1, 0), 10*time.Minute)
	if len(tr.sent) != total {
		t.Fatalf("%d of %d letters went", len(tr.sent), total)
	}
	days := map[string]int{}
	for i, l := range tr.sent {
		days[l.At.Format(time.DateOnly)]++
		if i > 0 && l.Due.Before(tr.sent[i-1].Due) {
			t.Fatalf("%s, due %s, went after %s, due %s", l.Client, l.Due, tr.sent[i-1].Client, tr.sent[i-1].Due)
		}
	}
	if full := (total + limit - 1) / limit; len(days) != full {
		t.Errorf("letters went on %d days, want %d: %v", len(days), full, days)
	}
	for day, n := range days {
		if n > limit {
			t.Errorf("%d letters went on %s", n, day)
		}
	}
	if tr.decided > 2*total {
		t.Errorf("the planner decided %d times about %d letters", tr.decided, total)
	}
}

// A higher priority goes before letters that wait already; those keep their order.
func TestAHigherPriorityGoesBeforeWhatWaits(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "time_zone: Europe/Moscow\nfallback_sender: ann\nsenders:\n  ann: { email: ann@firm.example, daily_limit: 10 }\n"+officeYAML,
		map[string]string{
			"low":  oneStep("low", "sender: ann\nwindow: office\npriority: 10"),
			"high": oneStep("high", "sender: ann\nwindow: office\npriority: 20"),
		})
	lowPatches, low := named("low", 50)
	highPatches, high := named("high", 15)
	tr.clients(append(lowPatches, highPatches...)...)
	for i, id := range low {
		tr.enroll("low", monday.Add(time.Duration(i-60)*time.Second), id)
	}
	tr.plan()
	tr.enroll("high", monday.Add(time.Hour), high...)
	tr.run(monday.AddDate(0, 0, 21), time.Minute)
	var got []string
	byDay := map[string]map[string]int{}
	for _, l := range tr.sent {
		day := l.At.Format("01-02")
		if byDay[day] == nil {
			byDay[day] = map[string]int{}
		}
		byDay[day][l.Sequence]++
		if l.Sequence == "low" {
			got = append(got, l.Client)
		}
	}
	if len(tr.sent) != 65 || !slices.IsSorted(got) {
		t.Errorf("%d letters went, the low ones in the order %v", len(tr.sent), got)
	}
	want := map[string]map[string]int{
		"03-01": {"low": 10}, "03-02": {"high": 10}, "03-03": {"high": 5, "low": 5}, "03-04": {"low": 10}, "03-05": {"low": 10}, "03-08": {"low": 10}, "03-09": {"low": 5},
	}
	if fmt.Sprint(byDay) != fmt.Sprint(want) {
		t.Errorf("by day %v\nwant   %v", byDay, want)
	}
}

// What is promised to those who have left is counted anew, and given to others.
func TestPromisesToThoseWhoLeftAreTakenBack(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "time_zone: Europe/Moscow\nfallback_sender: ann\nsenders:\n  ann: { email: ann@firm.example, daily_limit: 10 }\n"+officeYAML,
		map[string]string{"mass": oneStep("mass", "sender: ann\nwindow: office"), "other": oneStep("other", "sender: ann\nwindow: office")})
	patches, ids := named("c", 60)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids[:50]...)
	tr.plan()
	tr.exec("UPDATE enrollments SET state = 'ended', end_reason = 'manual', ended_at = $1 WHERE state = 'active'", tr.now())
	tr.at(monday.Add(20 * time.Minute))
	tr.enroll("other", monday, ids[50:]...)
	tr.plan()
	e := tr.waits(ids[59], "other")
	if e.NextAt == nil || e.NextAt.Format(time.DateOnly) != "2027-03-02" {
		t.Errorf("the last one goes on %v, want the next day", e.NextAt)
	}
}

// A rate lets letters go in small chunks with their pace, the next ones in order.
func TestARateLetsLettersGoOneAfterTheOther(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "time_zone: Europe/Moscow\nfallback_sender: ann\nsenders:\n  ann: { email: ann@firm.example, rate: 2/s }\n",
		map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 600)
	tr.clients(patches...)
	for i := range 6 {
		tr.enroll("mass", monday.Add(time.Duration(i-10)*time.Second), ids[100*i:100*i+100]...)
	}
	if _, err := tr.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	open, err := store.OpenLetters(t.Context(), tr.pool, []string{"ann@firm.example"})
	if err != nil || open["ann@firm.example"] == 0 || open["ann@firm.example"] > 121 {
		t.Errorf("%v letters are out, %v: want at most a minute of them", open, err)
	}
	// Nobody delivers: no more are let go.
	for range 4 {
		tr.at(tr.now().Add(slice))
		if _, err := tr.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if open, _ := store.OpenLetters(t.Context(), tr.pool, []string{"ann@firm.example"}); open["ann@firm.example"] > 121 {
		t.Errorf("%d letters pile up before a worker that does not come", open["ann@firm.example"])
	}
	tr.run(monday.Add(time.Hour), time.Second)
	if len(tr.sent) != 600 {
		t.Fatalf("%d letters went", len(tr.sent))
	}
	for i, l := range tr.sent {
		if i > 0 && l.Due.Before(tr.sent[i-1].Due) {
			t.Errorf("letter %d, due %s, went after one due %s", i, l.Due, tr.sent[i-1].Due)
		}
		if l.Pace <= 0 || l.Pace > 2.001 {
			t.Errorf("letter %d goes at %v letters a second", i, l.Pace)
		}
	}
	if e := tr.waits(ids[599], "mass"); e.State != "ended" {
		t.Errorf("the last one is %s %s", e.State, e.Waiting)
	}
	if last := tr.sent[599].At.Sub(tr.sent[0].At); last > 8*time.Minute {
		t.Errorf("600 letters at 2 a second took %s", last)
	}
}

// A rate that does not get through the list today promises the next days at once.
func TestWhatARateDoesNotGetThroughTodayGoesTheNextDays(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday.Add(7*time.Hour), "time_zone: Europe/Moscow\nfallback_sender: ann\nsenders:\n  ann: { email: ann@firm.example }\nlimits: { providers: { mailru: { rate: 20/h } } }\n"+officeYAML,
		map[string]string{"mass": oneStep("mass", "sender: ann\nwindow: office")})
	patches, ids := named("c", 400)
	for i := range patches {
		patches[i].Email = text(ids[i] + "@" + []string{"mail.ru", "bk.ru"}[i%2])
	}
	tr.clients(patches...)
	tr.enroll("mass", tr.now(), ids...) // 17:00: an hour is left, and a day has nine
	tr.plan()
	days := map[string]int{}
	for _, id := range ids {
		if e := tr.waits(id, "mass"); e.NextAt != nil {
			days[e.NextAt.Format("01-02")]++
		}
	}
	if days["03-02"] != 180 || days["03-03"] != 180 || days["03-01"]+len(tr.sent) > 21 {
		t.Errorf("%d went, the others are promised %v", len(tr.sent), days)
	}
	tr.run(monday.AddDate(0, 0, 14), time.Minute)
	if len(tr.sent) != 400 {
		t.Errorf("%d letters went", len(tr.sent))
	}
	checkRate(t, tr.sent, func(sentLetter) bool { return true }, 20.0/3600, "mailru")
}

// checkRate holds that no stretch of time has more letters than the rate and one
// slice ahead of it.
func checkRate(t *testing.T, sent []sentLetter, of func(sentLetter) bool, perSecond float64, what string) {
	t.Helper()
	var times []time.Time
	for _, l := range sent {
		if of(l) {
			times = append(times, l.At)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, stretch := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour} {
		most := int(perSecond*(stretch+slice).Seconds()) + 1
		for from, to := 0, 0; to < len(times); to++ {
			for times[to].Sub(times[from]) >= stretch {
				from++
			}
			if n := to - from + 1; n > most {
				t.Fatalf("%s: %d letters within %s of %s, the rate allows %d", what, n, stretch, times[from], most)
			}
		}
	}
}

// A provider that says we are too fast gets half as many, and recovers.
func TestAProviderThatAsksForItIsGoneEasyOn(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "time_zone: UTC\nfallback_sender: ann\nsenders:\n  ann: { email: ann@firm.example }\nlimits: { providers: { gmail: { rate: 60/m } } }\n",
		map[string]string{"mass": oneStep("mass", "sender: ann")})
	tr.clients(ClientPatch{ExternalID: "a", Email: text("a@gmail.com")}, ClientPatch{ExternalID: "b", Email: text("b@bk.ru")})
	tr.enroll("mass", monday, "a", "b")
	for _, address := range []string{"a@gmail.com", "b@bk.ru"} {
		tr.reject(address, Result{State: PutOff, Class: classRate})
	}
	tr.breakers()
	tr.reject("a@gmail.com", Result{State: PutOff, Class: classRate}) // the same moment: once is enough
	tr.breakers()
	for hours, want := range map[time.Duration]map[string]float64{0: {"gmail": 0.5, "mailru": 5}, 1: {"gmail": 1, "mailru": 0}} {
		tr.at(monday.Add(hours * time.Hour))
		restrictions, err := store.LoadRestrictions(t.Context(), tr.pool, tr.now(), tr.now().Add(-slowMemory))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{"gmail": 1}
		for _, s := range restrictions.Slow {
			if now := recovered(s, tr.now()); now < slowBase && (s.Lane != "gmail" || now < 1) {
				got[s.Lane] = now
			}
		}
		for provider, rate := range want {
			if diff := got[provider] - rate; diff > 0.01 || diff < -0.01 {
				t.Errorf("after %d hours %s gets %v a second, want %v", hours, provider, got[provider], rate)
			}
		}
	}
}

func TestCompaniesAreKnownByIdOrDomain(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]store.Client{
		"#42":          {CompanyID: "42", Address: "a@firm.example"},
		"firm.example": {Address: "a@firm.example"},
		"":             {Address: "a@mail.ru"},
	} {
		if got := companyOf(&c); got != want {
			t.Errorf("%+v works at %q, want %q", c, got, want)
		}
	}
}

func TestACapIsFreeWhenItsOldestLetterIsOldEnough(t *testing.T) {
	t.Parallel()
	c := sequences.Cap{Letters: 2, In: sequences.Duration{N: 7, Unit: sequences.Day}}
	day := func(n int) store.Contact { return store.Contact{MessageID: int64(n), At: monday.AddDate(0, 0, -n)} }
	for name, tc := range map[string]struct {
		contacts []store.Contact
		self     int64
		want     time.Time
	}{
		"one letter":             {[]store.Contact{day(1)}, 0, time.Time{}},
		"two letters":            {[]store.Contact{day(1), day(3)}, 0, monday.AddDate(0, 0, 4)},
		"three letters":          {[]store.Contact{day(1), day(3), day(5)}, 0, monday.AddDate(0, 0, 4)},
		"one just old enough":    {[]store.Contact{day(1), day(7)}, 0, time.Time{}},
		"its own, put off":       {[]store.Contact{day(1), day(3)}, 3, time.Time{}},
		"a call counts, no self": {[]store.Contact{day(1), {At: monday}}, 0, monday.AddDate(0, 0, 6)},
	} {
		if got := freeUnder(&c, tc.contacts, tc.self, monday); !got.Equal(tc.want) {
			t.Errorf("%s: free at %v, want %v", name, got, tc.want)
		}
	}
}
