package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestRepSeesHerClientsFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	ann := s.loggedIn(t, "ann@levanto.test")
	ann.get("/").want(http.StatusOK, "Letter sent: “Measure your leaks”", "Clicked link 2", "Ivan Petrov", "North Mill",
		"Useful letters for category C", "Europe/Moscow", "Tue 4 Mar 2031, 10:01", fmt.Sprintf("/letters/%d", s.letter))
	boris := s.loggedIn(t, "boris@levanto.test")
	boris.get("/").want(http.StatusOK, "No touches here yet")
	boris.get("/?rep=everybody").want(http.StatusOK, "Measure your leaks")
	s.loggedIn(t, "mary@levanto.test").get("/").want(http.StatusOK, "Measure your leaks")
}

func TestFeedFilters(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	mary := s.loggedIn(t, "mary@levanto.test")
	const sent = "Letter sent: “Measure"
	for query, found := range map[string]bool{
		"":                                true,
		"q=petrov":                        true,
		"q=NORTH+mill":                    true,
		"q=crm-1":                         true,
		"q=ivan@mill.test":                true,
		"q=%25":                           false,
		"q=nobody":                        false,
		"rep=ann@levanto.test":            true,
		"rep=boris@levanto.test":          false,
		"kind=sent":                       true,
		"kind=clicked":                    false,
		"sequence=c-nurture":              true,
		"sequence=d-nurture":              false,
		"from=2031-03-04&to=2031-03-04":   true,
		"from=2031-03-05":                 false,
		"to=2031-03-03":                   false,
		"from=nonsense&to=also+nonsense":  true,
		"q=%27%3B+DROP+TABLE+clients%3B-": false,
	} {
		page := mary.get("/?" + query).want(http.StatusOK)
		if strings.Contains(page.body, sent) != found {
			t.Errorf("?%s: letter shown is %t, want %t", query, !found, found)
		}
	}
	mary.get("/?after=broken").want(http.StatusBadRequest, "damaged")
}

func TestOlderTouchesFollowWithoutGapOrRepeat(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	_, err := s.pool.Exec(t.Context(), `
		INSERT INTO touches (client_id, kind, channel, at, data)
		SELECT c.id, 'note', 'other', $1::timestamptz - (n / 7) * interval '1 hour', jsonb_build_object('note', 'note number ' || n || '.')
		FROM clients c, generate_series(1, 120) AS n WHERE c.external_id = 'crm-1'`, tuesday)
	must(t, err)
	mary := s.loggedIn(t, "mary@levanto.test")
	for _, start := range []string{"/?kind=note", "/clients/crm-1"} {
		seen := map[string]int{}
		for path := start; path != ""; path = nextPage(path, mary.get(path).want(http.StatusOK).body) {
			body := mary.get(path).body
			for n := 1; n <= 120; n++ {
				seen[fmt.Sprint(n)] += strings.Count(body, fmt.Sprintf("note number %d.", n))
			}
		}
		for n, times := range seen {
			if times != 1 {
				t.Errorf("%s: note %s was shown %d times", start, n, times)
			}
		}
	}
}

// nextPage finds the link to the next page.
func nextPage(_, body string) string {
	_, after, found := strings.Cut(body, `rel="next" href="`)
	if !found {
		return ""
	}
	path, _, _ := strings.Cut(after, `"`)
	return strings.ReplaceAll(path, "&amp;", "&")
}

func TestClientPageSaysWhatComesNextWhenAndWhy(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	s.loggedIn(t, "ann@levanto.test").get("/clients/crm-1").want(http.StatusOK,
		"Ivan Petrov", "North Mill", "Ann Lebedeva", "opted in on 4 Feb 2031 (web form)", "Asia/Yekaterinburg, 12:0",
		"Useful letters for category C", "Letter 2 of 10", "the compressor nobody needed",
		"Tue 25 Mar 2031, 12:01", ">10:01</time> <span class=\"zone\">Europe/Moscow, ours", "It comes 3 weeks after the letter before.",
		"Mon–Fri 09:00–18:00 in the client’s time, not on holidays",
		"Tue 15 Apr 2031, 12:01", "3 weeks later", "A week of air measurement, free until 3 June", "Letter sent: “Measure your leaks”", "Clicked link 2", ">Pause<")
}

func TestClientPageSaysWhyThereAreNoLetters(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	mary := s.loggedIn(t, "mary@levanto.test")
	mary.get("/clients/crm-2").want(http.StatusOK, "No automated letters, because clients of category A hear from their rep in person.")

	_, err := s.pool.Exec(t.Context(), "UPDATE clients SET category = 'C', consent_basis = '' WHERE external_id = 'crm-2'")
	must(t, err)
	mary.get("/clients/crm-2").want(http.StatusOK, "because no consent is recorded.")

	must(t, s.engine.Unsubscribe(t.Context(), s.letter))
	mary.get("/clients/crm-1").want(http.StatusOK, "the address must not be mailed: the client unsubscribed on 4 Mar 2031", "Unsubscribed", "Earlier sequences")
}

func TestPauseResumeAndEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	ann := s.loggedIn(t, "ann@levanto.test")
	var id int64
	must(t, s.pool.QueryRow(t.Context(), "SELECT e.id FROM enrollments e JOIN clients c ON c.id = e.client_id WHERE c.external_id = 'crm-1'").Scan(&id))
	base := fmt.Sprintf("/clients/crm-1/enrollments/%d/", id)

	ann.post(base+"pause", nil).want(http.StatusOK, "Paused. Nothing of this sequence goes out", "nothing goes out until somebody resumes it", ">Resume<")
	ann.get("/clients/crm-1").want(http.StatusOK).without("Paused. Nothing of this sequence")
	ann.post(base+"resume", nil).want(http.StatusOK, "Resumed.", "Tue 25 Mar 2031")
	ann.post(base+"end", nil).want(http.StatusOK, "Ended.", "somebody ended it")
	ann.post(base+"end", nil).want(http.StatusOK, "had ended already")
	ann.post(base+"erase", nil).want(http.StatusNotFound)
	ann.post("/clients/crm-2/enrollments/"+fmt.Sprint(id)+"/pause", nil).want(http.StatusNotFound)
}

func TestRepsSteerOnlyTheirOwnClients(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	var id int64
	must(t, s.pool.QueryRow(t.Context(), "SELECT e.id FROM enrollments e JOIN clients c ON c.id = e.client_id WHERE c.external_id = 'crm-1'").Scan(&id))
	path := fmt.Sprintf("/clients/crm-1/enrollments/%d/pause", id)

	boris := s.loggedIn(t, "boris@levanto.test")
	boris.get("/clients/crm-1").want(http.StatusOK).without(">Pause<")
	boris.post(path, nil).want(http.StatusForbidden, "another rep")
	s.loggedIn(t, "mary@levanto.test").post(path, nil).want(http.StatusOK, "Paused.")
}

func TestHostileNamesAreText(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	mary := s.loggedIn(t, "mary@levanto.test")
	hostile := []string{"<script>alert", "<img src=x"}
	mary.get("/clients?q=evil").want(http.StatusOK, "&lt;script&gt;", "{{.Secret}} &amp; Sons", "/clients/crm%2F3%3F").without(hostile...)
	mary.get("/clients/crm%2F3%3F").want(http.StatusOK, "&lt;script&gt;", "A monthly note for category D", "Its letter is in the queue").without(hostile...)
	mary.get(`/?q="><script>alert(1)</script>`).want(http.StatusOK).without(hostile...)
	mary.get(`/nowhere"><script>alert(1)</script>`).without(hostile...)
}

func TestClientList(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	ann := s.loggedIn(t, "ann@levanto.test")
	ann.get("/clients").want(http.StatusOK, "Ivan Petrov", "Tue 25 Mar 2031, 10:01", "Olga Smirnova", "No sequence").without("evil.test")
	ann.get("/clients?owner=everybody").want(http.StatusOK, "evil.test", "Letter under way")
	ann.get("/clients?category=A").want(http.StatusOK, "Olga").without("Ivan Petrov")
	ann.get("/clients?q=mill").want(http.StatusOK, "Ivan Petrov").without("Olga")
	ann.get("/clients/nobody").want(http.StatusNotFound, "There is nothing here")
}

func TestSequencesShowPeopleAndFunnel(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	s.loggedIn(t, "ann@levanto.test").get("/sequences").want(http.StatusOK, "Useful letters for category C", "Past customers come back",
		"<strong>1</strong> active", "the client’s rep", "Runs dry for 1 client from", `<td class="n">1</td><td class="n">1</td><td class="n">1</td><td class="n">0</td>`)
}

func TestEveryPageNeedsALogin(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSandbox)
	for _, path := range []string{"/", "/clients", "/clients/crm-1", "/letters/1", "/letters/1/preview", "/letters/1/source", "/letters/1/letter.eml",
		"/sequences", "/sandbox/inbox", "/sandbox/inbox/1", "/sandbox/inbox/1/preview"} {
		got := s.visitor(t).get(path).want(http.StatusOK, "Password").path
		if want := "/login?next=" + url.QueryEscape(path); got != want {
			t.Errorf("%s led to %s, want %s", path, got, want)
		}
	}
	s.visitor(t).post("/sandbox/advance", url.Values{"by": {"1d"}}).want(http.StatusOK, "Password")
}

