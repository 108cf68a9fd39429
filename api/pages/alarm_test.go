package pages

import (
	"strings"
	"testing"

	"seventh/internal/store"
)

// Whoever can do something about it reads on every page that letters are kept back.
func TestAdminsReadThatARestoreKeepsLettersBack(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	_, err := s.pool.Exec(t.Context(), "UPDATE guard SET tripped_at = now(), reason = 'an <old> dump'")
	must(t, err)
	hash := passwordHash()
	_, err = store.SaveUser(t.Context(), s.pool, store.User{Email: "olga@levanto.test", Name: "Olga", Role: "admin", PasswordHash: &hash})
	must(t, err)
	for email, shown := range map[string]bool{"olga@levanto.test": true, "mary@levanto.test": false, "ann@levanto.test": false} {
		page := s.loggedIn(t, email).get("/clients")
		if got := strings.Contains(page.body, "No letter is sent: an &lt;old&gt; dump"); got != shown {
			t.Errorf("%s reads it: %v, want %v", email, got, shown)
		}
	}
}
