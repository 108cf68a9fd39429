package worker_test

import (
	"fmt"
	"strconv"
	"strings"

	"seventh/internal/engine"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/internal/token"
)

// verb is a line that a timeline may have. Words in capitals stand for one word each, the last one with "…" for the rest.
type verb struct {
	pattern string
	do      func(s *story, args []string)
}

// verbs are the language of timelines. CLIENT is an external id, STEP the id of a step, REASON and STATE words of the API,
// MOMENT… a date with a time and a zone if need be.
var verbs = []verb{
	{"at MOMENT…", func(s *story, a []string) { s.at(a[0]) }},

	// What the CRM, reps and marketers do.
	{"publish EDIT", func(s *story, a []string) { s.republish(a[0]) }},
	{"enroll CLIENT in SEQUENCE", func(s *story, a []string) { s.enrolls(a[0], a[1], "") }},
	{"enroll CLIENT in SEQUENCE skipped REASON", func(s *story, a []string) { s.enrolls(a[0], a[1], a[2]) }},
	{"purchase by CLIENT of PRODUCT", func(s *story, a []string) {
		s.event("purchase", a[0], map[string]any{"products": []any{a[1]}})
	}},
	{"category CLIENT CATEGORY", func(s *story, a []string) {
		s.event("category_changed", a[0], map[string]any{"category": a[1]})
	}},
	{"call CLIENT", func(s *story, a []string) { s.calls(a[0]) }},
	{"deal_opened for CLIENT", func(s *story, a []string) { s.event("deal_opened", a[0], nil) }},
	{"deal_lost for CLIENT", func(s *story, a []string) { s.event("deal_lost", a[0], nil) }},
	{"resume sender ADDRESS", func(s *story, a []string) { must(s.t, s.engine.ResumeSender(s.t.Context(), a[0], "a marketer")) }},
	{"pause sender ADDRESS", func(s *story, a []string) { must(s.t, s.engine.PauseSender(s.t.Context(), a[0], "holidays", nil)) }},
	{"pause sequence SEQUENCE", func(s *story, a []string) {
		must(s.t, s.engine.PauseSequence(s.t.Context(), a[0], "holidays", "a marketer"))
	}},
	{"resume sequence SEQUENCE", func(s *story, a []string) {
		must(s.t, s.engine.ResumeSequence(s.t.Context(), a[0], "a marketer"))
	}},
	{"down until MOMENT…", func(s *story, a []string) { s.down(a[0]) }},
	{"stage CLIENT STAGE", func(s *story, a []string) { s.change(engine.ClientPatch{ExternalID: a[0], Stage: &a[1]}) }},
	{"consent CLIENT BASIS", func(s *story, a []string) {
		s.change(engine.ClientPatch{ExternalID: a[0], Consent: &engine.Consent{Basis: a[1]}})
	}},
	{"consent CLIENT withdrawn", func(s *story, a []string) {
		s.change(engine.ClientPatch{ExternalID: a[0], Consent: &engine.Consent{}})
	}},
	{"pause CLIENT", func(s *story, a []string) { s.steer(a[0], "active", s.engine.PauseEnrollment) }},
	{"resume CLIENT", func(s *story, a []string) { s.steer(a[0], "paused", s.engine.ResumeEnrollment) }},
	{"owner CLIENT EMAIL", func(s *story, a []string) { s.change(engine.ClientPatch{ExternalID: a[0], Owner: &a[1]}) }},
	{"event TYPE for CLIENT", func(s *story, a []string) { s.event(a[0], a[1], nil) }},
	{"done STEP for CLIENT", func(s *story, a []string) { s.closes(a[0], a[1]) }},
	{"end CLIENT", func(s *story, a []string) { s.steer(a[0], "active", s.engine.EndEnrollment) }},

	// What clients do with a letter.
	{"open STEP by CLIENT", func(s *story, a []string) { s.opens(a[0], a[1]) }},
	{"click STEP link NUMBER by CLIENT", func(s *story, a []string) { s.clicks(a[0], a[2], a[1]) }},
	{"reply by CLIENT", func(s *story, a []string) { s.answers(a[0]) }},
	{"machine clicks STEP link NUMBER for CLIENT", func(s *story, a []string) { s.machineClicks(a[0], a[2], a[1]) }},
	{"unsubscribe CLIENT via STEP", func(s *story, a []string) { s.unsubscribes(a[1], a[0]) }},

	// What their mail servers answer: for ever, or to the next letter only.
	{"refuse ADDRESS CODE REPLY…", func(s *story, a []string) { s.replies.add(a[0], s.reply(a[1], a[2]), false) }},
	{"refuse ADDRESS once CODE REPLY…", func(s *story, a []string) { s.replies.add(a[0], s.reply(a[1], a[2]), true) }},

	// What must have come of it.
	{"expect sent STEP to CLIENT on MOMENT…", func(s *story, a []string) { s.expectSent(a[0], a[1], a[2]) }},
	{"expect nothing until MOMENT…", func(s *story, a []string) { s.nothingElse(); s.at(a[0]); s.nothingElse() }},
	{"expect STEP to CLIENT says TEXT…", func(s *story, a []string) { s.expectText(a[0], a[1], a[2]) }},
	{"expect STEP to CLIENT is STATE", func(s *story, a []string) { s.expectState(a[0], a[1], a[2]) }},
	{"expect STEP to CLIENT because TEXT…", func(s *story, a []string) { s.expectReason(a[0], a[1], a[2]) }},
	{"expect next STEP for CLIENT on MOMENT…", func(s *story, a []string) { s.expectNext(a[0], a[1], a[2]) }},
	{"expect call to CLIENT by REP since MOMENT…", func(s *story, a []string) { s.expectCall(a[0], a[1], a[2]) }},
	{"expect next call to CLIENT on MOMENT…", func(s *story, a []string) { s.expectNextCall(a[0], a[1]) }},
	{"expect no call to CLIENT", func(s *story, a []string) { s.expectNextCall(a[0], "") }},
	{"expect waiting REASON SEQUENCE for CLIENT", func(s *story, a []string) { s.expectWaiting(a[0], a[1], a[2]) }},
	{"expect why REASON…", func(s *story, a []string) { s.expectWhy(a[0]) }},
	{"expect paused sender ADDRESS", func(s *story, a []string) { s.expectPaused(store.PausedSender, a[0]) }},
	{"expect active SEQUENCE for CLIENT", func(s *story, a []string) { s.expectEnrollment(a[0], a[1], "active", "") }},
	{"expect ended REASON SEQUENCE for CLIENT", func(s *story, a []string) { s.expectEnrollment(a[1], a[2], "ended", a[0]) }},
	{"expect no chain for CLIENT", func(s *story, a []string) { s.expectNoChain(a[0]) }},
	{"expect touch KIND for CLIENT", func(s *story, a []string) { s.expectTouch(a[0], a[1]) }},
	{"expect task STEP for CLIENT is STATE", func(s *story, a []string) { s.expectTask(a[0], a[1], a[2]) }},
	{"expect task STEP for CLIENT is with EMAIL", func(s *story, a []string) { s.expectTaskWith(a[0], a[1], a[2]) }},
	{"expect notice STEP for CLIENT says TEXT…", func(s *story, a []string) { s.expectNotice(a[0], a[1], a[2]) }},
	{"expect decided OUTCOME at STEP for CLIENT", func(s *story, a []string) { s.expectDecided(a[0], a[1], a[2]) }},
	{"expect category CLIENT CATEGORY", func(s *story, a []string) { s.expectCategory(a[0], a[1]) }},
	{"expect branch BRANCH of STEP in SEQUENCE RESULT…", func(s *story, a []string) { s.expectBranch(a[0], a[1], a[2], a[3]) }},
	{"expect suppressed REASON ADDRESS", func(s *story, a []string) { s.expectSuppressed(a[0], a[1]) }},
}

