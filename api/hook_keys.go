package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"seventh/internal/content"
	"seventh/internal/inbound"
	"seventh/sequences"
)

// hooks is what the hooks remember between requests.
type hooks struct {
	slots  chan struct{}
	client *http.Client // to Amazon's certificates and confirmations
	pems   certificates

	mu      sync.Mutex
	known   map[string]hookKeys // the providers in the settings
	failure error               // why they are not known
	until   time.Time

	quiet    sync.Mutex
	turnings map[turning]*turned
}

// hookKeys are a provider's, or why they cannot be had.
type hookKeys struct {
	inbound.Keys
	err error
}

func newHooks() *hooks {
	h := &hooks{slots: make(chan struct{}, hooksAtOnce), client: hookClient(), turnings: make(map[turning]*turned)}
	h.pems = certificates{client: h.client, kept: newRecent[string, certificate](certificatesKept, certificateLife)}
	return h
}

// errNoHook says that the settings do not have a provider.
var errNoHook = errors.New("the hook is not in the settings")

const (
	hookKeysLife     = 5 * time.Second
	hookKeysPatience = 2 * time.Second
)

// keys are what posts of a provider are checked with. They are read every few seconds
// at most; while the database is away those of before hold.
func (h *hooks) keys(ctx context.Context, s *server, name string) (inbound.Keys, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); now.After(h.until) {
		h.load(ctx, s)
		h.until = time.Now().Add(hookKeysLife)
	}
	if h.known == nil {
		return inbound.Keys{}, h.failure
	}
	k, there := h.known[name]
	if !there {
		return inbound.Keys{}, errNoHook
	}
	k.Certificate = h.pems.fetch
	return k.Keys, k.err
}

func (h *hooks) load(ctx context.Context, s *server) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hookKeysPatience)
	defer cancel()
	catalog, err := s.catalog(ctx)
	var settings sequences.Hooks
	switch {
	case err == nil:
		settings = catalog.Settings.Hooks
	case !errors.Is(err, errNoContent):
		h.failure = fmt.Errorf("reading the settings of the hooks: %w", err)
		return
	}
	h.known = resolved(settings, s.GenericHook)
}

// resolved reads the secrets that the settings name. The generic hook's may come from
// the environment alone.
func resolved(settings sequences.Hooks, generic string) map[string]hookKeys {
	known := make(map[string]hookKeys)
	add := func(name string, read func(k *inbound.Keys, value func(string) string)) {
		var k hookKeys
		read(&k.Keys, func(setting string) string {
			value, err := content.Resolve(setting)
			k.err = errors.Join(k.err, err)
			return value
		})
		known[name] = k
	}
	if generic != "" {
		known["generic"] = hookKeys{Keys: inbound.Keys{Secret: generic}}
	}
	if h := settings.Generic; h != nil {
		add("generic", func(k *inbound.Keys, value func(string) string) { k.Secret = value(string(h.Secret)) })
	}
	if h := settings.SES; h != nil {
		add("ses", func(k *inbound.Keys, value func(string) string) {
			for _, topic := range h.Topics {
				k.Topics = append(k.Topics, value(topic))
			}
		})
	}
	if h := settings.SendGrid; h != nil {
		add("sendgrid", func(k *inbound.Keys, value func(string) string) { k.Secret = value(string(h.Key)) })
	}
	if h := settings.Mailgun; h != nil {
		add("mailgun", func(k *inbound.Keys, value func(string) string) { k.Secret = value(string(h.Key)) })
	}
	if h := settings.Postmark; h != nil {
		add("postmark", func(k *inbound.Keys, value func(string) string) {
			k.User, k.Secret = value(h.User), value(string(h.Password))
		})
	}
	return known
}

// turning is a kind of posts that are turned away, turned how many of them there were
// since the log last said so.
type (
	turning struct {
		provider string
		status   int
	}
	turned struct {
		posts int
		last  error
	}
)

// turnedAwayEvery is how often the log tells of posts of one kind that were turned away.
const turnedAwayEvery = time.Minute

// note logs the first post of a kind at once, and how many followed a minute later:
// whoever sends a hundred thousand does not fill the disk.
func (h *hooks) note(log *slog.Logger, name string, status int, err error) {
	kind := turning{name, status}
	h.quiet.Lock()
	defer h.quiet.Unlock()
	if t := h.turnings[kind]; t != nil {
		t.posts, t.last = t.posts+1, err
		return
	}
	h.turnings[kind] = &turned{}
	tellTurned(log, kind, 1, err)
	time.AfterFunc(turnedAwayEvery, func() { h.tell(log, kind) })
}

// tell logs what came since, and goes on counting if something did.
func (h *hooks) tell(log *slog.Logger, kind turning) {
	h.quiet.Lock()
	defer h.quiet.Unlock()
	t := h.turnings[kind]
	if t == nil || t.posts == 0 {
		delete(h.turnings, kind)
		return
	}
	tellTurned(log, kind, t.posts, t.last)
	h.turnings[kind] = &turned{}
	time.AfterFunc(turnedAwayEvery, func() { h.tell(log, kind) })
}

func tellTurned(log *slog.Logger, kind turning, posts int, err error) {
	log.Warn("posts to a hook were turned away", "provider", kind.provider, "status", kind.status, "posts", posts, "err", err)
}
