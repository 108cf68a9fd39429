package inbound

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// mailgun is Mailgun's webhooks: one event a post
// (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks).
//
// Only the time and a token are signed, not the event. So a token is good for one post,
// ever: it is the key of what is kept, which is more than the 24 hours asked for.
type mailgun struct{}

// mailgunAge is how old a signature may be. Mailgun tries for eight hours, and posts what
// it signed first again: less would lose what was told while we were away. A replay is
// told by the token for as long as evidence is kept.
const mailgunAge = 9 * time.Hour

func (mailgun) Receive(_ context.Context, post Post, keys Keys, now time.Time) (Received, error) {
	if err := post.is(typeJSON); err != nil {
		return Received{}, err
	}
	if keys.Secret == "" {
		return Received{}, fmt.Errorf("%w: the key is empty", ErrKeys)
	}
	body, err := readValue(post.Body)
	if err != nil {
		return Received{}, refused(err.Error())
	}
	signature := body.at("signature")
	at, token := signature.at("timestamp").exact(), signature.at("token").exact()
	got := strings.ToLower(signature.at("signature").exact())
	if got == "" || at == "" || token == "" || len(token) > keyLimit {
		return Received{}, refused("there is no signature")
	}
	mac := hmac.New(sha256.New, []byte(keys.Secret))
	mac.Write([]byte(at + token))
	if !hmac.Equal([]byte(got), fmt.Appendf(nil, "%x", mac.Sum(nil))) {
		return Received{}, refused("the signature does not match: compare the key in the settings with the provider's")
	}
	if !fresh(unixSeconds(at), now, mailgunAge) {
		return Received{}, refused("its time is too old, or ahead of our clock: compare the clocks")
	}
	return Received{Items: []Item{{keyOf(oneLine(token, keyLimit), post.Body), post.Body}}}, nil
}

// mailgunReasons are its reasons of failures, as far as they tell more than the server's words.
var mailgunReasons = map[string]string{"suppress-bounce": ClassInvalid, "espblock": ClassPolicy, "greylisted": ClassGreylist}

// Events reads the one event of a post.
func (mailgun) Events(raw []byte) ([]Event, error) {
	body, err := readValue(raw)
	if err != nil {
		return nil, err
	}
	v := body.at("event-data")
	if !v.isObject() {
		return nil, errNoObject
	}
	e := Event{
		At: unixSeconds(v.at("timestamp").text()), Recipient: v.at("recipient").text(),
		Refs: append(v.at("user-variables").texts("seventh"), v.at("message", "headers").texts("message-id")...),
	}
	switch v.at("event").text() {
	case "delivered":
		e.Kind = Delivered
	case "failed":
		return mailgunFailed(e, v), nil
	case "rejected": // by Mailgun itself, for what the letter or the account is
		e = bounced(e, "", "", v.at("reject", "reason").text()+" "+v.at("reject", "description").text(), ClassPolicy, false)
	case "opened", "clicked":
		e.Kind = Opened
		if v.at("event").text() == "clicked" {
			e.Kind = Clicked
		}
		client := v.at("client-info")
		e.UserAgent, e.Address, e.URL = client.at("user-agent").text(), v.at("ip").text(), v.at("url").address()
		if bot := client.at("bot").text(); bot != "" || client.at("bot").isTrue() {
			e.Actor = "machine"
		}
	case "unsubscribed":
		e.Kind = Unsubscribed
	case "complained":
		e.Kind = Complained
	default: // accepted, stored and the like
		return nil, nil
	}
	return []Event{e}, nil
}

// mailgunFailed is a failure for good; of others Mailgun tries again, and tells the end.
func mailgunFailed(e Event, v value) []Event {
	if v.at("severity").text() == "temporary" {
		return nil
	}
	reason, status := v.at("reason").text(), v.at("delivery-status")
	switch reason {
	case "suppress-unsubscribe":
		e.Kind = Unsubscribed
		return []Event{e}
	case "suppress-complaint":
		e.Kind = Complained
		return []Event{e}
	}
	words := strings.Join(status.texts("message", "description"), ": ")
	// "old": the server put it off until Mailgun gave up, which says little about the address.
	return []Event{bounced(e, status.at("code").text(), statusOf(status.at("enhanced-code").text()), words, mailgunReasons[reason], reason != "old")}
}
