package inbound

import (
	"strings"
	"testing"
)

// hostile are notices of half a megabyte, each made to cost much.
func hostile() map[string]string {
	const size = 512 << 10
	head := "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: Undelivered\nDelivered-To: b+b.abcdefghijklmnopqrstuvwx27@bounce.example.com\n"
	all := map[string]string{"a report of 2000 recipients": head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n" + strings.Repeat("<a@b.example> no\n", size/17) +
		"\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;x\n\n" + strings.Repeat("Final-Recipient: rfc822;u@x.example\nAction: failed\nStatus: 5.0.0\n\n", 2000) + "--b--\n"}
	for _, words := range []string{"@", "a@b.c ", "x", " ", "550 ", "not deliver mail word ", "a@b.example:\n", "550 user unknown a@b.c <x@y.z> ", "1.2.3.4 ", "<>"} {
		all["repeated "+words] = head + "\n" + strings.Repeat(words, size/len(words))
	}
	return all
}

// A notice's words are searched within maxReport bytes, and by Classify within maxWords,
// however long the letter is, so that its cost has a bound.
func TestWorkOnANoticeHasABound(t *testing.T) {
	for name, raw := range hostile() {
		l := read(t, raw)
		if n := newNotice(l); len(n.report) > maxReport || len(n.leads()) > maxLeads || len(n.recipients()) > maxFailed || len(n.reports) > 2*maxEvents {
			t.Errorf("%s: %d bytes of a report, %d addresses, %d recipients, %d groups", name, len(n.report), len(n.leads()), len(n.recipients()), len(n.reports))
		}
		if allocs := testing.AllocsPerRun(1, func() { Bounces(l) }); allocs > 60_000 {
			t.Errorf("%s: %.0f allocations", name, allocs)
		}
		if words := searchable(raw); len(words) > maxWords {
			t.Errorf("%s: %d bytes are searched", name, len(words))
		}
	}
}

func BenchmarkBounces(b *testing.B) {
	for name, raw := range hostile() {
		l, err := Read([]byte(raw))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Bounces(l)
			}
		})
	}
}
