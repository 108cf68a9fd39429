package sequences

import (
	"slices"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Sample is a client of a calendar or a story, with the words of the API.
type Sample struct {
	ExternalID   string        `yaml:"external_id"`
	Email        string        `yaml:"email"`
	FirstName    string        `yaml:"first_name"`
	LastName     string        `yaml:"last_name"`
	Company      string        `yaml:"company"`
	CompanyID    string        `yaml:"company_id"`
	Category     string        `yaml:"category" jsonschema:"enum=A,enum=B,enum=C,enum=D"`
	Temperature  string        `yaml:"temperature" jsonschema:"enum=cold,enum=warm,enum=hot"`
	Stage        string        `yaml:"stage" jsonschema:"enum=lead,enum=interest,enum=request,enum=refused_now,enum=refused_target,enum=not_target,enum=customer,enum=past_customer"`
	Owner        string        `yaml:"owner"`
	Locale       string        `yaml:"locale"`
	TimeZone     string        `yaml:"time_zone"`
	Attributes   attributes    `yaml:"attributes"`
	Products     []string      `yaml:"products"`
	Source       string        `yaml:"source"`
	LastPurchase Moment        `yaml:"last_purchase_at"`
	Consent      SampleConsent `yaml:"consent"`
	// Events are what he does, or what happens to him, on a calendar.
	Events []SampleEvent `yaml:"events"`

	Line int `yaml:"-"`
}

// SampleConsent is the ground for mailing: its basis alone, or the API's map.
type SampleConsent struct {
	Basis       string `yaml:"basis" jsonschema:"enum=opt_in,enum=double_opt_in,enum=contract,enum=legitimate_interest"`
	Source      string `yaml:"source"`
	At          Moment `yaml:"at"`
	TextVersion string `yaml:"text_version"`
	Evidence    string `yaml:"evidence"`
}

// SampleEvent is something that happens at a moment, or some time after a step's
// letter went, or after the beginning if it names no step.
type SampleEvent struct {
	Type  string   `yaml:"type" jsonschema:"required" jsonschema_description:"write what happens, for example type: clicked"`
	Step  string   `yaml:"step"`
	Actor string   `yaml:"actor" jsonschema:"enum=human,enum=machine"`
	At    Moment   `yaml:"at"`
	After Duration `yaml:"after"`

	Line, Column int `yaml:"-"`
}

var consentBases = []string{"opt_in", "double_opt_in", "contract", "legitimate_interest"}

func (c *SampleConsent) decodeYAML(d *decoder, n ast.Node, path string) {
	if _, ok := n.(*ast.MappingNode); ok {
		d.fill(n, path, c)
		return
	}
	s, ok := d.text(n)
	if !ok || s == "" {
		return
	}
	if d.listed(n, s, path, rules{enum: consentBases}) {
		c.Basis = s
	}
}

// ParseSamples reads a file of clients: a list, or a single one.
func ParseSamples(file string, src []byte, s *Settings) ([]Sample, []Problem) {
	list := sampleList{}
	d := decode(file, src, s, &list, "clients")
	for i := range list {
		list[i].check(d, "["+strconv.Itoa(i)+"]")
	}
	return list, d.sorted()
}

type sampleList []Sample

func (l *sampleList) decodeYAML(d *decoder, n ast.Node, _ string) {
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	for i, item := range items {
		sample, path := Sample{}, "["+strconv.Itoa(i)+"]"
		d.spots[path] = d.at(item)
		sample.Line = d.at(item).line
		d.fill(item, path, &sample)
		*l = append(*l, sample)
	}
}

func (s *Sample) check(d *decoder, path string) {
	if s.TimeZone != "" {
		if _, err := LoadZone(s.TimeZone); err != nil {
			d.problem(d.spotOf(path+".time_zone"), "%s", err)
		}
	}
	d.address(path+".email", s.Email)
	for i := range s.Events {
		e, path := &s.Events[i], path+".events["+strconv.Itoa(i)+"]"
		at := d.spotOf(path)
		e.Line, e.Column = at.line, at.column
		if known := eventTypes(); e.Type != "" && !slices.Contains(known, e.Type) && !customEventPattern.MatchString(e.Type) {
			d.problem(d.spotOf(path+".type"), "%s", unknown("event", e.Type, append(known, customEvent+"NAME")))
		}
		if !e.At.IsZero() && !e.After.IsZero() {
			d.problem(at, "this happens at a moment and after a time: keep one of at and after")
		}
	}
}

// Facts are what conditions know of the sample; zone is that of moments without one.
func (s *Sample) Facts(zone *time.Location) Facts {
	f := Facts{
		Category: s.Category, Temperature: s.Temperature, Stage: s.Stage, Locale: s.Locale, Owner: s.Owner, Source: s.Source, Company: s.Company,
		Products: s.Products, Attributes: s.Attributes,
	}
	if !s.LastPurchase.IsZero() {
		at := s.LastPurchase.In(zone)
		f.LastPurchaseAt = &at
	}
	return f
}
