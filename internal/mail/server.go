package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// TLSMode says how a connection is encrypted.
type TLSMode int

const (
	STARTTLS      TLSMode = iota // upgraded by STARTTLS; a server without it is refused
	Implicit                     // TLS from the first byte (smtps, port 465, RFC 8314)
	Opportunistic                // STARTTLS where the server offers it
	None                         // never
)

func (m TLSMode) String() string {
	return [...]string{"starttls", "implicit", "opportunistic", "none"}[m]
}

// Server is where a sender's letters go and how fast. The zero Port, Helo, Auth and
// Timeouts mean their defaults.
type Server struct {
	Host           string
	Port           int // default 465 with Implicit, 587 with a User, else 25
	TLS            TLSMode
	User, Password string
	Auth           string      // plain, login, xoauth2 (Password is the token) or auto
	Helo           string      // our name in EHLO; default the host's name
	Pool           int         // connections to keep; default 10
	Rate           float64     // letters a second over all connections; 0 = unlimited
	TLSConfig      *tls.Config // overrides how the certificate is checked; for tests
	Timeouts       Timeouts

	dial func(ctx context.Context, network, addr string) (net.Conn, error) // a seam for tests
}

// Timeouts bound each phase of a dialogue; zero fields take the defaults. RFC 5321
// 4.5.3.2 asks for at least these at DATA, body and end of data, where giving up early
// makes duplicates; the phases before them may be shorter, as the first hop is our relay.
type Timeouts struct {
	Dial      time.Duration // TCP connection: 30 s
	Greeting  time.Duration // 220, and the TLS handshake of smtps: 60 s
	Hello     time.Duration // each of EHLO, STARTTLS, AUTH: 60 s
	Envelope  time.Duration // each of RSET, MAIL, RCPT: 60 s
	Data      time.Duration // 354: 2 min
	Body      time.Duration // each written chunk of a letter: 3 min
	EndOfData time.Duration // the reply to the final dot: 10 min
	Quit      time.Duration // QUIT: 2 s
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{
		Dial:      cmp.Or(t.Dial, 30*time.Second),
		Greeting:  cmp.Or(t.Greeting, time.Minute),
		Hello:     cmp.Or(t.Hello, time.Minute),
		Envelope:  cmp.Or(t.Envelope, time.Minute),
		Data:      cmp.Or(t.Data, 2*time.Minute),
		Body:      cmp.Or(t.Body, 3*time.Minute),
		EndOfData: cmp.Or(t.EndOfData, 10*time.Minute),
		Quit:      cmp.Or(t.Quit, 2*time.Second),
	}
}

// String is the server's URL without credentials, for logs and pages.
func (s Server) String() string {
	if s.TLS == Implicit {
		return "smtps://" + s.addr()
	}
	return "smtp://" + s.addr() + "?tls=" + s.TLS.String()
}

// GoString keeps the password out of %#v.
func (s Server) GoString() string { return "mail.Server(" + s.String() + ")" }

// LogValue keeps the password out of logs.
func (s Server) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (s Server) addr() string {
	return net.JoinHostPort(s.Host, strconv.Itoa(cmp.Or(s.Port, s.defaultPort())))
}

func (s Server) defaultPort() int {
	switch {
	case s.TLS == Implicit:
		return 465
	case s.User != "":
		return 587
	}
	return 25
}

func (s Server) helo() string {
	if s.Helo != "" {
		return s.Helo
	}
	if name, err := os.Hostname(); err == nil && !strings.ContainsAny(name, " \r\n") {
		return name
	}
	return "localhost"
}

// loopback reports whether the host is this machine, by its written name: what the name
// resolves to is not asked, so a resolver cannot talk us into sending a password.
func (s Server) loopback() bool {
	ip := net.ParseIP(s.Host)
	return strings.EqualFold(s.Host, "localhost") || ip != nil && ip.IsLoopback()
}

// tlsConfig is the client configuration for one handshake. Opportunistic TLS accepts any
// certificate, as a stripped STARTTLS would be accepted too; once a password is at stake
// the certificate counts.
func (s Server) tlsConfig() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLSConfig != nil {
		c = s.TLSConfig.Clone()
	} else if s.TLS == Opportunistic && (s.User == "" || s.loopback()) {
		c.InsecureSkipVerify = true
	}
	c.ServerName = cmp.Or(c.ServerName, s.Host)
	return c
}
