package inbound

import (
	"testing"
)

const (
	noticeHeader   = "Return-Path: <>\nDelivered-To: bounces+b.abcdefghijklmnopqrstuvwx27@bounce.levanto.example.com\n"
	returnedLetter = "Received: from out (out [192.0.2.1]) by mx; Mon, 2 Mar 2026 10:00:00 +0300\nMessage-ID: <abcdefghijklmnopqrstuvwx27@levanto.example.com>\nFrom: Ann <ann@levanto.example.com>\nTo: ivan@client.example\nSubject: x\n\nHello\n"
)

// Notices as servers and people write them that the collected corpus does not have.

func TestStress2(t *testing.T) {
	for _, c := range []struct{ class, raw string }{
		{"invalid", "From: Postmaster <postmaster@client.example>\nSubject: Undeliverable Mail\n\nUnknown user: ivan@client.example\n\nOriginal message follows.\n\n" + returnedLetter},
		{"full", "From: Postmaster <postmaster@client.example>\nSubject: Undeliverable Mail\n\nUser mailbox exceeds allowed size: ivan@client.example\n\nOriginal message follows.\n\n" + returnedLetter},
		{"invalid", "From: System Administrator <postmaster@client.example>\nSubject: Undeliverable: x\n\nYour message did not reach some or all of the intended recipients.\n\n      Subject:\tx\n      Sent:\t3/2/2026 10:00 AM\n\nThe following recipient(s) could not be reached:\n\n      ivan@client.example on 3/2/2026 10:01 AM\n            The e-mail account does not exist at the organization this message was sent to.  Check the e-mail address, or contact the recipient directly to find out the correct address.\n            <mx.client.example #5.1.1>\n"},
		{"invalid", "From: Системный администратор <postmaster@client.example>\nSubject: Не удается доставить: x\n\nСообщение не было доставлено следующим получателям:\n\n      ivan@client.example 02.03.2026 10:01\n            Учетная запись электронной почты не существует в организации, в которую было отправлено сообщение. Проверьте правильность адреса.\n            <mx.client.example #5.1.1>\n"},
		{"invalid", "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)\nX-Failed-Recipients: ivan@client.example\n\nDelivery to the following recipient failed permanently:\n\n     ivan@client.example\n\nTechnical details of permanent failure: \nGoogle tried to deliver your message, but it was rejected by the server for the recipient domain client.example by mx.client.example. [192.0.2.1].\n\nThe error that the other server returned was:\n550 5.1.1 <ivan@client.example>: Recipient address rejected: User unknown\n\n\n----- Original message -----\n\n" + returnedLetter},
		{"temporary", "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Delay)\n\nThis is an automatically generated Delivery Status Notification\n\nTHIS IS A WARNING MESSAGE ONLY.\n\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nDelivery to the following recipient has been delayed:\n\n     ivan@client.example\n\nMessage will be retried for 2 more day(s)\n\nTechnical details of temporary failure:\nThe recipient server did not accept our requests to connect.\n\n----- Original message -----\n\n" + returnedLetter},
		{"temporary", "From: Mail Delivery System <Mailer-Daemon@mx.example>\nSubject: Warning: message 1abcde-000001-AB delayed 24 hours\n\nThis message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.\n\nThe message identifier is:     1abcde-000001-AB\nThe subject of the message is: x\nThe date of the message is:    Mon, 2 Mar 2026 10:00:00 +0300\n\nThe address to which the message has not yet been delivered is:\n\n  ivan@client.example\n    host mx.client.example [192.0.2.9]\n    Delay reason: Connection timed out\n\nNo action is required on your part. Delivery attempts will continue for\nsome time, and this warning may be repeated at intervals if the message\nremains undelivered. Eventually the mail delivery software will give up,\nand when that happens, the message will be returned to you.\n"},
		{"invalid", "From: mailer-daemon@yandex.ru\nSubject: Недоставленное сообщение\n\nЭто письмо отправлено почтовым сервером yandex.ru.\n\nК сожалению, мы вынуждены сообщить Вам о том, что Ваше письмо не может\nбыть отправлено одному или нескольким адресатам. Технические подробности можно найти ниже.\n\nВозможные причины недоставки указаны по адресу:\nhttps://yandex.ru/support/mail/web/letter/create/bounce.html\n\nПожалуйста, не отвечайте на это сообщение.\n\n<ivan@client.example>: host mx.client.example[192.0.2.1] said: 550 5.1.1\n    <ivan@client.example> User unknown; rejecting (in reply to RCPT TO command)\n"},
		{"invalid", "From: MAILER-DAEMON@gw.client.example\nSubject: Message status - undeliverable\n\nThe message that you sent was undeliverable to the following:\n\tivan@client.example (user not found)\n\nPossibly truncated original message follows:\n\n" + returnedLetter},
		{"invalid", "From: hMailServer <mailer-daemon@client.example>\nSubject: Message undeliverable: x\n\nYour message did not reach some or all of the intended recipients.\n\n   Sent: Mon, 2 Mar 2026 10:00:00 +0300\n   Subject: x\n\nThe following recipient(s) could not be reached:\n\nivan@client.example\n   Error Type: SMTP\n   Remote server (192.0.2.1) issued an error.\n   hMailServer sent: RCPT TO:<ivan@client.example>\n   Remote server replied: 550 Unknown user\n\nhMailServer\n"},
		{"invalid", "From: noreply@antispam.example\nAuto-Submitted: auto-replied\nSubject: Message could not be delivered\n\nYour message to ivan@client.example could not be delivered.\nReason: mailbox does not exist.\n"},
		{"invalid", "From: Почтовый робот <robot@hoster.example>\nSubject: Письмо не доставлено\n\nВаше письмо для ivan@client.example не доставлено: такого ящика на сервере нет.\nПроверьте адрес и отправьте письмо повторно.\n"},
		{"invalid", "From: <>\nSubject: Undelivered mail\n\n<ivan@client.example>: no such user here\n"},
		{"invalid", "Subject: failure notice\n\n<ivan@client.example>:\nno such user here\n"},
		{"invalid", "From: postmaster@client.example\nSubject: Undeliverable: x\nContent-Type: multipart/report; report-type=delivery-status\n\n--b1\nContent-Type: text/plain\n\nDelivery has failed.\n--b1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;mx\n\nFinal-Recipient: rfc822;ivan@client.example\nAction: failed\nStatus: 5.1.1\n"},
		{"invalid", "From: postmaster@client.example\nSubject: Undeliverable: x\nContent-Type: text/plain\n\n--b1\nContent-Type: text/plain\n\nDelivery has failed.\n--b1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;mx\n\nFinal-Recipient: rfc822;ivan@client.example\nAction: failed\nStatus: 5.1.1\n"},
		{"invalid", "From: postmaster@client.example\nSubject: Undeliverable: x\nContent-Type: text/html; charset=utf-8\n\n<html><body><p><b>Delivery has failed to these recipients or groups:</b></p><p><a href=\"mailto:ivan@client.example\">ivan@client.example</a><br>The email address you entered couldn't be found. Please check the recipient's email address and try to resend the message.</p><p>Diagnostic information for administrators:</p><p>Generating server: mx.client.example</p><p>ivan@client.example<br>Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'</p><p>Original message headers:</p><pre>Received: from a\nMessage-ID: &lt;abcdefghijklmnopqrstuvwx27@levanto.example.com&gt;\n</pre></body></html>\n"},
		{"invalid", "From: Microsoft Outlook <postmaster@client.example>\nSubject: Не удалось доставить: x\nContent-Type: text/html; charset=utf-8\n\n<p>Сообщение не удалось доставить следующим получателям или группам:</p><p><a href=\"mailto:ivan@client.example\">ivan@client.example</a><br>Введенный адрес электронной почты не найден. Проверьте адрес получателя и попытайтесь отправить сообщение повторно. Если проблема не исчезнет, обратитесь в службу поддержки.</p><p>Диагностические сведения для администраторов:<br>Формирующий сервер: mx.client.example</p><p>ivan@client.example<br>#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##</p>\n"},
		{"policy", "From: Microsoft Outlook <postmaster@client.example>\nSubject: Не удалось доставить: x\nContent-Type: text/html; charset=utf-8\n\n<p>Сообщение не удалось доставить следующим получателям или группам:</p><p><a href=\"mailto:ivan@client.example\">ivan@client.example</a><br>Ваше сообщение не доставлено, так как у вас нет разрешения на отправку этому получателю.</p><p>Диагностические сведения для администраторов:<br>Формирующий сервер: mx.client.example</p><p>ivan@client.example<br>#550 5.7.1 RESOLVER.RST.AuthRequired; authentication required ##</p>\n"},
		{"none", "From: Ivan Petrov <ivan@client.example>\nIn-Reply-To: <abcdefghijklmnopqrstuvwx27@levanto.example.com>\nSubject: Fwd: Undelivered Mail Returned to Sender\n\nSee below, your letter to petr@client.example did not reach him:\n\n<petr@client.example>: host mx said: 550 5.1.1 User unknown\n"},
		{"none", "From: Ivan <ivan@client.example>\nAuto-Submitted: auto-replied\nSubject: Автоответ: x\n\nЯ больше не работаю в компании, почта не доставляется. Пишите petr@client.example\n"},
		{"none", "From: postmaster@levanto.example.com\nSubject: Your mailbox is almost full\n\nThe mailbox is at 95 % of its quota. New messages will not be delivered when it is full.\n"},
		{"none", "From: info@client.example\nIn-Reply-To: <abcdefghijklmnopqrstuvwx27@levanto.example.com>\nSubject: Re: x\n\nВаше предложение не доставлено директору, пишите на petr@client.example\n"},
		{"none", "From: support@client.example\nAuto-Submitted: auto-replied\nSubject: [Ticket 550] received\n\nWe have got your letter; if it was not delivered to the right person, write to help@client.example\n"},
	} {
		raw := noticeHeader + c.raw
		if c.class == "none" {
			raw = "Return-Path: <>\nDelivered-To: ann@levanto.example.com\n" + c.raw
		}
		events := Bounces(read(t, raw))
		switch {
		case c.class == "none" && len(events) == 0:
		case c.class == "none":
			t.Errorf("no bounce became %+v:\n%s", events, c.raw)
		case len(events) != 1:
			t.Errorf("%d events, want 1: %+v\n%s", len(events), events, c.raw)
		default:
			e := events[0]
			if e.Class != c.class || e.Permanent == (c.class == "temporary") || e.Recipient != "ivan@client.example" || MarkIn(e.Refs[0]) != "abcdefghijklmnopqrstuvwx27" {
				t.Errorf("want %s, got %+v:\n%s", c.class, e, c.raw)
			}
		}
	}
}

