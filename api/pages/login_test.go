package pages

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

func TestLoginLeadsBackToThePageAskedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	v := s.visitor(t)
	v.get("/clients?category=C").want(http.StatusOK, `name="next" value="/clients?category=C"`)
	answer := v.post("/login", url.Values{"email": {"Ann@Levanto.test"}, "password": {password}, "next": {"/clients?category=C"}})
	answer.want(http.StatusOK, "Ivan Petrov")
	v.post("/logout", nil).want(http.StatusOK, "Password")
	v.get("/").want(http.StatusOK, "Password")
}

func TestWrongPasswordAndUnknownUserGetTheSameAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	_, err := store.SaveUser(t.Context(), s.pool, store.User{Email: "new@levanto.test", Name: "New", Role: "rep"})
	must(t, err)
	var bodies []string
	for _, email := range []string{"ann@levanto.test", "nobody@levanto.test", "new@levanto.test"} {
		page := s.visitor(t).post("/login", url.Values{"email": {email}, "password": {"wrong password"}}).want(http.StatusUnauthorized, "is wrong")
		bodies = append(bodies, strings.ReplaceAll(page.body, email, "EMAIL"))
	}
	for _, body := range bodies[1:] {
		if diff := cmp.Diff(bodies[0], body); diff != "" {
			t.Errorf("answers differ (-known +other):\n%s", diff)
		}
	}
}

func TestGuessingIsStopped(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	v := s.visitor(t)
	for range attemptsLimit {
		v.post("/login", url.Values{"email": {"ann@levanto.test"}, "password": {"a wrong one"}}).want(http.StatusUnauthorized)
	}
	v.post("/login", url.Values{"email": {"ANN@levanto.test"}, "password": {password}}).want(http.StatusTooManyRequests, "Too many attempts")
	s.loggedIn(t, "boris@levanto.test")
}

func TestAttemptsAreForgottenAfterAWhile(t *testing.T) {
	t.Parallel()
	a := newAttempts()
	now := tuesday
	for range attemptsLimit {
		if !a.begin("ann", now) {
			t.Fatal("stopped too early")
		}
	}
	if a.begin("ann", now.Add(time.Minute)) {
		t.Error("one more was allowed")
	}
	if !a.begin("ann", now.Add(attemptsPeriod+time.Minute)) {
		t.Error("not forgotten after the period")
	}
}

func TestLoginNeverLeadsElsewhere(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/clients?q=a":           "/clients?q=a",
		"":                       "/",
		"https://evil.test/":     "/",
		"//evil.test":            "/",
		`/\evil.test`:            "/",
		"/\t/evil.test":          "/",
		"javascript:alert(1)":    "/",
		"clients":                "/",
		"/clients/crm%2F3%3F":    "/clients/crm%2F3%3F",
		"http:/evil.test/login?": "/",
	} {
		if got := localPath(next); got != want {
			t.Errorf("localPath(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestOneTimeLinkWorksOnceAndOnlyByAButton(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	ann, err := store.UserByEmail(t.Context(), s.pool, "ann@levanto.test")
	must(t, err)
	path, err := NewLoginLink(t.Context(), s.pool, ann.ID)
	must(t, err)
	s.visitor(t).get(path).want(http.StatusOK, "Continue")
	s.visitor(t).get(path).want(http.StatusOK, "Continue")
	s.visitor(t).post(path, nil).want(http.StatusOK, "Ann Lebedeva", "Touches")
	s.visitor(t).post(path, nil).want(http.StatusNotFound, "has been used")
	s.visitor(t).post("/login/one-time/guessed", nil).want(http.StatusNotFound)
}

func TestOneTimeLinkOfTheSandboxTakesOneClick(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSandbox)
	ann, err := store.UserByEmail(t.Context(), s.pool, "ann@levanto.test")
	must(t, err)
	path, err := NewLoginLink(t.Context(), s.pool, ann.ID)
	must(t, err)
	s.visitor(t).get(path).want(http.StatusOK, "Ann Lebedeva", "Tue 4 Mar 2031, 10:")
}

func TestNewPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	ann := s.loggedIn(t, "ann@levanto.test")
	hash, err := HashPassword("another long password")
	must(t, err)
	_, err = store.SaveUser(t.Context(), s.pool, store.User{Email: "ann@levanto.test", Role: "rep", PasswordHash: &hash})
	must(t, err)
	ann.get("/").want(http.StatusOK, "Password")
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	v := s.visitor(t)
	form := url.Values{"email": {"ann@levanto.test"}, "password": {password}}
	v.post("/login", form, "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden, "another site")
	v.post("/login", form, "Origin", "https://evil.test").want(http.StatusForbidden)
	v.post("/login", form, "Origin", s.server.URL).want(http.StatusOK, "Ann Lebedeva")
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	for secure, want := range map[bool]string{
		false: "seventh=",
		true:  "__Host-seventh=",
	} {
		s := newStage(t, func(o *Options) { o.Secure = secure })
		v := s.visitor(t)
		v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		answer := v.post("/login", url.Values{"email": {"ann@levanto.test"}, "password": {password}}).want(http.StatusSeeOther)
		cookie := answer.header.Get("Set-Cookie")
		if !strings.HasPrefix(cookie, want) || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") ||
			!strings.Contains(cookie, "Path=/;") || strings.Contains(cookie, "Secure") != secure {
			t.Errorf("Secure %t: cookie is %q", secure, cookie)
		}
	}
}

func TestSessionSignedWithAnotherSecretIsEmpty(t *testing.T) {
	t.Parallel()
	old, fresh := signedCodec{key: keyOf([]byte("old"))}, signedCodec{key: keyOf([]byte("new"))}
	deadline := tuesday
	signed, err := old.Encode(deadline, map[string]any{sessionUser: int64(7)})
	must(t, err)
	for name, test := range map[string]struct {
		codec signedCodec
		data  []byte
		want  map[string]any
	}{
		"the same secret": {old, signed, map[string]any{sessionUser: int64(7)}},
		"another secret":  {fresh, signed, map[string]any{}},
		"cut":             {old, signed[:10], map[string]any{}},
		"nothing":         {old, nil, map[string]any{}},
	} {
		_, values, err := test.codec.Decode(test.data)
		if diff := cmp.Diff(test.want, values); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	hash, err := HashPassword(password)
	must(t, err)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash is %q", hash)
	}
	if !passwordMatches(hash, password) || passwordMatches(hash, password+"!") || passwordMatches(hash, "") {
		t.Error("the password does not decide")
	}
	for _, phc := range []string{"", "$", "plain", "$argon2id$v=19$m=19456,t=2,p=1$YQ", "$argon2id$v=19$m=9999999,t=2,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYWFh",
		"$argon2id$v=19$m=8,t=0,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYWFh", "$argon2id$v=19$m=8,t=1,p=1$YWFhYWFhYWE$"} {
		if passwordMatches(phc, "") {
			t.Errorf("%q matches", phc)
		}
	}
	if _, err := HashPassword("short"); err == nil {
		t.Error("a short password was taken")
	}
}
