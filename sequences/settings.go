package sequences

import (
	"maps"
	"net/mail"
	"slices"
	"strconv"
	"time"
	_ "time/tzdata" // time zones are checked the same on every machine
)

// Settings is seventh.yaml: what the other files of a content folder refer to.
type Settings struct {
	Company        Company              `yaml:"company" jsonschema_description:"the company that letters come from"`
	TimeZone       string               `yaml:"time_zone" jsonschema:"required,example=Europe/Moscow" jsonschema_description:"write the company's IANA time zone, for example Europe/Moscow"`
	Calendar       string               `yaml:"calendar" jsonschema:"default=weekends" jsonschema_description:"whose days off count: the country, for example ru, de or us; or weekends"`
	OwnDays        OwnDays              `yaml:"calendars" jsonschema_description:"the company's own days off and working days, on top of the calendar"`
	Locale         string               `yaml:"locale" jsonschema:"default=en,example=ru" jsonschema_description:"language of letters to clients without a locale of their own"`
	Locales        []string             `yaml:"locales" jsonschema_description:"languages that every letter is written in; check warns about those that lack one"`
	Categories     map[string]Category  `yaml:"categories" jsonschema_description:"A to D: changes to the built-in cadence"`
	Senders        map[string]Sender    `yaml:"senders" jsonschema_description:"who letters come from, by name"`
	FallbackSender string               `yaml:"fallback_sender" jsonschema:"required" jsonschema_description:"write the name of one of the senders; it is used when a client has no owner"`
	Windows        map[string]Window    `yaml:"windows" jsonschema_description:"when letters may go out, by name"`
	Attributes     map[string]Attribute `yaml:"attributes" jsonschema_description:"what the CRM tells about clients beside the built-in fields, by name"`
	Consent        ConsentPolicy        `yaml:"consent" jsonschema_description:"which consent allows automated letters"`
	DKIM           map[string]DKIM      `yaml:"dkim" jsonschema_description:"keys to sign letters with, by domain, if no mail server does it"`
	Limits         Limits               `yaml:"limits" jsonschema_description:"how many automated letters may go to whom; over a limit a letter waits, it is never lost"`
	Webhooks       map[string]Webhook   `yaml:"webhooks" jsonschema_description:"other systems that steps tell, by name"`
	Hooks          Hooks                `yaml:"hooks" jsonschema_description:"providers that tell what became of letters, by posting to /hooks/PROVIDER"`
	Bounces        Bounces              `yaml:"bounces" jsonschema_description:"where undeliverable letters come back to; without it, to the sender"`
	Tracking       Tracking             `yaml:"tracking" jsonschema_description:"how it is found out who opens letters and follows links"`
	Breakers       Breakers             `yaml:"breakers" jsonschema_description:"when a sequence or a sender is paused by itself until a person looks"`
}

// Company is the company that letters come from; each value is one line of text.
type Company struct {
	Name    string `yaml:"name" jsonschema:"example=Levanto" jsonschema_description:"the company's name, {{ .company.name }} in letters"`
	Site    string `yaml:"site" jsonschema:"example=https://example.com" jsonschema_description:"the company's site, {{ .company.site }} in letters"`
	Address string `yaml:"address" jsonschema_description:"the postal address, which law wants in letters in many countries"`
	Phone   string `yaml:"phone" jsonschema:"oneof_type=string;number,example=+7 495 000-00-00" jsonschema_description:"the company's phone, {{ .company.phone }} in letters"`
	Email   string `yaml:"email" jsonschema:"example=sales@example.com" jsonschema_description:"the company's own address, {{ .company.email }} in letters"`
}

// Attribute declares one of client.attributes, so that a slip in its name is found.
type Attribute struct {
	Type  string `yaml:"type" jsonschema:"enum=string,enum=number,enum=bool,enum=date,default=string" jsonschema_description:"what kind of value it has; with date written as 2026-03-02"` // never empty after ParseSettings
	Title string `yaml:"title" jsonschema_description:"what people read"`
}

// ConsentPolicy says on which basis a client may get automated letters.
type ConsentPolicy struct {
	Allow []string `yaml:"allow" jsonschema:"enum=opt_in,enum=double_opt_in,enum=contract,enum=legitimate_interest" jsonschema_description:"the grounds that allow automated letters; opt_in, double_opt_in and contract if left out"`
}

// ParseSettings reads seventh.yaml. Problems come in the order of the file; with
// any, the Settings are good only for finding more of them.
func ParseSettings(file string, src []byte) (*Settings, []Problem) {
	s := &Settings{
		Calendar:   weekendsOnly,
		Locale:     "en",
		Categories: builtInCategories(),
		Consent:    ConsentPolicy{Allow: []string{"opt_in", "double_opt_in", "contract"}},
		Breakers:   builtInBreakers(),
		Tracking:   Tracking{Honeypot: true},
	}
	d := decode(file, src, nil, s, "the settings")
	s.check(d)
	return s, d.sorted()
}

// check holds the rules that tags cannot say. It runs over whatever could be
// decoded, and fills in names and defaults.
func (s *Settings) check(d *decoder) {
	d.timeZone("time_zone", s.TimeZone)
	if !slices.Contains(Calendars, s.Calendar) {
		d.problem(d.spotOf("calendar"), "%s", unknownCalendar(s.Calendar))
	}
	s.OwnDays.check(d)
	if !localePattern.MatchString(s.Locale) {
		d.problem(d.spotOf("locale"), "%s is not a locale: write a language code, for example en or ru", quoted(s.Locale))
	}
	s.checkCategories(d)
	d.address("company.email", s.Company.Email)
	s.checkSenders(d)
	s.checkMailboxes(d)
	s.Limits.check(d)
	s.Breakers.check(d)
	s.checkWebhooks(d)
	s.Hooks.check(d)
	for i, locale := range s.Locales {
		if !localePattern.MatchString(locale) {
			d.problem(d.spotOf("locales["+strconv.Itoa(i)+"]"), "%s is not a locale: write a language code, for example en or ru", quoted(locale))
		}
	}
	for _, name := range names(s.Windows) {
		d.name(d.keys["windows."+name], name)
		w := s.Windows[name]
		w.Name = name
		s.Windows[name] = w
	}
	for _, name := range names(s.Attributes) {
		if !attributePattern.MatchString(name) {
			d.problem(d.keys["attributes."+name], "%s cannot be an attribute: write small Latin letters, digits and _, starting with a letter", quoted(name))
		}
		a := s.Attributes[name]
		if a.Type == "" {
			a.Type = "string"
		}
		s.Attributes[name] = a
	}
}

// address checks a bare e-mail address. One that is kept outside git (env: or
// file:) is known only at run time.
func (d *decoder) address(path, s string) {
	if s == "" || outside(s) {
		return
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		d.problem(d.spotOf(path), "%s is not an e-mail address: write it like sales@example.com", quoted(s))
	}
}

func (d *decoder) timeZone(path, name string) {
	if name == "" {
		return
	}
	// LoadLocation takes "Local" for the machine's own zone, which differs between machines.
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		d.problem(d.spotOf(path), "unknown time zone %s: write it as Region/City, for example Europe/Moscow or Asia/Almaty", quoted(name))
	}
}

// names are a map's keys in a stable order.
func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
