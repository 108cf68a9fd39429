package sequences

import (
	"bytes"

	"github.com/goccy/go-yaml/ast"
)

// Owner as a sequence's sender means the client's rep.
const Owner = "owner"

// EnrollMode says who puts clients into a sequence.
type EnrollMode string

// The enroll modes.
const (
	Automatic EnrollMode = "automatic" // everybody the audience matches, as soon as it does
	Manual    EnrollMode = "manual"    // only the API
)

// When a client who went through a sequence may start it again.
const (
	ReentryNever  = "never"
	ReentryAfter  = "after"
	ReentryAlways = "always"
)

// Whom a sequence is for.
const (
	ForAnyone      = "anyone"
	ForAcquisition = "acquisition"
	ForCustomers   = "customers"
)

// What becomes of those who are under way when the steps change.
const (
	PinSteps    = "pin"
	FollowSteps = "follow"
)

// ReplaceEnd as the replacement of a step that is gone ends those who stand there.
const ReplaceEnd = "end"

// replacing says for steps that are gone which step takes their place.
type replacing = map[string]string

// What becomes of a letter that could not go within max_age.
const (
	MissedSend     = "send"     // it goes late all the same
	MissedSkip     = "skip"     // it is given up, and the sequence goes on
	MissedReanchor = "reanchor" // its delay counts anew
)

// What becomes of a letter of which nobody knows whether it arrived, a day later.
const (
	HoldUnconfirmed = "hold"        // the sequence waits for evidence, or for somebody to decide
	AssumeSent      = "assume_sent" // it goes on as if the letter had arrived
	ResendOnce      = "resend_once" // the letter goes once more, and then it waits
)

// Reentry is the rule for starting a sequence again.
type Reentry struct {
	Mode  string   // ReentryNever, ReentryAfter or ReentryAlways
	After Duration // since the last run finished; only with ReentryAfter
}

// Sequence is a chain of steps for an audience.
type Sequence struct {
	Name        string     `yaml:"sequence" jsonschema:"required,pattern=^[a-z0-9][a-z0-9_-]*$,example=c-nurture" jsonschema_description:"write the sequence's name, for example sequence: c-nurture"`
	Title       string     `yaml:"title" jsonschema_description:"what people read; the name if left out"`
	Series      seriesName `yaml:"series" jsonschema_description:"what clients call its letters, by language, where they unsubscribe: en: Letters about compressed air; without it they read the title"`
	Audience    Filter     `yaml:"audience" jsonschema_description:"which clients the sequence is for; without it all"`
	Enroll      EnrollMode `yaml:"enroll" jsonschema:"enum=automatic,enum=manual,default=manual" jsonschema_description:"automatic: everybody in the audience; manual: only through the API"`
	Reentry     Reentry    `yaml:"reentry" jsonschema_description:"when a client may start again after a finished run"`
	Priority    int        `yaml:"priority" jsonschema:"minimum=0,maximum=1000,default=0" jsonschema_description:"the higher one wins when two sequences compete for a client"`
	Sender      string     `yaml:"sender" jsonschema:"default=owner" jsonschema_description:"owner: the client's rep; or the name of a sender in seventh.yaml"`
	Missed      string     `yaml:"missed" jsonschema:"enum=send,enum=skip,enum=reanchor" jsonschema_description:"what becomes of a letter that could not go within max_age: send it late, skip it, or reanchor: its delay counts anew from then; without it skip where max_age is written, else send"`
	MaxAge      Duration   `yaml:"max_age" jsonschema_description:"how late a letter may be before missed decides; without it letters wait for as long as it takes"`
	Window      string     `yaml:"window" jsonschema_description:"the name of a window in seventh.yaml; without it letters go at any time"`
	ExitOn      ExitOn     `yaml:"exit_on" jsonschema_description:"what ends the sequence for a client: reply, unsubscribe, bounce, complaint, purchase, category_change, or conditions such as touches >= 12; unsubscribe, bounce and complaint always do"`
	StopOn      []string   `yaml:"stop_on" jsonschema:"enum=reply,enum=company_reply,uniqueItems=true" jsonschema_description:"what holds the sequence until the rep has done the task to answer it: reply: the client replied; company_reply: anybody at his company did"`
	For         string     `yaml:"for" jsonschema:"enum=acquisition,enum=customers,enum=anyone,default=anyone" jsonschema_description:"acquisition: never goes to a customer; customers: goes to customers only, who are spoken to differently"`
	OnChange    string     `yaml:"on_change" jsonschema:"enum=pin,enum=follow,default=pin" jsonschema_description:"pin: who is under way goes on by the steps as they were; follow: by the new ones. What letters say always follows"`
	Replace     replacing  `yaml:"replace_with" jsonschema_description:"for steps that are gone, the step at which those go on who stand there; end: they end"`
	Unconfirmed string     `yaml:"unconfirmed" jsonschema:"enum=hold,enum=assume_sent,enum=resend_once,default=hold" jsonschema_description:"what becomes, after 24 hours, of a letter of which nobody knows whether it arrived: hold waits for evidence or a person, assume_sent takes it for sent, resend_once sends it once more with the same Message-ID"`
	UTM         *UTM       `yaml:"utm" jsonschema_description:"parameters for web analytics that the links of letters get: true for utm_source=seventh, utm_medium=email, utm_campaign the sequence and utm_content the step; or values of your own"`
	Handover    string     `yaml:"handover" jsonschema_description:"a letter that goes once when the client has a new rep"`
	Steps       []Step     `yaml:"steps" jsonschema:"required,minItems=1" jsonschema_description:"write the steps in order, each with an id and what it sends"`

	File   string `yaml:"-"` // as given to ParseSequence
	Source []byte `yaml:"-"` // the text it was read from
}

