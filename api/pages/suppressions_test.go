package pages

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// Ivan asks by phone not to be written again. A marketer puts him on the list; only an
// admin takes him off it, and must say why.
func TestThePageOfThoseWhoAreNotMailed(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	rep, marketer := s.loggedIn(t, "ann@levanto.test"), s.loggedIn(t, "mary@levanto.test")
	add := url.Values{"email": {"IVAN@mill.test"}, "note": {"=asked <b>by phone</b>"}}
	rep.post("/suppressions", add).want(http.StatusForbidden, "Only marketers and admins")
	marketer.post("/suppressions", url.Values{"email": {"ivan"}}).want(http.StatusBadRequest, "no e-mail address")
	marketer.post("/suppressions", add).want(http.StatusOK, "ivan@mill.test gets no automated letters any more", "By hand", "=asked &lt;b&gt;by phone&lt;/b&gt;").without("Mail again")
	rep.get("/suppressions?q=MILL&reason=manual").want(http.StatusOK, "ivan@mill.test").without("Never mail an address again")
	rep.get("/suppressions?reason=bounced").want(http.StatusOK, "Nobody is on this list")

	lift := url.Values{"email": {"ivan@mill.test"}, "sequence": {""}, "why": {"he called again"}}
	marketer.post("/suppressions/lift", lift).want(http.StatusForbidden)
	marketer.get("/suppressions/list.csv").want(http.StatusForbidden)
	_, err := s.pool.Exec(t.Context(), "UPDATE users SET role = 'admin' WHERE email = 'mary@levanto.test'")
	must(t, err)
	marketer.get("/suppressions").want(http.StatusOK, "Mail again", "Download the whole list")
	marketer.get("/suppressions/list.csv").want(http.StatusOK, "ivan@mill.test,,manual,mary@levanto.test,'=asked")
	marketer.post("/suppressions/lift", url.Values{"email": {"ivan@mill.test"}, "sequence": {""}}).want(http.StatusBadRequest, "Write why")
	marketer.post("/suppressions/lift", lift).want(http.StatusOK, "ivan@mill.test may be mailed again")
	audit, err := store.ListAudit(t.Context(), s.pool, "ivan@mill.test", 0, 9)
	must(t, err)
	if len(audit) != 1 || audit[0].Actor != "mary@levanto.test" || audit[0].Data["why"] != "he called again" {
		t.Errorf("the audit has %+v", audit)
	}
}

func TestThePageOfRefusals(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	rep := s.loggedIn(t, "ann@levanto.test")
	rep.get("/refusals").want(http.StatusOK, "Nobody has said no")
	for i, client := range []string{"crm-1", "crm-2"} {
		_, err := s.engine.ApplyEvent(t.Context(), engine.Event{
			ID: strings.Repeat("e", i+1), Type: "refusal", Client: client, At: tuesday.AddDate(0, 0, -1), Data: map[string]any{"reason": "too <small>", "side": "us", "target": false},
		})
		must(t, err)
	}
	rep.get("/refusals").want(http.StatusOK, "Not our client", "too &lt;small&gt;", "Ours", `<td class="n">2</td>`)
}
