package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"seventh/internal/store"
)

// scope is what a key may be used for.
type scope string

const (
	read    scope = "read"    // look at everything
	clients scope = "clients" // tell about clients: fields, events, touches, reps
	send    scope = "send"    // decide who gets letters: enrollments, segments, suppressions
	admin   scope = "admin"   // everything, and alone lifts a suppression
	anyKey  scope = ""        // no matter which
)

// Scopes are those that a key can have.
var Scopes = []string{string(read), string(clients), string(send), string(admin)}

func (s scope) describe() string {
	if s == anyKey {
		return "Any API key will do."
	}
	if s == admin {
		return "Needs an API key with the scope `admin`."
	}
	return fmt.Sprintf("Needs an API key with the scope `%s` or `admin`.", s)
}

// NewKey makes an API key: the text for the caller, which is shown once, and the
// row to be stored. The text is sk_ID_SECRET followed by a checksum, so that a
// slip of the hand is told from a revoked key without asking the database. Its
// secret has 130 random bits, which is why a fast hash is enough (ASVS 11.2.4).
func NewKey(name string, scopes []string) (plain string, key store.APIKey) {
	id := strings.ToLower(rand.Text()[:12])
	plain = "sk_" + id + "_" + rand.Text()
	plain += checksum(plain)
	hash := sha256.Sum256([]byte(plain))
	return plain, store.APIKey{ID: id, Name: name, Hash: hash[:], Scopes: scopes}
}

func checksum(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }

const (
	idLength       = 12
	keyLength      = len("sk_") + idLength + len("_") + 26 + checksumLength
	checksumLength = 8
)

// keyID reads the id from a key; false if the text is none of ours.
func keyID(plain string) (string, bool) {
	if len(plain) != keyLength || !strings.HasPrefix(plain, "sk_") {
		return "", false
	}
	body, sum := plain[:keyLength-checksumLength], plain[keyLength-checksumLength:]
	if checksum(body) != sum {
		return "", false
	}
	id, _, ok := strings.Cut(body[len("sk_"):], "_")
	return id, ok && len(id) == idLength
}

// caller is who makes a request.
type caller struct {
	id     string // of the key
	name   string // of the key, for people
	scopes []string
}

// called is the name that people know a key by.
func (c caller) called() string { return cmp.Or(c.name, c.id) }

func (c caller) may(need scope) bool {
	return need == anyKey || slices.Contains(c.scopes, string(need)) || slices.Contains(c.scopes, string(admin))
}

type callerKey struct{}

// callerOf is who makes the request that ctx belongs to.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

type serverKey struct{}

// serverOf is the server of an authenticated request, for checks that run outside
// of a handler.
func serverOf(ctx context.Context) *server { return ctx.Value(serverKey{}).(*server) }

// authenticated lets requests with a key of the scope through.
func (s *server) authenticated(need scope) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		who, err := s.authenticate(c.Context(), c.Header("Authorization"))
		switch {
		case errors.Is(err, store.ErrNotFound):
			c.SetHeader("WWW-Authenticate", `Bearer realm="seventh"`)
			s.refuse(c, huma.Error401Unauthorized("send an API key: `Authorization: Bearer KEY`; this one is missing, wrong or revoked"))
		case err != nil:
			s.refuse(c, s.unexpected(c.Context(), err))
		case !who.may(need):
			s.refuse(c, huma.Error403Forbidden(fmt.Sprintf("this key lacks the scope %q", need)))
		default:
			next(huma.WithValue(huma.WithValue(c, callerKey{}, who), serverKey{}, s))
		}
	}
}

// authenticate finds who a header speaks for, or returns store.ErrNotFound.
func (s *server) authenticate(ctx context.Context, header string) (caller, error) {
	kind, plain, _ := strings.Cut(header, " ")
	if !strings.EqualFold(kind, "Bearer") || plain == "" {
		return caller{}, store.ErrNotFound
	}
	hash := sha256.Sum256([]byte(plain))
	// Hashes of the same length, so that the time taken tells nothing of the key.
	if own := sha256.Sum256([]byte(s.Key)); s.Key != "" && subtle.ConstantTimeCompare(hash[:], own[:]) == 1 {
		return caller{id: "SEVENTH_API_KEY", scopes: []string{string(admin)}}, nil
	}
	id, ok := keyID(plain)
	if !ok {
		return caller{}, store.ErrNotFound
	}
	key, err := store.APIKeyByID(ctx, s.DB, id)
	if err != nil {
		return caller{}, err
	}
	if subtle.ConstantTimeCompare(hash[:], key.Hash) != 1 {
		return caller{}, store.ErrNotFound
	}
	return caller{id: key.ID, name: key.Name, scopes: key.Scopes}, nil
}

// securityScheme tells the OpenAPI document about keys.
var securityScheme = &huma.SecurityScheme{
	Type: "http", Scheme: "bearer", Description: "An API key, made by `seventh key add`. Without one: " + http.StatusText(http.StatusUnauthorized) + ".",
}