// A rep answers in the client's thread by hand, and adds an address that is dead: what
// comes back is about his letter, not ours.
func TestABounceOfALetterByHandIsNotAboutOurs(t *testing.T) {
	t.Parallel()
	events := Bounces(read(t, `Return-Path: <>
Delivered-To: ann@levanto.example.com
From: MAILER-DAEMON@levanto.example.com
To: ann@levanto.example.com
References: <abcdefghijklmnopqrstuvwx27@levanto.example.com> <by-hand@levanto.example.com>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; levanto.example.com

Final-Recipient: rfc822; colleague@client.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b
Content-Type: message/rfc822

From: Ann <ann@levanto.example.com>
To: ivan@client.example, colleague@client.example
Subject: Re: x
Message-ID: <by-hand@levanto.example.com>
In-Reply-To: <abcdefghijklmnopqrstuvwx27@levanto.example.com>
References: <abcdefghijklmnopqrstuvwx27@levanto.example.com>

As I said on the phone.
--b--
`))
	for _, e := range events {
		for _, ref := range e.Refs {
			if MarkIn(ref) == "abcdefghijklmnopqrstuvwx27" {
				t.Errorf("%s of %s is said to be about our letter", e.Kind, e.Recipient)
			}
		}
	}
	if len(events) == 0 {
		t.Error("it is no bounce at all")
	}
}
