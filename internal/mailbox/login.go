package mailbox

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// ErrLogin says that the server is there and does not let us in.
var ErrLogin = errors.New("the server does not accept the login")

// dialPatience bounds the way to a server.
const dialPatience = 30 * time.Second

// Open connects to a mailbox and logs in. The end of ctx breaks off whatever the
// connection does, at any time.
func Open(ctx context.Context, a Account) (*Conn, error) {
	c, err := dial(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", a, err)
	}
	if err := c.enter(ctx, a); err != nil {
		c.Close()
		return nil, fmt.Errorf("opening a mailbox on %s: %w", a, a.withoutSecrets(err))
	}
	return c, nil
}

// withoutSecrets is an error without what the server says, if it says our secrets: some
// repeat the command that they refuse.
func (a Account) withoutSecrets(err error) error {
	said := err.Error()
	for _, secret := range []string{a.Password, a.Token, base64.StdEncoding.EncodeToString([]byte(a.plain())), base64.StdEncoding.EncodeToString([]byte(a.bearer()))} {
		if secret == "" || !strings.Contains(said, secret) {
			continue
		}
		if errors.Is(err, ErrLogin) {
			return fmt.Errorf("%w, and repeats it", ErrLogin)
		}
		return errors.New("the server repeats the login")
	}
	return err
}

// plain and bearer are what the mechanisms send (RFC 4616, and Google's XOAUTH2).
func (a Account) plain() string  { return "\x00" + a.User + "\x00" + a.Password }
func (a Account) bearer() string { return "user=" + a.User + "\x01auth=Bearer " + a.Token + "\x01\x01" }

func dial(ctx context.Context, a Account) (*Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(dialing, "tcp", net.JoinHostPort(a.Host, strconv.Itoa(a.Port)))
	if err != nil {
		return nil, err
	}
	if a.Implicit {
		if conn, err = encrypt(dialing, conn, a); err != nil {
			return nil, err
		}
	}
	return newConn(ctx, conn), nil
}

func encrypt(ctx context.Context, conn net.Conn, a Account) (net.Conn, error) {
	secured := tls.Client(conn, &tls.Config{ServerName: a.Host, RootCAs: a.Roots, MinVersion: tls.VersionTLS12})
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return secured, nil
}

// enter hears the greeting, encrypts if that is still to be done, and logs in.
func (c *Conn) enter(ctx context.Context, a Account) error {
	if err := c.expect(0, maxLine, patience); err != nil {
		return err
	}
	greeting, err := c.read()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(greeting.text, "* OK") {
		return fmt.Errorf("%w: %q", errGarbage, clip(greeting.text)) // PREAUTH is no mailbox of ours
	}
	if err := c.askCapabilities(); err != nil {
		return err
	}
	if !a.Implicit && !a.Plain {
		if err := c.startTLS(ctx, a); err != nil {
			return err
		}
	}
	if err := c.login(a); err != nil {
		if _, refused := errors.AsType[*Refused](err); refused {
			return fmt.Errorf("%w: %w", ErrLogin, err)
		}
		return err
	}
	return c.askCapabilities() // there may be more inside
}

func (c *Conn) startTLS(ctx context.Context, a Account) error {
	if !c.able["STARTTLS"] {
		return errors.New("the server offers no STARTTLS: write imaps:// if it has a port for that")
	}
	if err := c.command(0, maxLine, nil, "STARTTLS"); err != nil {
		return err
	}
	if c.r.Buffered() > 0 {
		return fmt.Errorf("%w: it speaks before the encryption begins", errGarbage)
	}
	c.stop()
	conn, err := encrypt(ctx, c.conn, a)
	if err != nil {
		c.stop = func() bool { return false }
		return err
	}
	c.r.Reset(conn)
	c.watch(ctx, conn)
	return c.askCapabilities()
}

func (c *Conn) askCapabilities() error {
	c.able = make(map[string]bool)
	return c.command(0, maxLine, func(a answer) error {
		if words := strings.Fields(strings.ToUpper(a.text)); len(words) > 0 && words[0] == "CAPABILITY" {
			for _, word := range words[1:] {
				c.able[word] = true
			}
		}
		return nil
	}, "CAPABILITY")
}

// login uses what the account has: a token (XOAUTH2), or the password.
func (c *Conn) login(a Account) error {
	switch {
	case strings.ContainsAny(a.User+a.Password+a.Token, "\r\n\x00"):
		return &Refused{"user, password and token must be one line each"}
	case a.Token != "":
		return c.authenticate("XOAUTH2", a.bearer())
	case c.able["AUTH=PLAIN"]:
		return c.authenticate("PLAIN", a.plain())
	case c.able["LOGINDISABLED"]:
		return &Refused{"it takes no password; set a token, if it takes those"}
	}
	return c.command(0, maxLine, nil, "LOGIN %s %s", quote(a.User), quote(a.Password))
}

// authenticate runs a mechanism of one message (RFC 4954's base64, RFC 4959's place for
// it). A server that wants to say more, as after a token that is refused, gets an empty line.
func (c *Conn) authenticate(mechanism, message string) error {
	encoded := base64.StdEncoding.EncodeToString([]byte(message))
	first, later := "", []string{encoded}
	if c.able["SASL-IR"] {
		first, later = " "+encoded, nil
	}
	tag, err := c.begin(0, maxLine, "AUTHENTICATE %s%s", mechanism, first)
	if err != nil {
		return err
	}
	for range 4 {
		a, err := c.read()
		if err != nil {
			return err
		}
		if rest, own := strings.CutPrefix(a.text, tag+" "); own {
			return status(rest)
		}
		if !strings.HasPrefix(a.text, "+") {
			continue
		}
		line := ""
		if len(later) > 0 {
			line, later = later[0], nil
		}
		if _, err := c.conn.Write([]byte(line + "\r\n")); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: it does not come to an end of the login", errGarbage)
}

// quote writes a string for a command. What is not ASCII is sent as it is: servers that
// take such passwords at all take them so.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
