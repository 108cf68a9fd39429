package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"seventh/internal/engine"
	"seventh/internal/store"
)

const (
	hitsTogether = 1000   // hits of one commit
	hitsWaiting  = 20_000 // hits that wait for theirs: some 10 MB
	// hitPatience is how long a pixel or a link waits for the database.
	hitPatience = 2 * time.Second
	// agentLimit is how much of a User-Agent is kept, in bytes.
	agentLimit = 500
	// languageLimit is how much of an Accept-Language, and of the header of a prefetch.
	languageLimit = 100
)

// hit keeps a hit of a request from an address, at business time: it returns when
// the hit has been committed. That it cannot be kept is for the log: the person is
// waiting for a page.
func (s *server) hit(r *http.Request, address string, h store.Hit) {
	h.Method, h.Address = r.Method, engine.HitNetwork(address)
	h.UserAgent, h.Language, h.Ahead = storable(r.UserAgent(), agentLimit), storable(r.Header.Get("Accept-Language"), languageLimit), prefetched(r.Header)
	if err := s.hits.do(h); err != nil {
		s.Log.ErrorContext(r.Context(), "a hit was lost", "message_id", h.MessageID, "purpose", h.Purpose, "link", h.Link,
			"request_id", requestID(r.Context()), "err", err)
	}
}

// prefetched is the header by which a browser says that nobody has asked for what it fetches,
// or "".
func prefetched(header http.Header) string {
	for _, name := range []string{"Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"} {
		value := header.Get(name)
		if lower := strings.ToLower(value); strings.Contains(lower, "prefetch") || strings.Contains(lower, "preview") || strings.Contains(lower, "prerender") {
			return storable(name+": "+value, languageLimit)
		}
	}
	return ""
}

// storable is what PostgreSQL can keep of a text from outside.
func storable(text string, limit int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return text
}

// record commits hits. What has certainly not been written is tried again: another
// process held the same letters, or the connection was dead.
func (s *server) record(ctx context.Context, hits []store.Hit) error {
	for attempt := 1; ; attempt++ {
		err := store.RecordHits(ctx, s.DB, hits)
		if err == nil || attempt == 3 || ctx.Err() != nil || !store.Retryable(err) && !pgconn.SafeToRetry(err) {
			return err
		}
	}
}

// link is a link of a letter.
type link struct {
	message int64
	index   int
}

// Destinations are frozen when a letter is written, so they are remembered for a day:
// links that somebody has followed work while the database is away. That there is
// none is remembered for a moment only: the letter may be settled by then.
const (
	destinationsKept = 10_000
	destinationLimit = 2000 // bytes of a destination that is remembered
	destinationLife  = 24 * time.Hour
	deadLinksKept    = 1000
	deadLinkLife     = 10 * time.Second
)

// destination is where a letter's link leads, or store.ErrNotFound.
func (s *server) destination(ctx context.Context, l link) (store.Destination, error) {
	now := time.Now()
	if d, known := s.destinations.get(l, now); known {
		return d, nil
	}
	if _, dead := s.deadLinks.get(l, now); dead {
		return store.Destination{}, store.ErrNotFound
	}
	d, err := store.DestinationOf(ctx, s.DB, l.message, l.index)
	if err == nil && !isWeb(d.URL) {
		err = store.ErrNotFound
	}
	if errors.Is(err, store.ErrNotFound) {
		s.deadLinks.put(l, struct{}{}, now)
	} else if err == nil && len(d.URL) <= destinationLimit {
		s.destinations.put(l, d, now)
	}
	return d, err
}

func isWeb(url string) bool {
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}
