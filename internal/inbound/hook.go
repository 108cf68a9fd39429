package inbound

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Provider reads what one provider posts to /hooks/NAME.
//
// The next provider is a file hook_NAME.go with a type that has these two methods, a
// line in Providers, its key under hooks in sequences/settings_hooks.go, a line in
// api/hooks.go that resolves it, and a row in the tables of hook_case_test.go, which put
// it through everything that others have been put through. Its documentation says how a
// post is signed and what tells two posts of the same thing.
type Provider interface {
	// Receive checks that a post comes from the provider and splits it into the things
	// it tells. It must not believe, keep or fetch anything before the post has been
	// checked, and answers ErrRefused, ErrType or ErrKeys.
	Receive(ctx context.Context, post Post, keys Keys, now time.Time) (Received, error)
	// Events reads one of those things; nothing, if it is of a kind that does not
	// concern us. Rules may be run again over what was kept, so that it gets no more
	// than that. An error says that it cannot be read.
	Events(raw []byte) ([]Event, error)
}

// Providers are all of them, by the name in their address.
var Providers = map[string]Provider{
	"generic": generic{}, "ses": ses{}, "sendgrid": sendGrid{}, "mailgun": mailgun{}, "postmark": postmark{},
}

// Post is a request to a hook, read whole.
type Post struct {
	Header http.Header
	Body   []byte
}

// Keys are what a provider's posts are checked with, as the settings say. Each provider
// needs some of them.
type Keys struct {
	Secret string // generic: whsec_…; SendGrid: public key; Mailgun: signing key; Postmark: password
	User   string // Postmark
	Topics []string
	// Certificate is what lies at an address that the provider has found to be Amazon's.
	Certificate func(ctx context.Context, url string) (*x509.Certificate, error)
}

// Received is what a post holds that has been checked.
type Received struct {
	Items []Item
	// Confirm is an address of the provider's to be asked for once, which says that we
	// want its posts; '' mostly.
	Confirm string
}

// Item is one thing that a provider tells.
type Item struct {
	Key string // the same whenever the same thing is told
	Raw []byte
}

// What a post may be turned away for. The text after it is for the log.
var (
	ErrRefused = errors.New("the post is not the provider's")
	ErrType    = errors.New("the post is of a type that the provider does not send")
	ErrKeys    = errors.New("the settings of the hook cannot be used")
)

func refused(why string) error { return fmt.Errorf("%w: %s", ErrRefused, why) }

// is reports whether the post has one of some media types.
func (p Post) is(types ...string) error {
	given, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(types, given) {
		return ErrType
	}
	return nil
}

const typeJSON = "application/json"

// keyLimit bounds a key, in bytes.
const keyLimit = 200

// keyOf is a provider's own id of a thing, or the hash of the thing if there is none
// that could be a key.
func keyOf(id string, raw []byte) string {
	if id == "" || len(id) > keyLimit {
		return fmt.Sprintf("sha256:%x", sha256.Sum256(raw))
	}
	return id
}

// fresh reports whether a time is at most so long ago, and not much in the future.
func fresh(at, now time.Time, age time.Duration) bool {
	return !at.Before(now.Add(-age)) && !at.After(now.Add(min(age, fifteen)))
}

const fifteen = 15 * time.Minute

// unixSeconds reads seconds since 1970, with or without a fraction; zero if it is no
// time that anything of ours could have happened at.
func unixSeconds(text string) time.Time {
	whole := text
	for i, c := range text {
		if c == '.' && i > 0 {
			whole = text[:i]
			break
		}
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return plausible(time.Unix(seconds, 0).UTC())
}

// isoTime reads RFC 3339; zero as in unixSeconds.
func isoTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return plausible(at.UTC())
}

func plausible(at time.Time) time.Time {
	if at.Year() < 2000 || at.Year() > 2200 {
		return time.Time{}
	}
	return at
}
