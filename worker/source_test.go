package worker_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/internal/token"
)

// Every built-in letter in every language goes out over a year, and what is stored rebuilds what was sent byte for byte.
func TestEveryBuiltInLetterIsStoredAsItWasSent(t *testing.T) {
	t.Parallel()
	f := newFirm(t)
	f.setClock(time.Date(2027, time.March, 1, 7, 0, 0, 0, time.UTC))
	f.publish(nil)
	bought := time.Date(2026, time.January, 15, 0, 0, 0, 0, time.UTC)
	for _, locale := range []string{"en", "ru"} {
		for _, c := range []engine.ClientPatch{
			{ExternalID: "c-" + locale, Category: new("C")},
			{ExternalID: "d-" + locale, Category: new("D")},
			{ExternalID: "later-" + locale, Stage: new("refused_now")},
			{ExternalID: "past-" + locale, Stage: new("past_customer"), LastPurchaseAt: &bought, Products: []string{"compressor", "dryer"}},
		} {
			c.Email, c.Locale = new(c.ExternalID+"@example.com"), &locale
			c.FirstName, c.LastName = new("Юлия"), new("O’Neill, \"Jr\"")
			c.Owner = new("irina.petrova@levanto.example.com")
			c.Consent = &engine.Consent{Basis: "opt_in"}
			f.upsert(c)
		}
	}
	server := smtptest.New(t, smtptest.Options{})
	w, _ := f.hire("worker", mailServer(t, server, 2))
	f.goTo(w, time.Date(2027, time.November, 14, 12, 0, 0, 0, time.UTC))

	sent := map[string]bool{}
	for _, accepted := range server.Letters() {
		l, err := readLetter(accepted.Raw)
		if err != nil {
			t.Fatalf("to %s: %v\n%s", accepted.To, err, accepted.Raw)
		}
		id, err := l.messageID(f.links)
		must(t, err)
		m, err := store.MessageByID(t.Context(), f.db, id)
		must(t, err)
		_, locale, _ := strings.Cut(m.Client, "-")
		name := m.Template + "." + locale
		if sent[name] {
			t.Errorf("%s was sent twice", name)
		}
		sent[name] = true
		t.Run(name, func(t *testing.T) {
			wantStored(t, f, id, accepted.Raw)
			wantHeaders(t, f, l, m)
			wantLinks(t, f, l, id)
			if !slices.Equal(l.types, []string{"text/plain", "text/html"}) {
				t.Errorf("the parts are %v", l.types)
			}
		})
	}
	if diff := gocmp.Diff(builtInLetters(t), sent); diff != "" {
		t.Errorf("letters that exist and that were sent (-exist +sent):\n%s", diff)
	}
}

// builtInLetters are all built-in letters in all their languages.
func builtInLetters(t *testing.T) map[string]bool {
	t.Helper()
	folder, _, err := content.Load(content.BuiltIn())
	must(t, err)
	all := map[string]bool{}
	for _, name := range folder.Letters.Names() {
		for _, locale := range folder.Letters.Locales(name) {
			all[name+"."+locale] = true
		}
	}
	if len(all) < 48 {
		t.Errorf("there are only %d built-in letters", len(all))
	}
	return all
}

func wantStored(t *testing.T, f *firm, id int64, raw []byte) {
	t.Helper()
	source, err := store.MessageSource(t.Context(), f.db, id)
	must(t, err)
	fixed, err := mail.UnmarshalFixed(source.Fixed)
	must(t, err)
	rebuilt, err := mail.Expand(nil, fixed, source.Personal)
	must(t, err)
	if !bytes.Equal(rebuilt, raw) {
		t.Errorf("rebuilt and received letters differ (-rebuilt +received):\n%s", gocmp.Diff(string(rebuilt), string(raw)))
	}
}

func wantHeaders(t *testing.T, f *firm, l *letter, m store.Message) {
	t.Helper()
	var names []string
	for name, values := range l.header {
		names = append(names, name)
		if len(values) != 1 {
			t.Errorf("header %s is there %d times", name, len(values))
		}
	}
	slices.Sort(names)
	want := []string{"Content-Type", "Date", "From", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-Id", "Mime-Version",
		"Reply-To", "Subject", "To"}
	if diff := gocmp.Diff(want, names); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if l.subject != m.Subject || l.subject == "" {
		t.Errorf("the subject is %q, stored %q", l.subject, m.Subject)
	}
	date, err := l.header.Date()
	if err != nil || date.Unix() != m.SentAt.Unix() && date.Sub(*m.SentAt).Abs() > time.Minute {
		t.Errorf("the date is %v (%v), sent at %v", date, err, m.SentAt)
	}
	for name, address := range map[string]string{"From": "irina.petrova@levanto.example.com", "Reply-To": "irina.petrova@levanto.example.com", "To": m.Recipient} {
		list, err := l.header.AddressList(name)
		if err != nil || len(list) != 1 || list[0].Address != address {
			t.Errorf("%s is %v (%v), want %s", name, list, err, address)
		}
		if name == "To" && err == nil && list[0].Name != "Юлия O’Neill, \"Jr\"" {
			t.Errorf("To names %q", list[0].Name)
		}
	}
	if got := l.header.Get("List-Unsubscribe-Post"); got != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post is %q (RFC 8058 3.1)", got)
	}
	unsubscribe, err := tokens(f.links, l.header.Get("List-Unsubscribe"), "u", token.Unsubscribe)
	if err != nil || len(unsubscribe) != 1 || unsubscribe[0].Message != m.ID {
		t.Errorf("List-Unsubscribe leads to %v (%v)", unsubscribe, err)
	}
}

// wantLinks checks that every link of both parts leads somewhere, for this message.
func wantLinks(t *testing.T, f *firm, l *letter, id int64) {
	t.Helper()
	for part, body := range map[string]string{"text": l.text, "HTML": l.html} {
		clicks, err := tokens(f.links, body, "c", token.Click)
		must(t, err)
		for _, click := range clicks {
			if click.Index == token.Honeypot && part == "HTML" {
				continue
			}
			to, err := store.DestinationOf(t.Context(), f.db, id, click.Index)
			must(t, err)
			if _, err := http.NewRequest(http.MethodGet, to.URL, nil); err != nil || click.Message != id || !strings.HasPrefix(to.URL, "http") {
				t.Errorf("link %d of the %s part leads to %q for message %d (%v)", click.Index, part, to.URL, click.Message, err)
			}
		}
		for kind, purpose := range map[string]token.Purpose{"u": token.Unsubscribe, "o": token.Open} {
			found, err := tokens(f.links, body, kind, purpose)
			must(t, err)
			if wanted := kind == "u" || part == "HTML"; wanted != (len(found) == 1) || wanted && found[0].Message != id {
				t.Errorf("links %s of the %s part: %v", kind, part, fmt.Sprint(found))
			}
		}
	}
}