// MaxAgeOf is how long a step's letter may wait after it was due: the step's own
// max_age or else the sequence's, zero for as long as it takes.
func (s *Sequence) MaxAgeOf(step Step) Duration {
	if step.MaxAge.IsZero() {
		return s.MaxAge
	}
	return step.MaxAge
}

// MissedOf is what becomes of a step's letter that is older than its max_age.
func (s *Sequence) MissedOf(step Step) string {
	switch {
	case s.Missed != "":
		return s.Missed
	case s.MaxAgeOf(step).IsZero():
		return MissedSend
	}
	return MissedSkip
}

// HandoverStep is the id of the letter that tells a client of a new rep; no step of
// a file has it.
const HandoverStep = "handover"

// ParseSequence reads one file of sequences/. With settings, names that they do
// not declare are problems; nil settings leave names unchecked. Problems come
// in the order of the file; with any, the Sequence is good only for finding
// more of them.
func ParseSequence(file string, src []byte, s *Settings) (*Sequence, []Problem) {
	q := &Sequence{
		Enroll:      Manual,
		Reentry:     Reentry{Mode: ReentryNever},
		Sender:      Owner,
		For:         ForAnyone,
		OnChange:    PinSteps,
		Unconfirmed: HoldUnconfirmed,
		File:        file,
		Source:      bytes.Clone(src),
	}
	d := decode(file, src, s, q, "a sequence")
	q.check(d)
	return q, d.sorted()
}

func (s *Sequence) check(d *decoder) {
	if at, written := d.spots["sequence"]; written && s.Name != "" {
		d.name(at, s.Name)
	}
	if s.Title == "" {
		s.Title = s.Name
	}
	s.checkSeries(d)
	s.checkMissed(d)
	s.checkStopOn(d)
	d.checkSteps(s)
	s.checkEdits(d)
	d.letterName(d.spotOf("handover"), s.Handover)
	if d.settings == nil {
		return
	}
	if _, ok := d.settings.Senders[s.Sender]; !ok && s.Sender != Owner {
		d.problem(d.spotOf("sender"), "%s", unknown("sender", s.Sender, append([]string{Owner}, names(d.settings.Senders)...)))
	}
	if _, ok := d.settings.Windows[s.Window]; !ok && s.Window != "" {
		d.problem(d.spotOf("window"), "%s", unknown("window", s.Window, names(d.settings.Windows)))
	}
}

// checkMissed finds a rule for letters that are too late where none ever is.
func (s *Sequence) checkMissed(d *decoder) {
	if s.Missed == "" || s.Missed == MissedSend {
		return
	}
	for path := range d.keys {
		if lastKey(path) == "max_age" {
			return
		}
	}
	d.problem(d.spotOf("missed"), "missed: %s needs to know what is too late: write max_age beside it, for example max_age: 3d", s.Missed)
}

func (r *Reentry) decodeYAML(d *decoder, n ast.Node, path string) {
	if _, ok := n.(*ast.MappingNode); ok {
		var written struct {
			After Duration `yaml:"after" jsonschema:"required" jsonschema_description:"write how long after a finished run, for example after: 180d"`
		}
		d.fill(n, path, &written)
		*r = Reentry{Mode: ReentryAfter, After: written.After}
		return
	}
	switch s, ok := d.text(n); {
	case !ok:
	case s == ReentryNever || s == ReentryAlways:
		r.Mode = s
	default:
		d.problem(d.at(n), "%s is no reentry rule: write never, always or { after: 180d }", quoted(s))
	}
}
