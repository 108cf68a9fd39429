package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

func TestInboxMovesTheClock(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSandbox)
	v := s.loggedIn(t, "ann@levanto.test")
	v.get("/sandbox/inbox").want(http.StatusOK, "Tue 4 Mar 2031, 10:", "No letters yet", "1 day", "1 year")
	v.post("/sandbox/advance", url.Values{"by": {"3w"}}).want(http.StatusOK, "It is Tuesday 25 March 2031, 10:", "After 3w", "ivan@mill.test")
	v.post("/sandbox/advance", url.Values{"by": {"a while"}}).want(http.StatusBadRequest, "is not a duration")
	v.get("/sandbox/inbox?to=IVAN").want(http.StatusOK, "After 3w")
	v.get("/sandbox/inbox?to=olga").want(http.StatusOK, "No letters to this recipient").without("After 3w")
	v.get("/sandbox/inbox/1").want(http.StatusOK, "After 3w", `src="/sandbox/inbox/1/preview"`)
	v.get("/sandbox/inbox/1?view=text").want(http.StatusOK, "leaks cost money")
	v.get("/sandbox/inbox/1/preview").want(http.StatusOK, "Good morning, Ivan").without("href=")
	v.get("/sandbox/inbox/77").want(http.StatusNotFound)
}

func TestAutomationReadsTheInboxWithoutALogin(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSandbox)
	for n := range 3 {
		must(t, store.Capture(t.Context(), s.pool, store.Captured{
			At: tuesday.Add(time.Duration(n) * time.Hour), Sender: "ann@levanto.test", Recipient: fmt.Sprintf("c%d@mill.test", n),
			MessageID: fmt.Sprintf("m%d@levanto.test", n), Subject: "Тема",
			Raw: []byte(fmt.Sprintf("Message-ID: <m%d@levanto.test>\r\nSubject: =?utf-8?b?0KLQtdC80LA=?=\r\nReceived: a\r\nReceived: b\r\n\r\nbody %d", n, n)),
		}))
	}
	v := s.visitor(t)
	want := capturedItem{
		ID: 2, MessageID: "m1@levanto.test", From: "ann@levanto.test", To: "c1@mill.test", Subject: "Тема", At: tuesday.Add(time.Hour),
		Headers: map[string]string{"Message-ID": "<m1@levanto.test>", "Subject": "Тема", "Received": "a, b"},
	}
	for query, ids := range map[string][]int64{
		"": {3, 2, 1}, "?limit=1": {3}, "?before=3&limit=1": {2}, "?to=c1@mill.test": {2}, "?to=nobody": {},
	} {
		var list capturedList
		must(t, json.Unmarshal([]byte(v.get("/sandbox/inbox.json"+query).want(http.StatusOK).body), &list))
		got := []int64{}
		for _, item := range list.Items {
			got = append(got, item.ID)
			if diff := cmp.Diff(want, item); item.ID == 2 && diff != "" {
				t.Errorf("letter 2 (-want +got):\n%s", diff)
			}
		}
		if diff := cmp.Diff(ids, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for _, query := range []string{"?limit=0", "?limit=5001", "?limit=x", "?before=x"} {
		v.get("/sandbox/inbox.json" + query).want(http.StatusBadRequest)
	}
	if got := v.get("/sandbox/inbox/2.eml").want(http.StatusOK).body; !strings.HasSuffix(got, "\r\n\r\nbody 1") {
		t.Errorf("source is %q", got)
	}
	v.get("/sandbox/inbox/9.eml").want(http.StatusNotFound)
	v.get("/sandbox/inbox/x.eml").want(http.StatusNotFound)
}
