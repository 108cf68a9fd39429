package mail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestURLSaysWhereAndHow(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Server{
		"smtp://mail.example.com":                                          {Host: "mail.example.com", Port: 25, TLS: STARTTLS, Auth: "auto", Pool: 10},
		"smtp://user:p%40ss%2F@mail.example.com":                           {Host: "mail.example.com", Port: 587, TLS: STARTTLS, User: "user", Password: "p@ss/", Auth: "auto", Pool: 10},
		"smtps://user:pass@mail.example.com/":                              {Host: "mail.example.com", Port: 465, TLS: Implicit, User: "user", Password: "pass", Auth: "auto", Pool: 10},
		"smtps://mail.example.com:2465":                                    {Host: "mail.example.com", Port: 2465, TLS: Implicit, Auth: "auto", Pool: 10},
		"smtp://localhost:1025":                                            {Host: "localhost", Port: 1025, TLS: Opportunistic, Auth: "auto", Pool: 10},
		"smtp://[::1]:1025?tls=starttls":                                   {Host: "::1", Port: 1025, TLS: STARTTLS, Auth: "auto", Pool: 10},
		"smtp://relay?pool=50&rate=2.5&helo=out.example.com&tls=none":      {Host: "relay", Port: 25, TLS: None, Pool: 50, Rate: 2.5, Helo: "out.example.com", Auth: "auto"},
		"smtp://me%40example.com:tok@smtp.example.com?auth=xoauth2&rate=0": {Host: "smtp.example.com", Port: 587, User: "me@example.com", Password: "tok", Auth: "xoauth2", Pool: 10},
	} {
		got, err := ParseURL(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Server{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

func TestWrongURLSaysWhatToWriteAndNotThePassword(t *testing.T) {
	t.Parallel()
	const unreadable = "SMTP URL is not readable: write smtp://user:password@host:587"
	for raw, want := range map[string]string{
		"":                                     "SMTP URL starts with an unknown scheme: write smtp:// or smtps://",
		"mail.example.com:25":                  unreadable,
		"http://u:HUSH@mail.example.com":       "SMTP URL starts with an unknown scheme: write smtp:// or smtps://",
		"smtp://u:HUSH@":                       "SMTP URL names no host: write smtp://host:port",
		"smtp://:HUSH@host":                    "SMTP URL has a password but no user: write smtp://user:password@host",
		"smtp://u:HUSH@host:99999":             "SMTP URL has a port out of range: write one from 1 to 65535",
		"smtp://u:%HUSH@host":                  unreadable,
		"smtp://u:HUSH#x@host":                 unreadable,
		"smtp://u:1/HUSH@host":                 unreadable,
		"smtp://u:1?HUSH@host":                 unreadable,
		"smtp://u:1@HU?SH@host":                unreadable,
		"smtp://u:HUSH x@host":                 unreadable,
		"smtp://u:HUSH@host/inbox":             unreadable,
		"smtp://u:HUSH@host?ppol=3":            "SMTP URL has an unknown parameter: known are pool, rate, helo, tls and auth",
		"smtp://u:HUSH@host?pool=0":            "SMTP URL has a wrong pool: write a number of connections from 1 to 1000",
		"smtp://u:HUSH@host?rate=fast":         "SMTP URL has a wrong rate: write letters a second, such as 50 or 0.5; 0 is unlimited",
		"smtp://u:HUSH@host?rate=NaN":          "SMTP URL has a wrong rate: write letters a second, such as 50 or 0.5; 0 is unlimited",
		"smtp://u:HUSH@host?helo=a%0d%0ab":     "SMTP URL has a wrong helo: write a host name, such as mail.example.com",
		"smtp://u:HUSH@host?tls=yes":           "SMTP URL has a wrong tls: write starttls, opportunistic or none with smtp://, and nothing with smtps://",
		"smtps://u:HUSH@host?tls=starttls":     "SMTP URL has a wrong tls: write starttls, opportunistic or none with smtp://, and nothing with smtps://",
		"smtp://u:HUSH@host?auth=cram":         "SMTP URL has a wrong auth: write auto, plain, login or xoauth2",
		"smtp://u:HUSH@host?tls=none&tls=none": "SMTP URL has tls twice: write it once",
	} {
		_, err := ParseURL(raw)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", raw, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "HUSH") {
			t.Errorf("%q: error shows the password: %v", raw, err)
		}
	}
}

func TestServerPrintsWithoutItsPassword(t *testing.T) {
	t.Parallel()
	s, err := ParseURL("smtp://user:hush@mail.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{s.String(), fmt.Sprintf("%v %+v %#v %s", s, s, s, s), s.LogValue().String()} {
		if strings.Contains(printed, "hush") || !strings.Contains(printed, "smtp://mail.example.com:587?tls=starttls") {
			t.Errorf("prints as %s", printed)
		}
	}
}