// match returns the words that stand in place of those in capitals, and how many others there are.
func (v verb) match(words []string) (args []string, literal int, fits bool) {
	pattern := strings.Fields(v.pattern)
	for i, p := range pattern {
		switch {
		case i >= len(words):
			return nil, 0, false
		case strings.HasSuffix(p, "…"):
			return append(args, strings.Join(words[i:], " ")), literal, true
		case p == strings.ToUpper(p):
			args = append(args, words[i])
		case p == words[i]:
			literal++
		default:
			return nil, 0, false
		}
	}
	return args, literal, len(words) == len(pattern)
}

// obey plays one line. The verb that says most is meant, so that "withdrawn" is no basis.
func (s *story) obey(words []string) {
	s.t.Helper()
	var do func(s *story, args []string)
	var args []string
	most := 0
	for _, v := range verbs {
		if a, literal, fits := v.match(words); fits && literal > most {
			do, args, most = v.do, a, literal
		}
	}
	if do == nil {
		s.t.Fatalf("%s: no verb reads like this (see verbs in story_verbs_test.go)", s.place)
	}
	do(s, args)
	if s.worker != nil {
		s.rest(s.worker)
	}
}

func (s *story) at(moment string) {
	s.t.Helper()
	at, _ := s.moment(moment)
	if s.beginning {
		if words := strings.Fields(moment); len(words) == 3 {
			s.zone = at.Location()
		}
		s.begin(at)
		return
	}
	s.goTo(s.worker, at)
}

