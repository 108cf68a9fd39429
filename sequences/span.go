package sequences

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Span is the time between two calls: from the one length to the other. Both are
// the same where the author wrote one. The zero Span is never.
type Span struct{ From, To Duration }

const spanForms = "write how often to call in days, weeks or months, for example 1w or 1mo, or from-to: 2w-4w"

// ParseSpan reads 1mo, or 2w-4w.
func ParseSpan(s string) (Span, error) {
	from, to, ranged := strings.Cut(strings.ReplaceAll(s, "–", "-"), "-") // people's keyboards make dashes long
	var span Span
	var err error
	if span.From, err = ParseDuration(strings.TrimSpace(from)); err != nil {
		return Span{}, fmt.Errorf("%s does not say how often: %s", quoted(s), spanForms)
	}
	span.To = span.From
	if ranged {
		if span.To, err = ParseDuration(strings.TrimSpace(to)); err != nil {
			return Span{}, fmt.Errorf("%s does not say how often: %s", quoted(s), spanForms)
		}
	}
	for _, d := range []Duration{span.From, span.To} {
		if d.Unit == Minute || d.Unit == Hour {
			return Span{}, fmt.Errorf("nobody is called every %s: %s", d, spanForms)
		}
	}
	if span.To.days() < span.From.days() {
		return Span{}, fmt.Errorf("%s goes backwards: write the shorter time first, %s-%s", quoted(s), span.To, span.From)
	}
	return span, nil
}

// String is the form ParseSpan reads.
func (s Span) String() string {
	switch {
	case s.IsZero():
		return none
	case s.From == s.To:
		return s.From.String()
	}
	return s.From.String() + "-" + s.To.String()
}

// IsZero tells whether there are no calls.
func (s Span) IsZero() bool { return s.From.IsZero() }

func (s *Span) decodeYAML(d *decoder, n ast.Node, _ string) {
	text, ok := d.text(n)
	if !ok {
		return
	}
	parsed, err := ParseSpan(text)
	if err != nil {
		d.problem(d.at(n), "%s", err)
		return
	}
	*s = parsed
}

// days is about how long d is, for comparing.
func (d Duration) days() float64 {
	switch d.Unit {
	case Minute:
		return float64(d.N) / (24 * 60)
	case Hour:
		return float64(d.N) / 24
	case Week:
		return float64(d.N) * 7
	case Month:
		return float64(d.N) * 30.4
	case BusinessDay:
		return float64(d.N) * 1.4
	}
	return float64(d.N)
}
