package inbound

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"time"
)

// postmark is Postmark's webhooks: one record a post, unsigned; the user and password
// that stand in the address which Postmark was given are all there is
// (https://postmarkapp.com/developer/webhooks/webhooks-overview).
//
// Postmark gives letters ids of its own. Ours comes back as metadata: see the header
// X-PM-Metadata-seventh of letters.
type postmark struct{}

func (postmark) Receive(_ context.Context, post Post, keys Keys, _ time.Time) (Received, error) {
	if err := post.is(typeJSON); err != nil {
		return Received{}, err
	}
	if keys.User == "" || keys.Secret == "" {
		return Received{}, fmt.Errorf("%w: the user or the password is empty", ErrKeys)
	}
	user, password, ok := (&http.Request{Header: post.Header}).BasicAuth()
	if right := same(user, keys.User) & same(password, keys.Secret); !ok || right != 1 {
		return Received{}, refused("the user or the password is wrong")
	}
	id := ""
	if v, err := readValue(post.Body); err == nil {
		if number := v.at("ID").text(); number != "" && number != "0" {
			id = v.at("RecordType").text() + ":" + number
		}
	}
	return Received{Items: []Item{{keyOf(id, post.Body), post.Body}}}, nil
}

// same compares in a time that tells nothing, not even the length.
func same(a, b string) int {
	left, right := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(left[:], right[:])
}

// postmarkBounce is what one of its types of bounces says.
type postmarkBounce struct {
	kind  Kind // '' is nothing that concerns us
	class string
	hard  bool
}

// postmarkBounces are the types (https://postmarkapp.com/developer/api/bounce-api#bounce-types).
// Transient is a letter put off, not refused, and some are no bounces at all.
var postmarkBounces = map[string]postmarkBounce{
	"HardBounce":          {Bounced, ClassInvalid, true},
	"BadEmailAddress":     {Bounced, ClassInvalid, true},
	"ManuallyDeactivated": {Bounced, ClassDisabled, true},
	"SoftBounce":          {Bounced, ClassUnknown, false},
	"DnsError":            {Bounced, ClassTemporary, false},
	"Blocked":             {Bounced, ClassPolicy, false},
	"DMARCPolicy":         {Bounced, ClassPolicy, false},
	"SpamNotification":    {Bounced, ClassContent, false},
	"VirusNotification":   {Bounced, ClassContent, false},
	"Unknown":             {Bounced, ClassUnknown, false},
	"SpamComplaint":       {Complained, "", false},
	"Unsubscribe":         {Unsubscribed, "", false},
	"AutoResponder":       {AutoReplied, "", false},
	"AddressChange":       {AutoReplied, "", false},
}

// Events reads the one record of a post.
func (postmark) Events(raw []byte) ([]Event, error) {
	v, err := readValue(raw)
	if err != nil {
		return nil, err
	}
	if !v.isObject() {
		return nil, errNoObject
	}
	e := Event{Recipient: v.at("Recipient").text(), Refs: v.at("Metadata").texts("seventh")}
	if e.Recipient == "" {
		e.Recipient = v.at("Email").text()
	}
	for _, name := range []string{"DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt"} {
		if e.At.IsZero() {
			e.At = isoTime(v.at(name).text())
		}
	}
	switch v.at("RecordType").text() {
	case "Delivery":
		e.Kind = Delivered
	case "Bounce":
		return postmarkBounced(e, v), nil
	case "SpamComplaint":
		e.Kind = Complained
	case "Open", "Click":
		e.Kind = Opened
		if v.at("RecordType").text() == "Click" {
			e.Kind = Clicked
		}
		e.UserAgent, e.Address, e.URL = v.at("UserAgent").text(), v.at("Geo", "IP").text(), v.at("OriginalLink").address()
	case "SubscriptionChange":
		if !v.at("SuppressSending").isTrue() {
			return nil, nil
		}
		switch v.at("SuppressionReason").text() {
		case "SpamComplaint":
			e.Kind = Complained
		case "ManualSuppression":
			e.Kind = Unsubscribed
		default: // HardBounce has its own record
			return nil, nil
		}
	default:
		return nil, nil
	}
	return []Event{e}, nil
}

func postmarkBounced(e Event, v value) []Event {
	says := postmarkBounces[v.at("Type").text()]
	switch says.kind {
	case "":
		return nil
	case Bounced:
		words := v.at("Details").text()
		if words == "" {
			words = v.at("Description").text()
		}
		e = bounced(e, "", "", words, says.class, says.hard)
	case AutoReplied:
		answer := postmarkAnswer(v)
		e.Kind, e.Answer = AutoReplied, &answer
	default:
		e.Kind = says.kind
	}
	return []Event{e}
}

// postmarkAnswer is what an autoresponder wrote, if Postmark was told to send that along.
func postmarkAnswer(v value) Answer {
	subject := v.at("Subject").text()
	if content := v.at("Content").lines(); content != "" {
		if l, err := Read([]byte(content)); err == nil {
			answer, _ := ReadAnswer(l, Sent{Subject: subject})
			answer.OptOut = NoOptOut // a machine wants nothing
			return answer
		}
	}
	return Answer{From: v.at("Email").text(), Subject: subject}
}
