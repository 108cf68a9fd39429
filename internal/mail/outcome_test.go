package mail

import (
	"bufio"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReplyDecidesVerdictAndClass(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		phase   Phase
		reply   string
		verdict Verdict
		class   string
	}{
		// The address is wrong.
		{PhaseRcpt, "550 5.1.1 The email account that you tried to reach does not exist", Failed, ClassInvalid},
		{PhaseRcpt, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", Failed, ClassInvalid},
		{PhaseRcpt, "550 No such user!", Failed, ClassInvalid},
		{PhaseRcpt, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", Failed, ClassInvalid},
		{PhaseRcpt, "550 5.2.1 The email account that you tried to reach is inactive", Failed, ClassDisabled},
		{PhaseRcpt, "556 5.1.10 Recipient address has null MX", Failed, ClassDeadDomain},
		{PhaseRcpt, "550 5.1.1 User ivan not listed in Domino Directory", Failed, ClassInvalid},
		{PhaseDot, "550 5.1.1 user unknown", Failed, ClassInvalid},
		// The mailbox is full.
		{PhaseRcpt, "552 5.2.2 mailbox full", Failed, ClassFull},
		{PhaseRcpt, "552 5.1.1 <a@b>: user is overquota", Failed, ClassFull},
		{PhaseRcpt, "452 4.2.2 The email account that you tried to reach is over quota", Deferred, ClassFull},
		// It is about us: never the address.
		{PhaseRcpt, "550 5.7.1 Service unavailable; client host blocked using Spamhaus", Failed, ClassPolicy},
		{PhaseRcpt, "550 5.1.1 rejected: your IP is listed at zen.spamhaus.org", Failed, ClassPolicy},
		{PhaseRcpt, "554 5.7.26 Unauthenticated email from example.com is not accepted due to DMARC policy", Failed, ClassPolicy},
		{PhaseRcpt, "550 Sender address rejected: Domain not found", Failed, ClassPolicy},
		{PhaseRcpt, "550 5.7.515 Access denied, sending domain does not meet the required authentication level", Failed, ClassPolicy},
		{PhaseRcpt, "554 relay access denied", Failed, ClassPolicy},
		{PhaseMail, "550 5.1.0 sender unknown", SenderProblem, ClassPolicy},
		{PhaseMail, "530 5.7.0 Authentication required", SenderProblem, ClassAccount},
		{PhaseRcpt, "530 5.7.0 Must issue a STARTTLS command first", SenderProblem, ClassProtocol},
		{PhaseAuth, "535 5.7.8 bad credentials", SenderProblem, ClassAccount},
		{PhaseDot, "550 5.4.5 Daily user sending limit exceeded", SenderProblem, ClassAccount},
		{PhaseGreeting, "554 5.7.1 no service for you", Deferred, ClassPolicy},
		{PhaseGreeting, "554 user unknown", Deferred, ClassUnknown},
		{PhaseMail, "452 4.2.2 mailbox full", Deferred, ClassTemporary},
		{PhaseMail, "550 5.1.1 user unknown", SenderProblem, ClassAccount},
		// It is about the letter.
		{PhaseDot, "552 5.3.4 Message size exceeds fixed limit", Failed, ClassContent},
		{PhaseDot, "554 5.6.0 message content rejected", Failed, ClassContent},
		{PhaseDot, "550 URIBL: a link is listed", Failed, ClassContent},
		// Later.
		{PhaseRcpt, "450 4.2.0 Recipient address rejected: Greylisted, see http://postgrey.example", Deferred, ClassGreylist},
		{PhaseRcpt, "451 4.7.1 Please try again later", Deferred, ClassGreylist},
		{PhaseMail, "421 4.7.0 [TSS04] Messages temporarily deferred", Deferred, ClassRate},
		{PhaseRcpt, "421 4.7.28 Our system has detected an unusual rate of mail", Deferred, ClassRate},
		{PhaseRcpt, "450 4.2.1 The user you are trying to contact is receiving mail too quickly", Deferred, ClassRate},
		{PhaseDot, "451 4.3.0 mail server temporarily rejected message", Deferred, ClassTemporary},
		{PhaseRcpt, "450 4.1.1 user unknown, try later", Deferred, ClassTemporary},
		{PhaseRcpt, "421 service not available", Deferred, ClassTemporary},
		// Nobody knows.
		{PhaseRcpt, "550 5.0.0 no", Failed, ClassUnknown},
		{PhaseRcpt, "554 transaction failed", Failed, ClassUnknown},
		{PhaseRcpt, "503 5.5.1 bad sequence of commands", Failed, ClassProtocol},
		{PhaseMail, "354 what", Deferred, ClassProtocol},
		{PhaseDot, "354 what", Unconfirmed, ClassProtocol},
		{PhaseDot, "250 2.0.0 ok: queued as 4F2", Sent, ""},
	} {
		code, text, err := readReply(bufio.NewReader(strings.NewReader(test.reply + "\r\n")))
		if err != nil {
			t.Errorf("%s: %v", test.reply, err)
			continue
		}
		if o := answered(test.phase, code, text); o.Verdict != test.verdict || o.Class != test.class {
			t.Errorf("%s: %s is %s, class %q; want %s, class %q", test.phase, test.reply, o.Verdict, o.Class, test.verdict, test.class)
		}
	}
}

func TestReplyIsReadWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 2000)
	for wire, want := range map[string]Outcome{
		"550 5.1.1 no such user\r\n":              {Code: 550, Enhanced: "5.1.1", Text: "no such user"},
		"550-5.1.1 no such\r\n550 5.1.1 user\r\n": {Code: 550, Enhanced: "5.1.1", Text: "no such 5.1.1 user"},
		"550 4.1.1 contradicts itself\r\n":        {Code: 550, Text: "4.1.1 contradicts itself"},
		"550\r\n":                                 {Code: 550},
		"550 only LF\n":                           {Code: 550, Text: "only LF"},
		"550 \x1b[31mred\x07 \xff нет такого\u202e\r\n": {Code: 550, Text: "[31mred нет такого"},
		"550 " + long + "\r\n":                             {Code: 550, Text: long[:499]},
		"550-" + long + "\r\n550 " + long + "and more\r\n": {Code: 550, Text: long[:499]},
	} {
		code, text, err := readReply(bufio.NewReader(strings.NewReader(wire)))
		if err != nil {
			t.Errorf("%.60q: %v", wire, err)
			continue
		}
		want.Verdict, want.Phase = Failed, PhaseRcpt
		got := answered(PhaseRcpt, code, text)
		got.Class = ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.60q (-want +got):\n%s", wire, diff)
		}
	}
}