func (s *story) client(id string) storyClient {
	s.t.Helper()
	for _, c := range s.clients {
		if c.ExternalID == id {
			return c
		}
	}
	s.t.Fatalf("%s: there is no %q in clients.yaml", s.place, id)
	return storyClient{}
}

func (s *story) enrolls(client, sequence, reason string) {
	s.t.Helper()
	got := s.enroll(sequence, client)
	switch {
	case reason == "" && got.Enrolled != 1:
		s.t.Errorf("%s: not enrolled: %v", s.place, got.Skipped)
	case reason != "" && got.Reasons[reason] != 1:
		s.t.Errorf("%s: enrolled %d, skipped %v", s.place, got.Enrolled, got.Skipped)
	}
}

func (s *story) event(kind, client string, data map[string]any) {
	s.t.Helper()
	s.events++
	event := engine.Event{ID: fmt.Sprintf("event-%d", s.events), Type: kind, Client: client, At: s.now(), Data: data}
	for _, fresh := range []bool{true, false} { // the CRM says things twice
		got, err := s.engine.ApplyEvent(s.t.Context(), event)
		must(s.t, err)
		if got != fresh {
			s.t.Errorf("%s: event %s is new: %t, want %t", s.place, event.ID, got, fresh)
		}
	}
}

func (s *story) change(patch engine.ClientPatch) {
	s.t.Helper()
	s.client(patch.ExternalID)
	s.upsert(patch)
}

// reply is what a mail server answers about a recipient.
func (s *story) reply(code, text string) smtptest.Fault {
	s.t.Helper()
	number, err := strconv.Atoi(code)
	must(s.t, err)
	return smtptest.Reply(number, text)
}

func (s *story) steer(client, state string, do enrollmentChange) {
	s.t.Helper()
	for _, e := range s.chains(client, "") {
		if e.State == state {
			must(s.t, do(s.t.Context(), e.ID))
			return
		}
	}
	s.t.Errorf("%s: nothing is %s for %s", s.place, state, client)
}

// letter is the client's last letter of a step as it arrived, with its message.
func (s *story) letter(step, client string) (*letter, store.Message) {
	s.t.Helper()
	letters, err := received(s.links, s.server.Letters())
	must(s.t, err)
	messages := s.letters(client)
	for i := len(messages) - 1; i >= 0; i-- {
		if m := messages[i]; m.Step == step && len(letters[m.ID]) > 0 {
			return letters[m.ID][0], m
		}
	}
	s.t.Fatalf("%s: %s has not got letter %s", s.place, client, step)
	return nil, store.Message{}
}

func (s *story) opens(step, client string) {
	s.t.Helper()
	l, _ := s.letter(step, client)
	s.hit("opened", s.token(l.html, "o", token.Open, 0), -1)
}

func (s *story) clicks(step, client, number string) {
	s.t.Helper()
	l, m := s.letter(step, client)
	n, err := strconv.Atoi(number)
	must(s.t, err)
	t := s.token(l.html, "c", token.Click, n-1)
	if _, err := store.DestinationOf(s.t.Context(), s.db, m.ID, t.Index); err != nil {
		s.t.Errorf("%s: %v", s.place, err)
	}
	s.hit("clicked", t, t.Index)
}

// hit records that a link was followed, as the tracking route does.
func (s *story) hit(purpose string, t token.Token, link int) {
	s.t.Helper()
	must(s.t, store.RecordHit(s.t.Context(), s.db, store.Hit{
		MessageID: t.Message, Purpose: purpose, Link: link, At: s.now(), Method: "GET", UserAgent: "Mozilla/5.0", Actor: "human",
	}))
}

func (s *story) unsubscribes(step, client string) {
	s.t.Helper()
	l, _ := s.letter(step, client)
	t := s.token(l.header.Get("List-Unsubscribe"), "u", token.Unsubscribe, 0)
	for range 2 { // people press twice
		must(s.t, s.engine.Unsubscribe(s.t.Context(), t.Message))
	}
}

func (s *story) token(body, kind string, purpose token.Purpose, index int) token.Token {
	s.t.Helper()
	found, err := tokens(s.links, body, kind, purpose)
	must(s.t, err)
	if index >= len(found) {
		s.t.Fatalf("%s: the letter has %d links of kind %s", s.place, len(found), kind)
	}
	return found[index]
}

// republish puts the files of an edit in force, over those before.
func (s *story) republish(edit string) {
	s.t.Helper()
	files := s.edits[edit]
	if len(files) == 0 {
		s.t.Fatalf("%s: there are no files %s:…", s.place, edit)
	}
	s.files = append(s.files, files...)
	s.publish(s.files)
}
