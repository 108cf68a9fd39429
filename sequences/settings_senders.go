package sequences

import (
	"net/url"
	"strings"
	"time"
)

// Sender is somebody letters come from: a mailbox, and how much it may send.
type Sender struct {
	Email      string `yaml:"email" jsonschema:"required" jsonschema_description:"write the address in From"`
	Name       string `yaml:"name" jsonschema_description:"the name that stands before the address, for example Ann Smith"`
	ReplyTo    string `yaml:"reply_to" jsonschema_description:"where replies go, if not to email"`
	TimeZone   string `yaml:"time_zone" jsonschema:"example=Asia/Almaty" jsonschema_description:"the rep's own clock, for windows with time_zone: rep; without it the company's"`
	SMTP       string `yaml:"smtp" jsonschema:"example=env:ANN_SMTP_URL" jsonschema_description:"its own mail server, as in SEVENTH_SMTP_URL; with a password write env:NAME or file:PATH; without it letters go over the server in SEVENTH_SMTP_URL"`
	Rate       Rate   `yaml:"rate" jsonschema_description:"most letters per second, minute or hour"`
	DailyLimit int    `yaml:"daily_limit" jsonschema:"minimum=1,maximum=10000000" jsonschema_description:"most letters on a day of the company's time zone"`
	Ramp       *Ramp  `yaml:"ramp" jsonschema_description:"a daily limit that grows, for a mailbox that is new to providers"`

	Mailbox    *Mailbox `yaml:"mailbox" jsonschema_description:"where answers to its letters arrive, read over IMAP; when it cannot be read for four hours, sending waits"`
	ReplyToken bool     `yaml:"reply_token" jsonschema:"default=false" jsonschema_description:"true: answers go to the address with a mark of the letter behind a + (ann+r.TOKEN@example.com), so that each finds its letter; the mail server must deliver such addresses to ann@example.com"`
}

// Ramp is a daily limit that grows by step each day from its start on.
type Ramp struct {
	Start   int  `yaml:"start" jsonschema:"required,minimum=1,maximum=10000000" jsonschema_description:"write the limit of the first day, for example start: 20"`
	Step    int  `yaml:"step" jsonschema:"required,minimum=1,maximum=10000000" jsonschema_description:"write by how much it grows each day, for example step: 20"`
	Ceiling int  `yaml:"ceiling" jsonschema:"minimum=1,maximum=10000000" jsonschema_description:"where it stops growing; without it at daily_limit, if any"`
	From    Date `yaml:"from" jsonschema:"required" jsonschema_description:"write the first day, for example from: 2026-11-01"`
}

// LimitOn is how many letters may come from the sender on the calendar day of
// day, in day's location; 0 for any number.
func (s *Sender) LimitOn(day time.Time) int {
	if s.Ramp == nil {
		return s.DailyLimit
	}
	limit := s.Ramp.on(day)
	if s.DailyLimit > 0 {
		limit = min(limit, s.DailyLimit)
	}
	return limit
}

// Limited reports whether there is a limit on how much the sender sends.
func (s *Sender) Limited() bool { return s.DailyLimit > 0 || s.Ramp != nil || !s.Rate.IsZero() }

func (r *Ramp) on(day time.Time) int {
	limit := r.Start + r.Step*max(0, r.From.DaysTo(day))
	if r.Ceiling > 0 {
		limit = min(limit, r.Ceiling)
	}
	return limit
}

func (s *Settings) checkSenders(d *decoder) {
	byEmail := make(map[string]string)
	for _, name := range names(s.Senders) {
		path, sender := "senders."+name, s.Senders[name]
		d.name(d.keys[path], name)
		if name == Owner {
			d.problem(d.keys[path], `"owner" always means the client's rep: give this sender another name`)
		}
		d.address(path+".email", sender.Email)
		d.address(path+".reply_to", sender.ReplyTo)
		d.server(path+".smtp", sender.SMTP)
		d.timeZone(path+".time_zone", sender.TimeZone)
		if r := sender.Ramp; r != nil && r.Ceiling > 0 && r.Ceiling < r.Start {
			d.problem(d.spotOf(path+".ramp.ceiling"), "the ceiling %d is below the start %d: write a higher ceiling or a lower start", r.Ceiling, r.Start)
		}
		email := strings.ToLower(sender.Email)
		if other, twice := byEmail[email]; twice && email != "" {
			d.problem(d.spotOf(path+".email"), "the sender %s has this address already: limits count by address, so keep one of them", quoted(other))
		}
		byEmail[email] = name
	}
	if _, written := d.keys["senders"]; s.FallbackSender == "" || (written && s.Senders == nil) {
		return // told already
	}
	if _, ok := s.Senders[s.FallbackSender]; !ok {
		d.problem(d.spotOf("fallback_sender"), "%s", unknown("sender", s.FallbackSender, names(s.Senders)))
	}
}

// server checks a mail server's URL. Content lies in git, which keeps a password
// for ever: one with a password comes from outside. Problems never show the URL.
func (d *decoder) server(path, s string) {
	if s == "" || outside(s) {
		return
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "smtp" && u.Scheme != "smtps"):
		d.secretProblem(d.spotOf(path), "this is no mail server: write env:NAME or file:PATH for a value like smtps://user:password@host, or smtp://host:port without a password")
	case u.User != nil:
		d.secretProblem(d.spotOf(path), "a password or user must not lie in git: write env:NAME here, for example env:ANN_SMTP_URL, and put the URL in that variable; or file:PATH")
	}
}

// outside reports whether a value is kept outside git and known at run time only.
func outside(s string) bool { return strings.HasPrefix(s, "env:") || strings.HasPrefix(s, "file:") }
