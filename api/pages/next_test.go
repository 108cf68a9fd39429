package pages

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
)

const chainYAML = `
sequence: chain
title: A chain
window: office
steps:
  - { id: one, email: c/one }
  - { id: two, email: c/two, after: 3d }
  - { id: three, email: c/three, after: 1bd }
`

func chainVersion(t *testing.T) *engine.Version {
	t.Helper()
	sequence, problems := sequences.ParseSequence("chain.yaml", []byte(chainYAML), nil)
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	return &engine.Version{Number: 1, Sequence: sequence, Window: sequences.Window{
		Days:   []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		Ranges: []sequences.Range{{From: 9 * 60, To: 18 * 60}}, TimeZone: sequences.ClientTime, Holidays: sequences.IgnoreHolidays,
	}}
}

func TestNextInPlainWords(t *testing.T) {
	t.Parallel()
	moscow, err := time.LoadLocation("Europe/Moscow")
	must(t, err)
	thursday := tuesday.AddDate(0, 0, 2)
	client := &store.Client{TimeZone: "Asia/Omsk"} // 3 hours before Moscow
	type answer struct {
		Waits    string
		Client   string
		Company  string
		Upcoming []string
	}
	for name, test := range map[string]struct {
		enrollment store.Enrollment
		letter     *store.Message
		want       answer
	}{
		"dated": {
			store.Enrollment{State: "active", NextStep: "one", NextAt: &thursday}, nil,
			answer{"", "Thu 6 Mar 2031, 13:00", "10:00", []string{"Mon 10 Mar 2031, 09:00", "Tue 11 Mar 2031, 09:00"}},
		},
		"a letter in the queue": {
			store.Enrollment{State: "active", NextStep: "two"}, &store.Message{ID: 5, State: "planned"},
			answer{"Its letter is in the queue.", "", "", []string{"Wed 5 Mar 2031, 13:00"}},
		},
		"a letter put off": {
			store.Enrollment{State: "active", NextStep: "three"}, &store.Message{ID: 5, State: "planned", Until: &thursday, Reason: "450 try later"},
			answer{"Its letter is in the queue, put off until Thu 6 Mar 2031, 13:00 (450 try later).", "", "", nil},
		},
		"paused": {
			store.Enrollment{State: "paused", NextStep: "two", NextAt: &thursday}, nil,
			answer{"Paused: nothing goes out until somebody resumes it.", "", "", []string{""}},
		},
		"paused with its letter held": {
			store.Enrollment{State: "paused", NextStep: "three"}, &store.Message{ID: 5, State: "held", Reason: "paused"},
			answer{"Paused: nothing goes out until somebody resumes it.", "", "", nil},
		},
		"behind another sequence": {
			store.Enrollment{State: "active", NextStep: "three", Waiting: "priority"}, nil,
			answer{"Waits until “rival” is over, which goes first. Then it goes on from here.", "", "", nil},
		},
		"without consent": {
			store.Enrollment{State: "active", NextStep: "three", Waiting: "no_consent"}, nil,
			answer{"On hold: the client has given no consent that allows automated letters.", "", "", nil},
		},
		"a hold that is new to us": {
			store.Enrollment{State: "active", NextStep: "three", Waiting: "black_magic"}, nil,
			answer{"On hold: black magic.", "", "", nil},
		},
		"while a deal is open": {
			store.Enrollment{State: "active", NextStep: "three", Waiting: "open_deal"}, nil,
			answer{"On hold: a deal of the client is open.", "", "", nil},
		},
		"behind a paused sender": {
			store.Enrollment{State: "active", NextStep: "three", Waiting: "sender_paused", WaitingDetail: "ann@levanto.test"}, nil,
			answer{"On hold: sending from ann@levanto.test is paused.", "", "", nil},
		},
		"nothing known": {
			store.Enrollment{State: "active", NextStep: "three"}, nil,
			answer{"Its letter is on its way.", "", "", nil},
		},
	} {
		got, err := nextOf(scene{now: tuesday, zone: moscow}, client, test.enrollment, chainVersion(t), "rival", test.letter, spacing{}, byTemplate)
		must(t, err)
		shown := answer{Waits: got.Waits}
		if got.Client != nil {
			shown.Client = got.Client.Shown
		}
		if got.Company != nil {
			shown.Company = got.Company.Shown
		}
		for _, u := range got.Upcoming {
			date := ""
			if u.Client != nil {
				date = u.Client.Shown
			}
			shown.Upcoming = append(shown.Upcoming, date)
		}
		if diff := cmp.Diff(test.want, shown); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	_, err = nextOf(scene{now: tuesday, zone: moscow}, client, store.Enrollment{NextStep: "four"}, chainVersion(t), "", nil, spacing{}, byTemplate)
	if err == nil {
		t.Error("a step that does not exist was shown")
	}
}

func TestLimitsInPlainWords(t *testing.T) {
	t.Parallel()
	v := chainVersion(t)
	for want, e := range map[string]store.Enrollment{
		"It waits: daily limit of ann@levanto.test reached.":                              {Waiting: "daily_limit", WaitingDetail: "ann@levanto.test"},
		"It waits: daily limit of the provider mailru reached.":                           {Waiting: "daily_limit", WaitingDetail: "mailru"},
		"It waits: letters of ann@levanto.test go one after the other.":                   {Waiting: "rate", WaitingDetail: "ann@levanto.test"},
		"It waits: the client has had enough letters for now (2 letters in 7d).":          {Waiting: "client_cap", WaitingDetail: "2 letters in 7d"},
		"It waits: the client’s company has had enough letters for now (1 letter in 1d).": {Waiting: "company_cap", WaitingDetail: "1 letter in 1d"},
		"It waits: a rep was in touch with the client (quiet for 3d).":                    {Waiting: "human", WaitingDetail: "quiet for 3d"},
		"It waits: another letter went not a day before.":                                 {Waiting: "recent"},
		"It waits: the sequence is paused.":                                               {Waiting: "sequence_paused", WaitingDetail: "chain"},
	} {
		step, _ := v.Sequence.Step("one")
		if why := whyThen(e, step, v); !slices.Contains(why, want) {
			t.Errorf("%q lacks %q", why, want)
		}
	}
}

func byTemplate(step sequences.Step, _ *time.Time) string { return step.Email.First() }

func TestEveryHoldOfTheEngineHasWords(t *testing.T) {
	t.Parallel()
	for _, waiting := range []string{"no_consent", "no_email", "suppressed", "not_target", "unconfirmed", "content", "resumed"} {
		if holds[waiting] == "" {
			t.Errorf("%s has no words", waiting)
		}
	}
}

func TestWhatHappenedInPlainWords(t *testing.T) {
	t.Parallel()
	for want, row := range map[string]store.Touch{
		"Letter sent: “Leaks”":                                 {Kind: "sent", Subject: "Leaks"},
		"Letter failed: “Leaks”":                               {Kind: "failed", Subject: "Leaks"},
		"Letter not confirmed: “no subject”":                   {Kind: "unconfirmed"},
		"Opened · “Leaks”":                                     {Kind: "opened", Actor: "human", Subject: "Leaks", Data: map[string]any{"count": 1.0}},
		"Opened, perhaps by a mail program, 3 times · “Leaks”": {Kind: "opened", Actor: "unknown", Subject: "Leaks", Data: map[string]any{"count": 3.0}},
		"Clicked link 2 by a machine":                          {Kind: "clicked", Actor: "machine", Link: 1},
		"Unsubscribed from all automated letters":              {Kind: "unsubscribed"},
		"Purchase: compressor, dryer, 12500":                   {Kind: "purchase", Data: map[string]any{"products": []any{"compressor", "dryer"}, "amount": 12500.0}},
		"Note: called back":                                    {Kind: "note", Data: map[string]any{"note": "called back"}},
		"New category: C":                                      {Kind: "category_changed", Data: map[string]any{"category": "C"}},
		"Trade fair":                                           {Kind: "custom:trade_fair"},
		"Something":                                            {Kind: "custom:"},
	} {
		if got := happened(row); got != want {
			t.Errorf("happened(%+v) = %q, want %q", row, got, want)
		}
	}
}

func TestHoursInPlainWords(t *testing.T) {
	t.Parallel()
	week := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
	for want, w := range map[string]sequences.Window{
		"at any time": {},
		"Mon–Fri in the client’s time, not on holidays": {Days: week[:5], TimeZone: sequences.ClientTime},
		"Tue, Thu 10:00–12:00, 14:00–16:00": {
			Days: []time.Weekday{time.Tuesday, time.Thursday}, Holidays: sequences.IgnoreHolidays,
			Ranges: []sequences.Range{{From: 600, To: 720}, {From: 840, To: 960}},
		},
		"Tue 00:00–24:00 in the rep’s time": {
			Days: []time.Weekday{time.Tuesday}, TimeZone: sequences.RepTime, Holidays: sequences.IgnoreHolidays, Ranges: []sequences.Range{{From: 0, To: 1440}},
		},
		"Mon–Sun 00:00–24:00 in the company’s time": {
			Days: slices.Clone(week), TimeZone: sequences.CompanyTime, Holidays: sequences.IgnoreHolidays, Ranges: []sequences.Range{{From: 0, To: 1440}},
		},
	} {
		if got := hours(w); got != want {
			t.Errorf("hours = %q, want %q", got, want)
		}
	}
}

func TestReasonForNoLetters(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	catalog, err := s.engine.Catalog(t.Context(), s.pool)
	must(t, err)
	sc := scene{now: tuesday, zone: catalog.Zone, catalog: catalog}
	chain := catalog.Current("c-nurture")
	over, reason, manual := tuesday.AddDate(0, 0, -1), "replied", "manual"
	good := store.Client{Address: "a@b.test", Category: "C", Stage: "lead", ConsentBasis: "opt_in"}
	for want, test := range map[string]struct {
		change       func(*store.Client)
		suppressions []store.Suppression
		ended        []store.Enrollment
	}{
		"“Useful letters for category C” is about to take this client in.": {},
		"there is no e-mail address.":                                      {change: func(c *store.Client) { c.Address = "" }},
		"the client is marked as not our client.":                          {change: func(c *store.Client) { c.Stage = "not_target" }},
		"no consent is recorded.":                                          {change: func(c *store.Client) { c.ConsentBasis = "" }},
		"the consent on record (legitimate interest) does not allow them.": {change: func(c *store.Client) { c.ConsentBasis = "legitimate_interest" }},
		"clients of category B hear from their rep in person.":             {change: func(c *store.Client) { c.Category = "B" }},
		"no sequence is meant for a client like this (category C, stage “request”).": {
			change: func(c *store.Client) { c.Stage = "request" },
		},
		"the client has no category, and no sequence is meant for clients without one.": {change: func(c *store.Client) { c.Category = "" }},
		"the address must not be mailed: somebody put the address on the list on 4 Mar 2031.": {
			suppressions: []store.Suppression{{Address: "a@b.test", Reason: manual, CreatedAt: tuesday}},
		},
		"“Useful letters for category C” is over: the client replied. It may begin again on 30 Aug 2031.": {
			suppressions: []store.Suppression{{Address: "a@b.test", Scope: "d-nurture", Reason: manual, CreatedAt: tuesday}},
			ended:        []store.Enrollment{{SequenceID: chain.SequenceID, EndedAt: &over, EndReason: &reason}},
		},
	} {
		client := good
		if test.change != nil {
			test.change(&client)
		}
		if got := reasonForNone(sc, &client, store.TouchFacts{}, test.suppressions, test.ended); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
