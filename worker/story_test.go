package worker_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"seventh/internal/engine"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/worker"
)

// TestStories plays testdata/stories/*.txtar: what marketers, reps, the CRM, clients and mail servers do on which day,
// and which letters go out. Each story has a database of its own, the real engine and worker, and a real SMTP server.
//
// A story is an archive of
//
//	clients.yaml     who there is (storyClient)
//	timeline         a line for everything that happens or is expected (verbs)
//	anything else    content laid over the built-in content: sequences/x.yaml, templates/x.en.md, seventh.yaml
//	NAME:anything    content laid over that by the line "publish NAME"
//
// The first line of a timeline sets the clock; later ones move it, through everything that comes due on the way. Every
// letter that goes out must be expected, and each client's in their order.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.txtar")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are no stories")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			must(t, err)
			play(t, archive)
		})
	}
}

// story is a story being played.
type story struct {
	*firm
	worker  *worker.Worker
	stop    func() error // the worker
	server  *smtptest.Server
	replies replies
	zone    *time.Location
	clients []storyClient

	files     []txtar.File
	edits     map[string][]txtar.File   // by name: what a marketer publishes later
	place     string                    // the line being played
	expected  map[string][]expectedSent // by address
	events    int
	beginning bool
}

// storyClient is a client in clients.yaml, with the words of the API.
type storyClient struct {
	ExternalID   string   `yaml:"external_id"`
	Email        string   `yaml:"email"`
	FirstName    string   `yaml:"first_name"`
	Category     string   `yaml:"category"`
	Stage        string   `yaml:"stage"`
	Owner        string   `yaml:"owner"`
	Locale       string   `yaml:"locale"`
	TimeZone     string   `yaml:"time_zone"`
	Consent      string   `yaml:"consent"` // the basis
	Products     []string `yaml:"products"`
	LastPurchase string   `yaml:"last_purchase"` // a date
}

// expectedSent is a letter that a story expects; layout says how exactly it names the time.
type expectedSent struct {
	step   string
	at     time.Time
	layout string
}

const (
	byDay    = "Mon 2006-01-02"
	byMinute = "Mon 2006-01-02 15:04 MST"
)

func play(t *testing.T, archive *txtar.Archive) {
	s := &story{firm: newFirm(t), expected: make(map[string][]expectedSent), edits: make(map[string][]txtar.File), zone: time.UTC, beginning: true}
	s.server = smtptest.New(t, smtptest.Options{Script: s.replies.script})
	timeline := ""
	for _, file := range archive.Files {
		switch file.Name {
		case "timeline":
			timeline = string(file.Data)
		case "clients.yaml":
			must(t, yaml.UnmarshalWithOptions(file.Data, &s.clients, yaml.Strict()))
		default:
			if edit, name, later := strings.Cut(file.Name, ":"); later {
				s.edits[edit] = append(s.edits[edit], txtar.File{Name: name, Data: file.Data})
				continue
			}
			s.files = append(s.files, file)
		}
	}
	for i, line := range strings.Split(timeline, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		s.place = fmt.Sprintf("timeline:%d: %s", i+1, strings.Join(words, " "))
		s.obey(words)
		if t.Failed() {
			s.tell()
			t.FailNow()
		}
	}
	s.place = "at the end"
	s.nothingElse()
	s.acceptedAsWritten()
	if t.Failed() {
		s.tell()
	}
}

// begin opens the firm on its first day.
func (s *story) begin(at time.Time) {
	s.beginning = false
	s.setClock(at)
	s.publish(s.files)
	patches := make([]engine.ClientPatch, len(s.clients))
	for i, c := range s.clients {
		patches[i] = c.patch(s)
	}
	s.upsert(patches...)
	s.worker, s.stop = s.hire("worker", mailServer(s.t, s.server, 2))
	s.rest(s.worker)
}

func (c storyClient) patch(s *story) engine.ClientPatch {
	p := engine.ClientPatch{
		ExternalID: c.ExternalID, Email: &c.Email, FirstName: &c.FirstName, Category: &c.Category,
		Stage: new(cmp.Or(c.Stage, "lead")), Owner: &c.Owner, Locale: &c.Locale, TimeZone: &c.TimeZone, Products: c.Products,
		Consent: &engine.Consent{Basis: c.Consent},
	}
	if c.LastPurchase != "" {
		at, _ := s.moment(c.LastPurchase)
		p.LastPurchaseAt = &at
	}
	return p
}

