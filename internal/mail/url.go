package mail

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// errUnreadableURL names no part of the URL, because any part may hold the password when a
// special character in it was not escaped.
var errUnreadableURL = errors.New("SMTP URL is not readable: write smtp://user:password@host:587 or smtps://user:password@host, " +
	"with special characters of user and password percent-encoded (@ is %40, / is %2F, ? is %3F, # is %23, % is %25)")

// defaultPool is how many connections are kept to one server when the URL does not say.
const defaultPool = 10

// ParseURL reads SEVENTH_SMTP_URL and the senders' URLs:
//
//	smtp://user:password@host:port?pool=10&rate=50&helo=name&tls=starttls|opportunistic|none&auth=auto|plain|login|xoauth2
//	smtps://user:password@host
//
// Without tls=, smtp:// insists on STARTTLS, except to this machine, where it is used if
// offered. Errors say what to write and never contain the password.
func ParseURL(raw string) (Server, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" ||
		strings.Contains(u.RawQuery, "@") || u.User == nil && strings.Contains(raw, "@") {
		return Server{}, errUnreadableURL
	}
	s := Server{Host: u.Hostname(), User: u.User.Username(), Auth: "auto", Pool: defaultPool}
	s.Password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
		if s.loopback() {
			s.TLS = Opportunistic
		}
	case "smtps":
		s.TLS = Implicit
	default:
		return Server{}, errors.New("SMTP URL starts with an unknown scheme: write smtp:// or smtps://")
	}
	if s.Host == "" {
		return Server{}, errors.New("SMTP URL names no host: write smtp://host:port")
	}
	if s.Port, err = port(u.Port(), s.defaultPort()); err != nil {
		return Server{}, err
	}
	if s.User == "" && s.Password != "" {
		return Server{}, errors.New("SMTP URL has a password but no user: write smtp://user:password@host")
	}
	if err := s.setParameters(u.RawQuery); err != nil {
		return Server{}, err
	}
	return s, nil
}

func port(digits string, standard int) (int, error) {
	if digits == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > 65535 {
		return 0, errors.New("SMTP URL has a port out of range: write one from 1 to 65535")
	}
	return n, nil
}

// parameters are what may follow the "?".
var parameters = map[string]func(s *Server, value string) error{
	"pool": func(s *Server, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 1000 {
			return errors.New("write a number of connections from 1 to 1000")
		}
		s.Pool = n
		return nil
	},
	"rate": func(s *Server, value string) error {
		rate, err := strconv.ParseFloat(value, 64)
		if err != nil || !(rate >= 0 && rate <= 1e6) {
			return errors.New("write letters a second, such as 50 or 0.5; 0 is unlimited")
		}
		s.Rate = rate
		return nil
	},
	"helo": func(s *Server, value string) error {
		if value == "" || len(value) > 255 || strings.ContainsFunc(value, notGraphicASCII) {
			return errors.New("write a host name, such as mail.example.com")
		}
		s.Helo = value
		return nil
	},
	"tls": func(s *Server, value string) error {
		modes := map[string]TLSMode{"starttls": STARTTLS, "opportunistic": Opportunistic, "none": None}
		mode, ok := modes[value]
		if !ok || s.TLS == Implicit {
			return errors.New("write starttls, opportunistic or none with smtp://, and nothing with smtps://")
		}
		s.TLS = mode
		return nil
	},
	"auth": func(s *Server, value string) error {
		if !slices.Contains([]string{"auto", "plain", "login", "xoauth2"}, value) {
			return errors.New("write auto, plain, login or xoauth2")
		}
		s.Auth = value
		return nil
	},
}

func (s *Server) setParameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errUnreadableURL
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set, ok := parameters[name]
		if !ok {
			return errors.New("SMTP URL has an unknown parameter: known are pool, rate, helo, tls and auth")
		}
		if len(values[name]) > 1 {
			return fmt.Errorf("SMTP URL has %s twice: write it once", name)
		}
		if err := set(s, values[name][0]); err != nil {
			return fmt.Errorf("SMTP URL has a wrong %s: %w", name, err)
		}
	}
	return nil
}

func notGraphicASCII(r rune) bool { return r <= ' ' || r > '~' }