func TestPagesLoadNothingFromOutside(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSandbox)
	v := s.loggedIn(t, "ann@levanto.test")
	for _, path := range []string{"/login", "/", "/clients", "/clients/crm-1", fmt.Sprintf("/letters/%d", s.letter), "/sequences", "/sandbox/inbox", "/clients/nobody"} {
		page := v.get(path).without(" style=", "onclick", `src="http`, `href="http`, `action="http`, "<style")
		for name, want := range map[string]string{"Content-Security-Policy": pagePolicy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if got := page.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	v.get("/static/style.css").want(http.StatusOK, "--ground")
	v.get("/static/htmx.min.js").want(http.StatusOK, "htmx")
	v.get("/static/htmx.LICENSE.txt").want(http.StatusNotFound)
	v.get("/static/..%2Fpages.go").want(http.StatusNotFound)
}

func TestRoutesOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	answer := s.visitor(t).get("/api/v1/nothing").want(http.StatusNotFound)
	if answer.header.Get("Set-Cookie")+answer.header.Get("Content-Security-Policy") != "" {
		t.Errorf("the pages' headers reached another route: %v", answer.header)
	}
	s.visitor(t).get("/sandbox/inbox.json").want(http.StatusNotFound)
}

func TestMangledAddressesFindNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSandbox)
	v := s.loggedIn(t, "mary@levanto.test")
	for path, status := range map[string]int{
		"/?q=%00%ff":                                http.StatusOK,
		"/?rep=%00&kind=%ff&sequence=%c3%28":        http.StatusOK,
		"/?after=" + cursor("2031", "m1"):           http.StatusBadRequest,
		"/?after=" + cursor("2031-03-04", "\x00"):   http.StatusBadRequest,
		"/clients?q=%00&category=Z&owner=%ff":       http.StatusOK,
		"/clients?after=" + cursor("\xff", "a\x00"): http.StatusOK,
		"/clients/%00":                              http.StatusNotFound,
		"/clients/%2F%ff":                           http.StatusNotFound,
		"/clients/crm-1?after=zzz":                  http.StatusBadRequest,
		"/letters/-1":                               http.StatusNotFound,
		"/sandbox/inbox?to=%00&before=x":            http.StatusOK,
		"/sandbox/inbox.json?to=%00%ff":             http.StatusOK,
		"/sandbox/inbox/%00.eml":                    http.StatusNotFound,
	} {
		if got := v.get(path).status; got != status {
			t.Errorf("%s: status %d, want %d", path, got, status)
		}
	}
	v.post("/login", url.Values{"email": {"\x00\xff"}, "password": {"\x00"}}).want(http.StatusUnauthorized)
}

func TestPagesBeforeTheFirstPublication(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	_, err := s.pool.Exec(t.Context(), "TRUNCATE publications, sequences, enrollments, messages, touches CASCADE")
	must(t, err)
	v := s.loggedIn(t, "mary@levanto.test")
	v.get("/").want(http.StatusOK, "No touches here yet")
	v.get("/sequences").want(http.StatusOK, "No sequences are published yet")
	v.get("/clients/crm-2").want(http.StatusOK, "because no sequences are published yet", "UTC")
}

func TestMarketersSeeWhatIsPausedAndLetItGoOn(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	must(t, s.engine.PauseSequence(t.Context(), "c-nurture", "11 of the last 200 letters bounced", "breaker"))
	must(t, s.engine.PauseSender(t.Context(), "hello@levanto.example.com", "5 letters were refused <b>", nil))
	ann, mary := s.loggedIn(t, "ann@levanto.test"), s.loggedIn(t, "mary@levanto.test")
	ann.get("/sequences").want(http.StatusOK, "11 of the last 200 letters bounced", "5 letters were refused &lt;b&gt;", "until somebody resumes it").without("/c-nurture/resume")
	ann.post("/sequences/c-nurture/resume", nil).want(http.StatusForbidden, "Only marketers")
	mary.get("/sequences").want(http.StatusOK, "/sequences/c-nurture/resume", "/senders/hello@levanto.example.com/resume")
	mary.post("/sequences/c-nurture/resume", nil).want(http.StatusOK, "Resumed.").without("11 of the last")
	mary.post("/senders/hello@levanto.example.com/resume", nil).want(http.StatusOK, "Resumed.").without("were refused")
	mary.post("/senders/hello@levanto.example.com/resume", nil).want(http.StatusOK, "It was not paused any more.")
	mary.post("/senders/nobody@levanto.test/resume", nil).want(http.StatusNotFound)
}
