package pages

import (
	"net/http"
	"testing"

	"seventh/sequences"
)

func TestClientPageSaysWhoAskedForFewerLetters(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	_, err := s.engine.PreferFewer(t.Context(), s.letter, sequences.Duration{N: 1, Unit: sequences.Month})
	must(t, err)
	ann := s.loggedIn(t, "ann@levanto.test")
	ann.get("/clients/crm-1").want(http.StatusOK, "Asked for at most one letter a month", "It waits: the client asked for at most one letter a month", "As often as before")
	s.loggedIn(t, "boris@levanto.test").post("/clients/crm-1/as-before", nil).want(http.StatusForbidden, "another rep")
	ann.post("/clients/crm-1/as-before", nil).want(http.StatusOK, "as often as their sequences say", "Letters as often as before: Ann").without("It waits: the client asked")
	ann.post("/clients/crm-1/as-before", nil).want(http.StatusOK, "had not asked")

	must(t, s.engine.LeaveSequence(t.Context(), s.letter))
	ann.get("/clients/crm-1").want(http.StatusOK, "Unsubscribed from this sequence, by “Measure your leaks”", "No letters of “Useful letters for category C”:")
	must(t, s.engine.Unsubscribe(t.Context(), s.letter))
	ann.get("/clients/crm-1").want(http.StatusOK, "Unsubscribed from all automated letters, by “Measure your leaks”", "No automated letters:")
}
