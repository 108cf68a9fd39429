package api

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/engine"
	"seventh/internal/store"
)

func TestSendersShowWhatTheySentAndWhyOneIsPaused(t *testing.T) {
	t.Parallel()
	var e *engine.Engine
	k := newKit(t, func(o *Options) { e = o.Engine })
	k.client("ann", map[string]any{"category": "C"})
	k.sent("ann", time.Now())
	for name, err := range map[string]error{
		"sender":   e.PauseSender(t.Context(), "Hello@levanto.example.com", "the mail server refuses it", nil),
		"rep":      e.SenderTrouble(t.Context(), "irina@levanto.example.com", "535 5.7.8 bad password"),
		"sequence": e.PauseSequence(t.Context(), "c-nurture", "11 of the last 200 letters bounced", "breaker"),
	} {
		if err != nil {
			t.Fatalf("pausing a %s: %v", name, err)
		}
	}
	senders := k.send("GET", "/api/v1/senders", nil).is(200).items()
	if len(senders) != 2 {
		t.Fatalf("senders %v", senders)
	}
	rep, team := senders[0], senders[1]
	if rep["email"] != "irina@levanto.example.com" || rep["name"] != "" || rep["paused"].(map[string]any)["until"] == nil {
		t.Errorf("the rep's mailbox is %v", rep)
	}
	paused := team["paused"].(map[string]any)
	delete(paused, "since")
	want := map[string]any{
		"email": "hello@levanto.example.com", "name": "team", "sent_today": 1.0, "limit_today": nil, "rate": "",
		"paused": map[string]any{"reason": "the mail server refuses it", "until": nil, "by": "mail server"},
	}
	if diff := cmp.Diff(want, team); diff != "" {
		t.Errorf("the team's mailbox (-want +got):\n%s", diff)
	}
	if p := k.send("GET", "/api/v1/sequences/c-nurture", nil).is(200).json()["paused"]; p == nil || p.(map[string]any)["by"] != "breaker" {
		t.Errorf("the sequence is paused: %v", p)
	}
	for _, path := range []string{"/api/v1/senders/" + url.PathEscape("Hello@levanto.example.com"), "/api/v1/sequences/c-nurture"} {
		k.send("POST", path+"/resume", nil).is(204)
		k.send("POST", path+"/resume", nil).is(409)
	}
	k.send("POST", "/api/v1/senders/nobody@example.com/resume", nil).is(404)
	for _, list := range []string{"/api/v1/senders", "/api/v1/sequences"} {
		for _, item := range k.send("GET", list, nil).is(200).items() {
			if item["email"] != "irina@levanto.example.com" && item["paused"] != nil {
				t.Errorf("%s still says %v", list, item)
			}
		}
	}
}

func TestEnrollmentsSayWhatTheyWaitForAndUntilWhen(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)
	for want, e := range map[string]store.Enrollment{
		"waits: daily limit of ann@example.com reached, goes Tue 3 Mar 10:00 UTC": {
			State: "active", Waiting: "daily_limit", WaitingDetail: "ann@example.com", NextAt: &at,
		},
		"waits: a deal of the client is open": {State: "active", Waiting: "open_deal"},
		"":                                    {State: "active", NextAt: &at},
	} {
		if got := showEnrollment(&e).Reason; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
