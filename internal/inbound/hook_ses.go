package inbound

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// ses is Amazon SES, which tells SNS, which posts to us: both its notifications and its
// event publishing (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html).
type ses struct{}

func (ses) Receive(ctx context.Context, post Post, keys Keys, now time.Time) (Received, error) {
	if err := post.is("text/plain", typeJSON); err != nil {
		return Received{}, err
	}
	if len(keys.Topics) == 0 || keys.Certificate == nil {
		return Received{}, fmt.Errorf("%w: there are no topics", ErrKeys)
	}
	m, err := readSNS(post, keys.Topics, now)
	if err != nil {
		return Received{}, err
	}
	if err := m.verify(ctx, keys.Certificate, now); err != nil {
		return Received{}, err
	}
	switch m["Type"] {
	case "SubscriptionConfirmation":
		address, err := m.confirmation()
		return Received{Confirm: address}, err
	case "UnsubscribeConfirmation": // its address would subscribe again
		return Received{}, nil
	}
	return Received{Items: []Item{{keyOf(oneLine(m["MessageId"], keyLimit+1), []byte(m["MessageId"])), []byte(m["Message"])}}}, nil
}

// Events reads one notification. SES also says in plain words that it is there.
func (ses) Events(raw []byte) ([]Event, error) {
	if !strings.HasPrefix(strings.TrimSpace(string(raw)), "{") {
		return nil, nil
	}
	v, err := readValue(raw)
	if err != nil {
		return nil, err
	}
	kind := v.at("eventType").text()
	if kind == "" {
		kind = v.at("notificationType").text()
	}
	e := Event{Refs: sesRefs(v.at("mail"))}
	if to := v.at("mail", "destination").list(); len(to) == 1 {
		e.Recipient = to[0].text()
	}
	switch kind {
	case "Delivery":
		delivery := v.at("delivery")
		e.Kind, e.At = Delivered, isoTime(delivery.at("timestamp").text())
		return forEach(e, delivery.at("recipients").list(), func(e Event, to value) Event { e.Recipient = to.text(); return e }), nil
	case "Bounce":
		return sesBounced(e, v.at("bounce")), nil
	case "Complaint":
		return sesComplained(e, v.at("complaint")), nil
	case "Reject": // SES found a virus in it
		e.At = isoTime(v.at("mail", "timestamp").text())
		return []Event{bounced(e, "", "", v.at("reject", "reason").text(), ClassContent, false)}, nil
	case "Open":
		return []Event{sesVisit(e, Opened, v.at("open"))}, nil
	case "Click":
		return []Event{sesVisit(e, Clicked, v.at("click"))}, nil
	case "Subscription":
		change := v.at("subscription")
		if !change.at("newTopicPreferences", "unsubscribeAll").isTrue() {
			return nil, nil
		}
		e.Kind, e.At = Unsubscribed, isoTime(change.at("timestamp").text())
		return []Event{e}, nil
	}
	return nil, nil // Send, DeliveryDelay and what is to come
}

// sesRefs are the return path, which may hold a token, our Message-ID, which SES keeps
// beside its own, and what the header says, if SES was told to send it.
func sesRefs(mail value) []string {
	refs := append(mail.texts("source"), mail.at("commonHeaders").texts("messageId")...)
	for _, header := range mail.at("headers").list() {
		if name := header.at("name").text(); strings.EqualFold(name, "Message-ID") {
			refs = append(refs, header.texts("value")...)
		}
	}
	return refs
}

func sesVisit(e Event, kind Kind, v value) Event {
	e.Kind, e.At = kind, isoTime(v.at("timestamp").text())
	e.UserAgent, e.Address, e.URL = v.at("userAgent").text(), v.at("ipAddress").text(), v.at("link").address()
	return e
}

// sesBounces are its subtypes, as far as they tell more than the server's words. General
// is none of them: spam filters bring it, too.
var sesBounces = map[string]string{
	"NoEmail": ClassInvalid, "Suppressed": ClassInvalid, "OnAccountSuppressionList": ClassDisabled, "MailboxFull": ClassFull,
	"MessageTooLarge": ClassContent, "ContentRejected": ClassContent, "AttachmentRejected": ClassContent,
}

// sesBounced is a bounce for each recipient. An out-of-office answer that comes to the
// return path is called a bounce, too: a transient one in which no server says anything.
func sesBounced(e Event, bounce value) []Event {
	e.At = isoTime(bounce.at("timestamp").text())
	kind, sub := bounce.at("bounceType").text(), bounce.at("bounceSubType").text()
	return forEach(e, bounce.at("bouncedRecipients").list(), func(e Event, to value) Event {
		e.Recipient = to.at("emailAddress").text()
		words, status := to.at("diagnosticCode").text(), statusOf(to.at("status").text())
		switch {
		case sub == "UnsubscribedRecipient":
			e.Kind = Unsubscribed
			return e
		case kind == "Transient" && sub == "General" && words == "" && status == "":
			e.Kind, e.Answer = AutoReplied, &Answer{From: e.Recipient}
			return e
		}
		e = bounced(e, "", status, words, sesBounces[sub], kind == "Permanent")
		if sub == "Suppressed" || sub == "OnAccountSuppressionList" { // the words are Amazon's own: no server was asked
			e.Class = sesBounces[sub]
		}
		return e
	})
}

// sesComplained is a complaint, unless the mailbox provider says that it is none.
func sesComplained(e Event, complaint value) []Event {
	switch complaint.at("complaintFeedbackType").text() {
	case "not-spam", "auth-failure": // somebody takes it out of the spam folder; a report of DMARC
		return nil
	}
	e.Kind, e.At = Complained, isoTime(complaint.at("timestamp").text())
	return forEach(e, complaint.at("complainedRecipients").list(), func(e Event, to value) Event { e.Recipient = to.at("emailAddress").text(); return e })
}

// recipientsLimit is how many recipients of a letter are looked at: ours have one.
const recipientsLimit = 50

// forEach makes an event for each recipient, or one if none is named.
func forEach(e Event, recipients []value, of func(Event, value) Event) []Event {
	if len(recipients) == 0 {
		recipients = []value{{}}
	}
	events := make([]Event, 0, 1)
	for _, to := range recipients[:min(len(recipients), recipientsLimit)] {
		events = append(events, of(e, to))
	}
	return events
}