func TestAnythingElseIsNoReply(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{"hello\r\n", "25\r\n", "2500 ok\r\n", "150 ok\r\n", "650 ok\r\n", "25x ok\r\n", "\r\n", "250-a\r\n550 b\r\n", "HTTP/1.1 200 OK\r\n"} {
		if code, _, err := readReply(bufio.NewReader(strings.NewReader(wire))); !errors.Is(err, errMalformed) {
			t.Errorf("%q: code %d, error %v", wire, code, err)
		}
	}
	for _, wire := range []string{"", "250", "250 ok", "250-a\r\n"} {
		if code, _, err := readReply(bufio.NewReader(strings.NewReader(wire))); err == nil {
			t.Errorf("%q was cut but reads as %d", wire, code)
		}
	}
}

func TestOutcomeReadsAsOneLine(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Outcome{
		"failed at rcpt: 550 5.1.1 no such user": {Verdict: Failed, Phase: PhaseRcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user"},
		"sent at dot: 250":                       {Verdict: Sent, Phase: PhaseDot, Code: 250},
		"unconfirmed at dot: timeout after all":  {Verdict: Unconfirmed, Phase: PhaseDot, Err: errors.New("timeout\r\nafter all")},
	} {
		if got := o.Error(); got != want {
			t.Errorf("reads %q, want %q", got, want)
		}
	}
}
