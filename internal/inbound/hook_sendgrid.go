package inbound

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// sendGrid is Twilio SendGrid's event webhook: lists of events, signed as a whole with
// ECDSA P-256 over the time and the body
// (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events).
type sendGrid struct{}

// sendGridAge: SendGrid names no tolerance, tries for a day, and does not say that it signs
// anew. A replay within it, and after it for as long as evidence is kept, is told by
// sg_event_id.
const sendGridAge = 25 * time.Hour

func (sendGrid) Receive(_ context.Context, post Post, keys Keys, now time.Time) (Received, error) {
	if err := post.is(typeJSON); err != nil {
		return Received{}, err
	}
	key, err := sendGridKey(keys.Secret)
	if err != nil {
		return Received{}, err
	}
	at := post.Header.Get("X-Twilio-Email-Event-Webhook-Timestamp")
	signature, err := base64.StdEncoding.DecodeString(post.Header.Get("X-Twilio-Email-Event-Webhook-Signature"))
	if err != nil || len(signature) == 0 || at == "" {
		return Received{}, refused("there is no signature: switch the signed event webhook on")
	}
	if !fresh(unixSeconds(at), now, sendGridAge) {
		return Received{}, refused("its time is too old, or ahead of our clock: compare the clocks")
	}
	hash := sha256.New()
	hash.Write([]byte(at))
	hash.Write(post.Body)
	if !ecdsa.VerifyASN1(key, hash.Sum(nil), signature) {
		return Received{}, refused("the signature does not match: compare the key in the settings with the provider's")
	}
	return Received{Items: sendGridItems(post.Body)}, nil
}

// sendGridKey reads the public key as SendGrid shows it: base64 of DER.
func sendGridKey(text string) (*ecdsa.PublicKey, error) {
	der, _ := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	parsed, _ := x509.ParsePKIXPublicKey(der)
	if key, ok := parsed.(*ecdsa.PublicKey); ok && key.Curve == elliptic.P256() {
		return key, nil
	}
	return nil, fmt.Errorf("%w: the key is not the verification key that SendGrid shows", ErrKeys)
}

// sendGridItems splits a list. What is none is kept whole: somebody should look at it.
func sendGridItems(body []byte) []Item {
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return []Item{{keyOf("", body), body}}
	}
	items := make([]Item, len(list))
	for i, raw := range list {
		event, _ := readValue(raw) // one that cannot be read has no id, and is kept
		id := event.at("sg_event_id").text()
		if id != "" {
			id = event.at("event").text() + ":" + id
		}
		items[i] = Item{keyOf(id, raw), raw}
	}
	return items
}

// sendGridBounces are its classes of bounces, as far as they say something about the address.
var sendGridBounces = map[string]string{
	"Invalid Address": ClassInvalid, "Technical": ClassTemporary, "Content": ClassContent, "Reputation": ClassPolicy,
	"Frequency or Volume": ClassRate, "Frequency/Volume Too High": ClassRate,
}

// Events reads one event.
func (sendGrid) Events(raw []byte) ([]Event, error) {
	v, err := readValue(raw)
	if err != nil {
		return nil, err
	}
	if !v.isObject() {
		return nil, errNoObject
	}
	e := Event{At: unixSeconds(v.at("timestamp").text()), Recipient: v.at("email").text(), Refs: v.texts("seventh", "smtp-id")}
	switch v.at("event").text() {
	case "delivered":
		e.Kind = Delivered
	case "bounce":
		hard := v.at("type").text() != "blocked"
		e = bounced(e, "", statusOf(v.at("status").text()), v.at("reason").text(), sendGridBounces[v.at("bounce_classification").text()], hard)
	case "dropped":
		e = sendGridDropped(e, v)
	case "open", "click":
		e.Kind, e.Actor, e.UserAgent, e.Address, e.URL = Opened, "", v.at("useragent").text(), v.at("ip").text(), v.at("url").address()
		if v.at("event").text() == "click" {
			e.Kind = Clicked
		}
		if v.at("sg_machine_open").isTrue() {
			e.Actor = "machine"
		}
	case "spamreport":
		e.Kind = Complained
	case "unsubscribe", "group_unsubscribe":
		e.Kind = Unsubscribed
	default: // processed and deferred are not the end; group_resubscribe is no consent
		return nil, nil
	}
	return []Event{e}, nil
}

// sendGridDrops are the reasons for which SendGrid takes a letter and does not send it,
// mostly because of what it remembers of the address. The words are its own: nobody's
// server said them.
var sendGridDrops = map[string]string{
	"Bounced Address": ClassInvalid, "Invalid": ClassInvalid, "Recipient List over Package Quota": ClassAccount, "Invalid SMTPAPI header": ClassProtocol,
}

func sendGridDropped(e Event, v value) Event {
	reason := v.at("reason").text()
	switch reason {
	case "Unsubscribed Address":
		e.Kind = Unsubscribed
		return e
	case "Spam Reporting Address":
		e.Kind = Complained
		return e
	}
	e.Kind, e.Class, e.Diagnostic = Bounced, ClassUnknown, oneLine(reason, lineLimit)
	if class, known := sendGridDrops[reason]; known {
		e.Class, e.Permanent = class, class == ClassInvalid
	} else if strings.HasPrefix(reason, "Spam Content") {
		e.Class = ClassContent
	}
	return e
}
