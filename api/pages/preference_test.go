package pages

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
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

// The dates further on keep the distance that the client asked for, from each letter to the next.
func TestTheForecastKeepsAClientsWish(t *testing.T) {
	t.Parallel()
	moscow, err := time.LoadLocation("Europe/Moscow")
	must(t, err)
	thursday := tuesday.AddDate(0, 0, 2)
	next := store.Enrollment{State: "active", NextStep: "one", NextAt: &thursday}
	wish := spacing{every: sequences.Duration{N: 1, Unit: sequences.Month}, letter: tuesday}
	got, err := nextOf(scene{now: tuesday, zone: moscow}, &store.Client{TimeZone: "Europe/Moscow"}, next, chainVersion(t), "", nil, wish, byTemplate)
	must(t, err)
	var dates []string
	for _, u := range got.Upcoming {
		dates = append(dates, u.Client.Shown)
	}
	if diff := cmp.Diff([]string{"Mon 7 Apr 2031, 09:00", "Wed 7 May 2031, 09:00"}, dates); diff != "" {
		t.Error(diff)
	}
}
