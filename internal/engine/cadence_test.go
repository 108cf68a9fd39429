package engine

import (
	"testing"
	"time"

	"seventh/internal/store"
)

const cadenceYAML = `
time_zone: Europe/Moscow
calendar: ru
fallback_sender: team
senders: { team: { email: team@firm.example } }
`

// caller is a trial that looks at calls.
type caller struct{ *trial }

func newCaller(t *testing.T, settings string, clients ...ClientPatch) caller {
	t.Helper()
	c := caller{newTrial(t, monday, settings, nil)}
	c.upsert(clients...)
	return c
}

func (c caller) upsert(clients ...ClientPatch) {
	c.t.Helper()
	results, err := c.UpsertClients(c.t.Context(), clients)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			c.t.Fatal(r.ExternalID, r.Err)
		}
	}
	c.planAll()
}

// planAll plans until nothing is due.
func (c caller) planAll() {
	c.t.Helper()
	for {
		planned, err := c.Plan(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		if !planned.Any() {
			return
		}
	}
}

// goTo moves the clock through all that comes due.
func (c caller) goTo(day string) {
	c.t.Helper()
	until, err := time.ParseInLocation("2006-01-02 15:04", day, moscow)
	if err != nil {
		c.t.Fatal(err)
	}
	for {
		due, err := store.NextDue(c.t.Context(), c.pool)
		if err != nil {
			c.t.Fatal(err)
		}
		if due == nil || due.After(until) {
			c.at(until)
			c.planAll()
			return
		}
		c.at(*due)
		c.planAll()
	}
}

// touch has a rep speak to a client.
func (c caller) touch(client, kind, channel string, at time.Time) {
	c.t.Helper()
	row, err := store.ClientByExternalID(c.t.Context(), c.pool, client)
	var reps map[string]int64
	if err == nil {
		reps, err = store.OwnersByEmail(c.t.Context(), c.pool, []string{"rep@firm.example"})
	}
	if err == nil {
		rep := reps["rep@firm.example"]
		_, err = c.NoteTouch(c.t.Context(), store.NewTouch{ClientID: row.ID, Kind: kind, Channel: channel, At: at, Actor: "rep", RepID: &rep})
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c caller) call(client string) { c.touch(client, "call", "call", c.now()) }

// expect says when a client is to be called: "open 2027-04-01 09:00 late 2027-04-02
// 00:00" for a task, "on 2027-04-01 09:00" for one to come, or "nothing".
func (c caller) expect(client, want string) {
	c.t.Helper()
	const form = "2006-01-02 15:04"
	row, err := store.ClientByExternalID(c.t.Context(), c.pool, client)
	if err != nil {
		c.t.Fatal(err)
	}
	open, err := store.ListTasks(c.t.Context(), c.pool, store.TaskFilter{Client: client, State: store.TaskOpen, Limit: 9})
	if err != nil {
		c.t.Fatal(err)
	}
	at, err := store.NextCallAt(c.t.Context(), c.pool, row.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	got := "nothing"
	switch {
	case len(open) > 1:
		got = "two tasks at once"
	case len(open) == 1:
		got = "open " + open[0].DueAt.In(moscow).Format(form) + " late " + open[0].LateAt.In(moscow).Format(form)
	case at != nil:
		got = "on " + at.In(moscow).Format(form)
	}
	if got != want {
		c.t.Errorf("the call to %s at %s: %s, want %s", client, c.now().In(moscow).Format(form), got, want)
	}
}

// closed are the client's closed tasks: "done by rep@firm.example".
func (c caller) closed(client string) (list []string) {
	c.t.Helper()
	for _, state := range []string{store.TaskDone, store.TaskCancelled} {
		tasks, err := store.ListTasks(c.t.Context(), c.pool, store.TaskFilter{Client: client, State: state, Limit: 99})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, t := range tasks {
			list = append(list, t.State+" by "+t.ClosedBy)
		}
	}
	return list
}

var moscow = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		panic(err)
	}
	return zone
}()

// A client of category C is called once a month; whenever somebody speaks to him, the
// month begins anew.
func TestCallsOfCategoryCOverHalfAYear(t *testing.T) {
	t.Parallel()
	c := newCaller(t, cadenceYAML, ClientPatch{ExternalID: "ann", Category: text("C")}) // without an address: he can be called all the same
	c.expect("ann", "on 2027-04-01 09:00")
	c.goTo("2027-04-01 08:59")
	c.expect("ann", "on 2027-04-01 09:00")
	c.goTo("2027-04-01 09:00")
	c.expect("ann", "open 2027-04-01 09:00 late 2027-04-02 00:00")
	c.goTo("2027-04-08 15:00") // a week late: the month begins with the call
	c.expect("ann", "open 2027-04-01 09:00 late 2027-04-02 00:00")
	c.call("ann")
	c.expect("ann", "on 2027-05-10 09:00") // the 8th is a Saturday
	c.goTo("2027-05-03 12:00")
	c.touch("ann", "meeting", "meeting", c.now()) // before it is due
	c.expect("ann", "on 2027-06-03 09:00")
	c.goTo("2027-05-20 12:00")
	c.touch("ann", "note", "other", c.now()) // nobody spoke to anybody
	c.expect("ann", "on 2027-06-03 09:00")
	c.touch("ann", "letter", "email", c.now().AddDate(0, 0, -3)) // by hand, on Monday
	c.expect("ann", "on 2027-06-17 09:00")
	c.goTo("2027-06-17 10:00")
	c.expect("ann", "open 2027-06-17 09:00 late 2027-06-18 00:00")
	if _, err := c.ApplyEvent(t.Context(), Event{ID: "1", Type: "meeting_booked", Client: "ann", At: c.now()}); err != nil {
		t.Fatal(err)
	}
	c.expect("ann", "on 2027-07-19 09:00") // the 17th is a Saturday
	c.goTo("2027-09-01 10:00")
	c.expect("ann", "open 2027-07-19 09:00 late 2027-07-20 00:00") // one, however long nobody does it
	if got := c.closed("ann"); len(got) != 2 || got[0] != "done by rep@firm.example" || got[1] != "done by crm" {
		t.Errorf("closed tasks %q", got)
	}
}

func TestEachCategoryHasItsPaceOfCalls(t *testing.T) {
	t.Parallel()
	var patches []ClientPatch
	for _, category := range []string{"A", "B", "C", "D", ""} {
		patches = append(patches, ClientPatch{ExternalID: "client" + category, Category: text(category)})
	}
	patches = append(patches, ClientPatch{ExternalID: "no", Category: text("A"), Stage: text("not_target")})
	c := newCaller(t, cadenceYAML, patches...)
	c.expect("clientA", "on 2027-03-09 09:00") // 8 March is a day off
	c.expect("clientB", "on 2027-03-15 09:00")
	c.expect("clientC", "on 2027-04-01 09:00")
	c.expect("clientD", "on 2027-05-03 09:00") // the 1st is a Saturday
	c.expect("client", "nothing")
	c.expect("no", "nothing")
	c.goTo("2027-03-15 12:00")
	c.expect("clientA", "open 2027-03-09 09:00 late 2027-03-10 00:00")
	c.expect("clientB", "open 2027-03-15 09:00 late 2027-03-30 00:00") // two to four weeks
}

// A change of category dates the call anew from the last time somebody spoke to the
// client; a call that he should have had before he got the category is due today.
func TestAChangeOfCategoryMovesTheCall(t *testing.T) {
	t.Parallel()
	c := newCaller(t, cadenceYAML, ClientPatch{ExternalID: "ann", Category: text("C")}, ClientPatch{ExternalID: "bob", Category: text("D")})
	c.goTo("2027-03-10 12:00")
	c.call("bob")
	category := func(client, to string) { c.upsert(ClientPatch{ExternalID: client, Category: text(to)}) }
	c.goTo("2027-04-05 12:00")
	c.expect("ann", "open 2027-04-01 09:00 late 2027-04-02 00:00")
	category("ann", "D")
	c.expect("ann", "on 2027-06-07 09:00") // nobody ever spoke to her: from today
	category("bob", "A")
	c.expect("bob", "open 2027-04-05 09:00 late 2027-04-06 00:00") // a week is long over
	category("bob", "B")
	c.expect("bob", "open 2027-04-05 09:00 late 2027-04-08 00:00") // the task stays: since 24 March, four weeks are on 7 April
	category("bob", "C")
	c.expect("bob", "on 2027-04-12 09:00") // a month after the call is a Saturday
	category("bob", "")
	c.expect("bob", "nothing")
	category("bob", "A")
	c.expect("bob", "open 2027-04-05 09:00 late 2027-04-06 00:00")
	c.upsert(ClientPatch{ExternalID: "bob", Stage: text("not_target")})
	c.expect("bob", "nothing")
	if got := c.closed("bob"); len(got) != 2 || got[0] != "cancelled by seventh" {
		t.Errorf("closed tasks %q", got)
	}
}

func TestTheTaskGoesToTheNewOwner(t *testing.T) {
	t.Parallel()
	c := newCaller(t, cadenceYAML, ClientPatch{ExternalID: "ann", Category: text("A"), Owner: text("old@firm.example")})
	c.goTo("2027-03-09 10:00")
	owner := func() string {
		tasks, err := store.ListTasks(t.Context(), c.pool, store.TaskFilter{Client: "ann", Limit: 9})
		if err != nil || len(tasks) != 1 {
			t.Fatal(tasks, err)
		}
		return tasks[0].Owner
	}
	if got := owner(); got != "old@firm.example" {
		t.Errorf("it is %q's", got)
	}
	c.upsert(ClientPatch{ExternalID: "ann", Owner: text("new@firm.example")})
	if got := owner(); got != "new@firm.example" {
		t.Errorf("it is %q's", got)
	}
	c.expect("ann", "open 2027-03-09 09:00 late 2027-03-10 00:00")
}

// A publication that changes how often clients are called moves all dates.
func TestAPublishedCadenceMovesTheCalls(t *testing.T) {
	t.Parallel()
	c := newCaller(t, cadenceYAML, ClientPatch{ExternalID: "ann", Category: text("C")}, ClientPatch{ExternalID: "bob", Category: text("A")})
	c.goTo("2027-03-10 12:00")
	c.expect("bob", "open 2027-03-09 09:00 late 2027-03-10 00:00")
	publish := func(hash, categories string) {
		c.publish(hash, cadenceYAML+"categories: "+categories+"\n", nil)
		if err := store.ReviewEverybody(t.Context(), c.pool, c.now()); err != nil {
			t.Fatal(err)
		}
		c.planAll()
	}
	publish("second", "{ C: { calls: 5bd-2w }, A: { calls: 8d } }")
	c.expect("ann", "open 2027-03-10 09:00 late 2027-03-16 00:00") // since 9 March: from today on; two weeks are on the 15th
	c.expect("bob", "open 2027-03-10 09:00 late 2027-03-11 00:00")
	publish("third", "{ C: { calls: 2mo }, A: { calls: none } }")
	c.expect("ann", "on 2027-05-03 09:00")
	c.expect("bob", "nothing")
}

// Whoever calls may say so by closing the task.
func TestADoneTaskIsACall(t *testing.T) {
	t.Parallel()
	c := newCaller(t, cadenceYAML, ClientPatch{ExternalID: "ann", Category: text("A")})
	c.goTo("2027-03-10 12:00")
	c.finishSome("ann")
	c.expect("ann", "on 2027-03-17 09:00")
	if got := c.closed("ann"); len(got) != 1 || got[0] != "done by rep@firm.example" {
		t.Errorf("closed tasks %q", got)
	}
}

// finishSome closes a client's open task, if there is one.
func (c caller) finishSome(client string) {
	c.t.Helper()
	open, err := store.ListTasks(c.t.Context(), c.pool, store.TaskFilter{Client: client, State: store.TaskOpen, Limit: 1})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, task := range open {
		if err := c.CloseTask(c.t.Context(), task.ID, Closing{By: "rep@firm.example", Note: "he will think about it"}); err != nil {
			c.t.Fatal(err)
		}
	}
}
