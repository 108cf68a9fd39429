package pages

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"seventh/internal/store"
)

// How long a session lasts (OWASP ASVS 7.3).
const (
	sessionIdle     = 12 * time.Hour
	sessionLifetime = 7 * 24 * time.Hour
)

// Keys of a session.
const (
	sessionUser     = "user"
	sessionPassword = "password" // a fingerprint: a new password ends all sessions
	sessionFlash    = "flash"
)

func newSessions(o Options) *scs.SessionManager {
	m := scs.New()
	m.Store = store.WebSessions{DB: o.DB}
	m.HashTokenInStore = true
	m.Codec = signedCodec{key: keyOf(o.Secret)}
	m.IdleTimeout, m.Lifetime = sessionIdle, sessionLifetime
	m.Cookie.Name, m.Cookie.HttpOnly, m.Cookie.SameSite = "seventh", true, http.SameSiteLaxMode
	if o.Secure {
		// The prefix keeps other hosts of the domain from setting it.
		m.Cookie.Name, m.Cookie.Secure = "__Host-seventh", true
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		o.Log.Error("session failed", "err", err)
		http.Error(w, "Sessions do not work at the moment. Try again soon.", http.StatusServiceUnavailable)
	}
	return m
}

// logInAs starts a session under a new token.
func (s *site) logInAs(ctx context.Context, u store.User) error {
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("starting a session: %w", err)
	}
	s.sessions.Put(ctx, sessionUser, u.ID)
	s.sessions.Put(ctx, sessionPassword, fingerprint(u.PasswordHash))
	return nil
}

// currentUser is whose session it is, as the database knows him now: roles take
// effect at once. Without one the error is store.ErrNotFound.
func (s *site) currentUser(ctx context.Context) (store.User, error) {
	id, ok := s.sessions.Get(ctx, sessionUser).(int64)
	if !ok {
		return store.User{}, store.ErrNotFound
	}
	u, err := store.UserByID(ctx, s.DB, id)
	if err != nil {
		return u, err
	}
	if s.sessions.GetString(ctx, sessionPassword) != fingerprint(u.PasswordHash) {
		return store.User{}, store.ErrNotFound
	}
	return u, nil
}

func fingerprint(passwordHash *string) string {
	if passwordHash == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(*passwordHash))
	return hex.EncodeToString(sum[:8])
}

// signedCodec signs what the database keeps, so that writing to its table is not
// enough to become somebody.
type signedCodec struct {
	scs.GobCodec
	key []byte
}

func keyOf(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("seventh web sessions"))
	return mac.Sum(nil)
}

func (c signedCodec) sign(data []byte) []byte {
	mac := hmac.New(sha256.New, c.key)
	mac.Write(data)
	return mac.Sum(nil)
}

// Encode see scs.Codec.
func (c signedCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	data, err := c.GobCodec.Encode(deadline, values)
	return append(c.sign(data), data...), err
}

// Decode gives an empty session for one that was signed with another secret.
func (c signedCodec) Decode(signed []byte) (time.Time, map[string]any, error) {
	if len(signed) < sha256.Size || !hmac.Equal(signed[:sha256.Size], c.sign(signed[sha256.Size:])) {
		return time.Time{}, map[string]any{}, nil
	}
	return c.GobCodec.Decode(signed[sha256.Size:])
}
