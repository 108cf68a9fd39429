// Package mailbox reads mailboxes over IMAP (RFC 3501), and never changes anything in
// one: folders are opened with EXAMINE, letters read with BODY.PEEK.
//
// It is a client for exactly what reading new letters needs, because servers are not to
// be trusted: every line, literal, answer and wait is bounded, whatever a server
// announces or leaves out. (The libraries that were looked at read lines and literals of
// any size, and wait in IDLE for ever.)
package mailbox

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Account is a mailbox and how to get into it.
type Account struct {
	Host     string
	Port     int
	Implicit bool // TLS from the first byte (imaps); else STARTTLS, which is insisted on
	Plain    bool // no TLS at all; only on this machine
	User     string
	Password string
	Token    string         // an OAuth 2.0 access token instead of the password
	Roots    *x509.CertPool // who may vouch for the server; nil is whom the machine trusts
}

// errUnreadableURL names no part of the URL: any part may hold the password.
var errUnreadableURL = errors.New("IMAP URL is not readable: write imaps://user:password@host, with special characters of user and password percent-encoded " +
	"(@ is %40, / is %2F, ? is %3F, # is %23, % is %25)")

// ParseURL reads where a mailbox is:
//
//	imaps://user:password@host:993
//	imap://user:password@host:143?tls=none&ca=/etc/ssl/our-ca.pem
//
// imap:// insists on STARTTLS; tls=none is for this machine only. ca= names a file with
// the certificates (PEM) that the server's is signed by, instead of the machine's. Errors say what to write and never
// contain the password.
func ParseURL(raw string) (Account, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" || strings.Contains(u.RawQuery, "@") || u.User == nil && strings.Contains(raw, "@") {
		return Account{}, errUnreadableURL
	}
	a := Account{Host: u.Hostname(), Port: 143, Implicit: u.Scheme == "imaps", User: u.User.Username()}
	a.Password, _ = u.User.Password()
	if a.Implicit {
		a.Port = 993
	} else if u.Scheme != "imap" {
		return Account{}, errors.New("IMAP URL starts with an unknown scheme: write imaps:// or imap://")
	}
	if a.Host == "" || a.User == "" {
		return Account{}, errors.New("IMAP URL lacks the host or the user: write imaps://user:password@host")
	}
	if digits := u.Port(); digits != "" {
		if a.Port, err = strconv.Atoi(digits); err != nil || a.Port < 1 || a.Port > 65535 {
			return Account{}, errors.New("IMAP URL has a port out of range: write one from 1 to 65535")
		}
	}
	return a, a.setParameters(u.RawQuery)
}

func (a *Account) setParameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errUnreadableURL
	}
	for name, value := range values {
		switch {
		case name == "tls" && value[0] == "none" && !a.Implicit && a.loopback():
			a.Plain = true
		case name == "tls":
			return errors.New("IMAP URL has a wrong tls: only imap:// to this machine may have tls=none; write imaps:// for others")
		case name == "ca":
			if a.Roots, err = roots(value[0]); err != nil {
				return err
			}
		default:
			return errors.New("IMAP URL has an unknown parameter: known are tls and ca")
		}
	}
	return nil
}

func roots(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the certificates that ca= of the IMAP URL names: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s, which ca= of the IMAP URL names, has no certificate in PEM", path)
	}
	return pool, nil
}

func (a Account) loopback() bool {
	ip := net.ParseIP(a.Host)
	return a.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// String is the account without what is secret.
func (a Account) String() string {
	scheme := "imap"
	if a.Implicit {
		scheme = "imaps"
	}
	return scheme + "://" + net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
}
