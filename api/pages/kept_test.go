package pages

import (
	"net/http"
	"testing"
)

// What is kept about a client, and on what ground he is mailed.
func TestWhatIsKeptOfAClient(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	mary := s.loggedIn(t, "mary@levanto.test")
	mary.get("/clients/crm-1").want(http.StatusOK, "Consents on record", "web form").without("export.json")
	mary.get("/clients/crm-1/export.json").want(http.StatusForbidden, "Only admins")
	_, err := s.pool.Exec(t.Context(), "UPDATE users SET role = 'admin' WHERE email = 'mary@levanto.test'")
	must(t, err)
	mary.get("/clients/crm-1").want(http.StatusOK, `href="/clients/crm-1/export.json"`)
	mary.get("/clients/crm-1/export.json").want(http.StatusOK, `"consents":`, `"touches":`)
	mary.get("/clients/nobody/export.json").want(http.StatusNotFound, "nothing here")
}
