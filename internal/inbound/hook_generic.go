package inbound

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// generic is for mail servers and gateways that somebody teaches to tell us: Standard
// Webhooks (https://www.standardwebhooks.com), and a body of our own:
//
//	{"type": "bounced", "data": {"message_id": "…", "recipient": "…", "class": "…", "status": "5.1.1", "diagnostic": "…"}}
type generic struct{}

const genericAge = 5 * time.Minute // the tolerance that the standard's libraries have

func (generic) Receive(_ context.Context, post Post, keys Keys, now time.Time) (Received, error) {
	if err := post.is(typeJSON); err != nil {
		return Received{}, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(keys.Secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return Received{}, fmt.Errorf("%w: the secret is none: it is whsec_ and then base64", ErrKeys)
	}
	id, at, signatures := post.Header.Get("webhook-id"), post.Header.Get("webhook-timestamp"), post.Header.Get("webhook-signature")
	if id == "" || at == "" || signatures == "" {
		return Received{}, refused("a header is missing: webhook-id, webhook-timestamp, webhook-signature")
	}
	if !fresh(unixSeconds(at), now, genericAge) {
		return Received{}, refused("webhook-timestamp is not within five minutes of our clock: it is the seconds since 1970 at which the post goes")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(post.Body)
	if !signedBy(signatures, mac.Sum(nil)) {
		return Received{}, refused("the signature does not match: it is v1, and the base64 of HMAC-SHA256 over ID.TIMESTAMP.BODY, with the bytes that the base64 behind whsec_ stands for")
	}
	return Received{Items: []Item{{keyOf(oneLine(id, keyLimit+1), []byte(id)), post.Body}}}, nil
}

// signedBy reports whether one of the signatures is right: there are several while a
// secret is being changed.
func signedBy(signatures string, want []byte) bool {
	found := false
	for _, signature := range strings.Fields(signatures) {
		version, text, _ := strings.Cut(signature, ",")
		got, err := base64.StdEncoding.DecodeString(text)
		found = found || version == "v1" && err == nil && hmac.Equal(got, want)
	}
	return found
}

// genericKinds are the types there are.
var genericKinds = map[string]Kind{
	"delivered": Delivered, "opened": Opened, "clicked": Clicked, "bounced": Bounced, "complained": Complained, "unsubscribed": Unsubscribed,
	"replied": Replied, "auto_replied": AutoReplied,
}

// genericClasses are those that a bounce may name.
var genericClasses = map[string]bool{
	ClassInvalid: true, ClassDisabled: true, ClassDeadDomain: true, ClassFull: true, ClassPolicy: true, ClassContent: true, ClassGreylist: true, ClassRate: true,
	ClassAccount: true, ClassTemporary: true, ClassProtocol: true, ClassUnknown: true,
}

// Events reads the one event of a post. Its letter is named as the API does: by its
// number or its Message-ID. Whoever has the secret may know numbers.
func (generic) Events(raw []byte) ([]Event, error) {
	body, err := readValue(raw)
	if err != nil {
		return nil, err
	}
	kind, data, err := genericForm(body)
	if err != nil {
		return nil, err
	}
	e := Event{Kind: kind, At: isoTime(data.at("at").text()), Recipient: data.at("recipient").text()}
	if e.At.IsZero() {
		e.At = isoTime(body.at("timestamp").text())
	}
	name := strings.Trim(data.at("message_id").text(), "<> ")
	if number, err := strconv.ParseInt(name, 10, 64); err == nil && number > 0 {
		e.Number = number
	} else if name != "" {
		e.Refs = []string{name}
	}
	switch kind {
	case Bounced:
		return []Event{genericBounce(e, data)}, nil
	case Opened, Clicked:
		e.Actor, e.UserAgent, e.Address, e.URL = actor(data.at("actor").text()), data.at("user_agent").text(), data.at("address").text(), data.at("url").address()
	case Replied, AutoReplied:
		e.Answer = &Answer{
			From: data.at("from").text(), Subject: data.at("subject").text(), MessageID: data.at("answer_id").text(), Text: data.at("text").lines(),
		}
		if e.Answer.From == "" {
			e.Answer.From = e.Recipient
		}
	}
	return []Event{e}, nil
}

// genericBounce takes a class that is given; permanent is what says so, else whatever
// the status does not call temporary.
func genericBounce(e Event, data value) Event {
	status := statusOf(data.at("status").text())
	e = bounced(e, "", status, data.at("diagnostic").text(), "", true)
	if class := data.at("class").text(); genericClasses[class] {
		e.Class = class
	}
	e.Permanent = !strings.HasPrefix(e.Status, "4")
	switch e.Class {
	case ClassGreylist, ClassRate, ClassTemporary:
		e.Permanent = false
	}
	if permanent := data.at("permanent"); permanent.v != nil {
		e.Permanent = permanent.isTrue()
	}
	return e
}

// actor is one of the two words that say who opened or clicked, or nothing.
func actor(word string) string {
	if word == "human" || word == "machine" {
		return word
	}
	return ""
}
