package inbound

import (
	"fmt"
	"strings"
	"testing"
)

const testMark = "abcdefghijklmnopqrstuvwx27"

// What a letter says about ours, told by the one rule that holds first.
func TestALetterBecomesEvents(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, letter, want string }{
		{"an answer", `From: Ivan <ivan@client.example>
To: ann+r.MARK@example.com
In-Reply-To: <MARK@example.com>
Subject: Re: Hello

Yes, call me.`, "replied by ivan@client.example: ann+r.MARK@example.com MARK@example.com"},
		{"an out-of-office answer", `From: ivan@client.example
To: ann@example.com
In-Reply-To: <MARK@example.com>
Auto-Submitted: auto-replied
Subject: Automatic reply: Hello

I am away.`, "auto_replied by ivan@client.example: ann@example.com MARK@example.com"},
		{"a mail program unsubscribes", `From: ivan@client.example
To: bounces+u.MARK@example.com
Subject: unsubscribe

`, "unsubscribed: bounces+u.MARK@example.com"},
		{"a mail program unsubscribes by the subject", `From: ivan@client.example
To: ann@example.com
Auto-Submitted: auto-generated
Subject: Unsubscribe MARK

`, "unsubscribed: MARK"},
		{"a machine answers at that address", `From: ivan@client.example
To: bounces+u.MARK@example.com
Auto-Submitted: auto-replied
Subject: I am away

Until Monday.`, ""},
		{"a person speaks of unsubscribing", `From: ivan@client.example
To: ann@example.com
In-Reply-To: <MARK@example.com>
Message-ID: <1@client.example>
Date: Mon, 2 Mar 2026 10:00:00 +0300
Subject: Re: Hello

Unsubscribe me, please.`, "replied by ivan@client.example: ann@example.com MARK@example.com"},
		{"a newsletter to an address for answers", `From: news@shop.example
To: ann+r.MARK@example.com
List-Id: <news.shop.example>
List-Unsubscribe: <https://shop.example/u>
Precedence: bulk
Subject: Ten percent

Off.`, ""},
		{"a bounce whose only mark is its address", `Return-Path: <>
From: MAILER-DAEMON@mx.example
To: bounces+b.MARK@example.com
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ivan@client.example
Action: failed
Status: 5.1.1

--b--
`, "bounced: bounces+b.MARK@example.com"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l, err := Read([]byte(strings.ReplaceAll(tc.letter, "MARK", testMark)))
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, e := range Events(l, Sent{Subject: "Hello"}) {
				text := string(e.Kind)
				if e.Answer != nil {
					text += " by " + e.Answer.From
				}
				said = append(said, text+": "+strings.Join(e.Refs, " "))
			}
			if got, want := fmt.Sprint(said), fmt.Sprint(nonEmpty(strings.ReplaceAll(tc.want, "MARK", testMark))); got != want {
				t.Errorf("events are %s, want %s", got, want)
			}
		})
	}
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}
