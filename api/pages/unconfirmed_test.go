package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"seventh/internal/engine"
	"seventh/internal/inbound"
	"seventh/internal/store"
	"seventh/sequences"
)

// Ivan's letter was on the wire when a worker died. Mary, who is an admin by now, clears
// it up; nobody else may.
func TestAdminsDecideAboutUnconfirmedLetters(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := s.pool.Exec(t.Context(), sql, args...)
		must(t, err)
	}
	form := func(pairs ...string) url.Values {
		values := make(url.Values)
		for i := 0; i+1 < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values
	}
	exec("UPDATE users SET role = 'admin' WHERE email = 'mary@levanto.test'")
	lose := func() {
		exec("UPDATE messages SET state = 'unconfirmed', reason = 'the worker died while this letter was on the wire' WHERE id = $1", s.letter)
		exec("INSERT INTO unconfirmed (message_id, since) VALUES ($1, $2) ON CONFLICT (message_id) DO UPDATE SET open = true", s.letter, tuesday.Add(time.Hour))
	}
	lose()
	letter := fmt.Sprintf("/letters/%d", s.letter)
	rep, admin := s.loggedIn(t, "ann@levanto.test"), s.loggedIn(t, "mary@levanto.test")
	rep.get("/unconfirmed").want(http.StatusForbidden, "Only admins decide")
	rep.get(letter).want(http.StatusOK, "not confirmed").without("Did it arrive?", "Unconfirmed <span")
	rep.post(letter+"/confirm", form("as", "sent")).want(http.StatusForbidden, "Only admins decide")
	rep.post("/unconfirmed/confirm", form("as", "sent")).want(http.StatusForbidden, "Only admins decide")

	admin.get(letter).want(http.StatusOK, "Did it arrive?", "Unconfirmed <span")
	admin.get("/unconfirmed").want(http.StatusOK, "Measure your leaks", "Send it again", "Tue 4 Mar 2031, 11:00", "the worker died")
	admin.post(letter+"/confirm", form("as", "burnt")).want(http.StatusBadRequest, "Choose what became")
	admin.post(letter+"/confirm", form("as", "sent", "note", "he <b>called</b>")).want(http.StatusOK, "Taken for sent", "taken for sent by mary@levanto.test", "he &lt;b&gt;called&lt;/b&gt;")
	admin.post(letter+"/confirm", form("as", "sent")).want(http.StatusOK, "cleared up already")
	admin.get("/unconfirmed").want(http.StatusOK, "There are none")

	lose()
	admin.post("/unconfirmed/confirm", form("as", "failed")).want(http.StatusOK, "1 letter decided about", "There are none")
}

// Marketers see which letters mail servers do not like.
func TestSequencesShowLettersThatAreRefusedForWhatTheySay(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	v := s.loggedIn(t, "ann@levanto.test")
	v.get("/sequences").want(http.StatusOK).without("for what they say")
	for range 2 {
		must(t, s.engine.Apply(t.Context(), engine.Report{MessageID: s.letter, Event: inbound.Event{Kind: inbound.Bounced, Class: inbound.ClassContent, Permanent: true}}))
	}
	v.get("/sequences").want(http.StatusOK, "for what they say", "(1 time)")
}

// Where a sequence decides by itself after a day, people read that, and when.
func TestPagesSayThatASequenceGoesOnByItself(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	ctx := t.Context()
	m, err := store.MessageByID(ctx, s.pool, s.letter)
	must(t, err)
	for _, sql := range []string{
		"UPDATE users SET role = 'admin' WHERE email = 'mary@levanto.test'",
		"UPDATE messages SET state = 'unconfirmed', reason = 'unconfirmed at dot: waiting for the reply to the letter: EOF' WHERE id = $1",
		"UPDATE enrollments SET waiting = 'unconfirmed', next_at = NULL WHERE id = (SELECT enrollment_id FROM messages WHERE id = $1)",
		"INSERT INTO unconfirmed (message_id, since, look_at) SELECT id, '2031-03-04 08:00Z', '2031-03-04 08:00Z' FROM messages WHERE id = $1",
	} {
		args := []any{s.letter}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		_, err := s.pool.Exec(ctx, sql, args...)
		must(t, err)
	}
	admin := s.loggedIn(t, "mary@levanto.test")
	letter := fmt.Sprintf("/letters/%d", s.letter)
	admin.get("/clients/crm-1").want(http.StatusOK, "It goes on when that is cleared up.")
	admin.get(letter).want(http.StatusOK, "the connection broke before the server answered", "waiting for the reply to the letter: EOF").without("taken for sent on")

	enrollment, err := store.EnrollmentByID(ctx, s.pool, m.EnrollmentID)
	must(t, err)
	version, err := s.engine.Version(ctx, s.pool, enrollment.VersionID)
	must(t, err)
	version.Sequence.Unconfirmed = sequences.AssumeSent
	for _, page := range []string{"/clients/crm-1", letter, "/unconfirmed"} {
		admin.get(page).want(http.StatusOK, "taken for sent on Wed 5 Mar 2031, 11:00, and the sequence goes on by itself.")
	}
	version.Sequence.Unconfirmed = sequences.ResendOnce
	admin.get("/unconfirmed").want(http.StatusOK, "it is sent once more on Wed 5 Mar 2031, 11:00.", "Decide about it").without("EOF")
}
