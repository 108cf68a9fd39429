package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"seventh/internal/engine"
	"seventh/internal/inbound"
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
