package inbound

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// snsAge: an SNS message is dated when it is published, not when it is delivered, and
// SNS goes on delivering to an HTTP endpoint for up to an hour (its hard limit; see
// "Amazon SNS message delivery retries"). A shorter tolerance would lose what was told
// while we were away; a replay is told by the MessageId, which is kept for longer.
const snsAge = time.Hour + fifteen

// Where Amazon keeps certificates, and confirms subscriptions. The region is the first
// group.
var (
	snsCertificate = regexp.MustCompile(`^https://sns\.([a-z0-9-]{3,32})\.amazonaws\.com(?:\.cn)?/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem$`)
	snsHost        = regexp.MustCompile(`^sns\.([a-z0-9-]{3,32})\.amazonaws\.com(?:\.cn)?$`)
)

// snsMessage are the fields of a message of SNS, all of them texts.
type snsMessage map[string]string

// snsSigned are the fields that are signed, in this order, if they are there
// (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html).
var snsSigned = map[string][]string{
	"Notification":             {"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"},
	"SubscriptionConfirmation": {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"},
	"UnsubscribeConfirmation":  {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"},
}

// readSNS reads a message and checks what costs nothing: that it claims to be of one of
// our topics, of now, and signed in a way that can be checked.
func readSNS(post Post, topics []string, now time.Time) (snsMessage, error) {
	body, err := readValue(post.Body)
	if err != nil {
		return nil, refused(err.Error())
	}
	m := make(snsMessage)
	for _, name := range []string{"Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "SubscribeURL", "Token"} {
		if text, ok := body.at(name).v.(string); ok {
			m[name] = text
		}
	}
	for header, name := range map[string]string{"x-amz-sns-message-type": "Type", "x-amz-sns-message-id": "MessageId", "x-amz-sns-topic-arn": "TopicArn"} {
		if said := post.Header.Get(header); said != "" && said != m[name] {
			return nil, refused("a header says something else than the body")
		}
	}
	switch {
	case snsSigned[m["Type"]] == nil || m["MessageId"] == "" || m["Signature"] == "":
		return nil, refused("it is no signed message of SNS")
	case !slices.Contains(topics, m["TopicArn"]):
		return nil, refused("its topic is not among hooks.ses.topics")
	case m["SignatureVersion"] != "2":
		return nil, refused("it is not signed with SHA-256: set SignatureVersion of the topic to 2")
	case !fresh(isoTime(m["Timestamp"]), now, snsAge):
		return nil, refused("its time is too old, or ahead of our clock: compare the clocks")
	}
	return m, nil
}

// verify checks the signature with the certificate, which is fetched only from where
// Amazon keeps those of the topic's region.
func (m snsMessage) verify(ctx context.Context, fetch func(context.Context, string) (*x509.Certificate, error), now time.Time) error {
	found := snsCertificate.FindStringSubmatch(m["SigningCertURL"])
	if found == nil || found[1] != regionOf(m["TopicArn"]) {
		return refused("its certificate is not where Amazon keeps those of this topic")
	}
	signature, err := base64.StdEncoding.DecodeString(m["Signature"])
	if err != nil {
		return refused("the signature is no base64")
	}
	certificate, err := fetch(ctx, m["SigningCertURL"])
	if err != nil {
		return fmt.Errorf("fetching the certificate that SNS signs with: %w", err)
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok || now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		return refused("its certificate is not valid now")
	}
	hash := sha256.Sum256(m.signed())
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], signature) != nil {
		return refused("the signature does not match")
	}
	return nil
}

// signed is the text that the signature is of.
func (m snsMessage) signed() []byte {
	var b strings.Builder
	for _, name := range snsSigned[m["Type"]] {
		if text, there := m[name]; there {
			b.WriteString(name + "\n" + text + "\n")
		}
	}
	return []byte(b.String())
}

// confirmation is the address that confirms a subscription. It is put together here, of
// a host that is Amazon's and a token: nothing else is ever asked for.
func (m snsMessage) confirmation() (string, error) {
	u, err := url.Parse(m["SubscribeURL"])
	if err != nil || u.Scheme != "https" || u.User != nil || m["Token"] == "" {
		return "", refused("its SubscribeURL is not Amazon's")
	}
	found := snsHost.FindStringSubmatch(u.Host)
	if found == nil || found[1] != regionOf(m["TopicArn"]) {
		return "", refused("its SubscribeURL is not Amazon's")
	}
	query := url.Values{"Action": {"ConfirmSubscription"}, "TopicArn": {m["TopicArn"]}, "Token": {m["Token"]}}
	return "https://" + u.Host + "/?" + query.Encode(), nil
}

// regionOf is the region in arn:aws:sns:REGION:ACCOUNT:NAME.
func regionOf(topic string) string {
	parts := strings.Split(topic, ":")
	if len(parts) < 4 {
		return ""
	}
	return parts[3]
}