// moment reads "2027-03-01", "2027-03-01 10:00" or "2027-03-01 10:00 Europe/Moscow", in the story's zone if none is given.
func (s *story) moment(text string) (at time.Time, layout string) {
	s.t.Helper()
	words := strings.Fields(text)
	zone, layout := s.zone, byDay
	if len(words) == 3 {
		var err error
		zone, err = time.LoadLocation(words[2])
		must(s.t, err)
		words = words[:2]
	}
	format := "2006-01-02"
	if len(words) == 2 {
		format, layout = "2006-01-02 15:04", byMinute
	}
	at, err := time.ParseInLocation(format, strings.Join(words, " "), zone)
	if err != nil {
		s.t.Fatalf("%s: %v", s.place, err)
	}
	return at, layout
}

// sent are the letters of a client in the ledger, in order.
func (s *story) sent(client string) []store.Touch {
	s.t.Helper()
	touches, err := store.ListTouches(s.t.Context(), s.db, store.TouchFilter{Client: client, Kind: "sent", Limit: 1000})
	must(s.t, err)
	slices.Reverse(touches)
	return touches
}

// compare checks a client's letters so far: those expected must have gone out, and with all, nothing else.
func (s *story) compare(c storyClient, all bool) {
	s.t.Helper()
	sent, expected := s.sent(c.ExternalID), s.expected[c.Email]
	want, got := []string{}, []string{}
	for _, e := range expected {
		want = append(want, e.at.Format(e.layout)+"  "+e.step)
	}
	for i, touch := range sent {
		zone, layout := s.zone, byMinute
		if i < len(expected) {
			zone, layout = expected[i].at.Location(), expected[i].layout
		}
		got = append(got, touch.At.In(zone).Format(layout)+"  "+touch.Step)
	}
	if !all && len(got) >= len(want) && slices.Equal(got[:len(want)], want) {
		return
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s\nletters to %s (-expected +sent):\n%s", s.place, c.Email, diff)
	}
}

// nothingElse checks that no letter went out that was not expected.
func (s *story) nothingElse() {
	s.t.Helper()
	for _, c := range s.clients {
		s.compare(c, true)
	}
}

// acceptedAsWritten checks the ledger against what the mail server accepted: the same letters, each once.
func (s *story) acceptedAsWritten() {
	s.t.Helper()
	letters, err := received(s.links, s.server.Letters())
	must(s.t, err)
	accepted, ledger := map[int64]int{}, map[int64]int{}
	for id, copies := range letters {
		accepted[id] = len(copies)
	}
	for _, touch := range s.sent("") {
		ledger[*touch.MessageID]++
	}
	if diff := gocmp.Diff(ledger, accepted); diff != "" {
		s.t.Errorf("%s: how often each message was sent (-ledger +mail server):\n%s", s.place, diff)
	}
}

// tell logs everything known about the clients, for whoever has to find out why a story failed.
func (s *story) tell() {
	s.t.Helper()
	for _, c := range s.clients {
		touches, err := store.ListTouches(s.t.Context(), s.db, store.TouchFilter{Client: c.ExternalID, Limit: 1000})
		must(s.t, err)
		slices.Reverse(touches)
		for _, touch := range touches {
			s.t.Logf("%s  %s  %s %s %s", c.ExternalID, touch.At.In(s.zone).Format(byMinute), touch.Kind, touch.Sequence, touch.Step)
		}
		for _, m := range s.letters(c.ExternalID) {
			s.t.Logf("%s  message %d of %s/%s is %s %s", c.ExternalID, m.ID, m.Sequence, m.Step, m.State, m.Reason)
		}
		for _, e := range s.chains(c.ExternalID, "") {
			next := "no date"
			if e.NextAt != nil {
				next = e.NextAt.In(s.zone).Format(byMinute)
			}
			s.t.Logf("%s  %s is %s %s, next %s: %s, waiting %q", c.ExternalID, e.Sequence, e.State, deref(e.EndReason), e.NextStep, next, e.Waiting)
		}
	}
}

// chains are a client's, the newest first, in one sequence or all.
func (s *story) chains(client, sequence string) []store.Enrollment {
	s.t.Helper()
	list, err := store.ListEnrollments(s.t.Context(), s.db, store.EnrollmentFilter{Client: client, Sequence: sequence, Limit: 100})
	must(s.t, err)
	return list
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// replies are what the mail server is told to answer about recipients.
type replies struct {
	mu   sync.Mutex
	list map[string][]smtptest.Fault // by address, the next first
	kept map[string]bool             // the last one stays
}

func (r *replies) add(address string, reply smtptest.Fault, once bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.list == nil {
		r.list, r.kept = make(map[string][]smtptest.Fault), make(map[string]bool)
	}
	r.list[address] = append(r.list[address], reply)
	r.kept[address] = !once
}

func (r *replies) script(e smtptest.Event) smtptest.Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.list[e.To]
	if e.Phase != "rcpt" || len(waiting) == 0 {
		return smtptest.None
	}
	if !r.kept[e.To] || len(waiting) > 1 {
		r.list[e.To] = waiting[1:]
	}
	return waiting[0]
}
