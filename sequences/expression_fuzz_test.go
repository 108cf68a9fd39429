package sequences

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func FuzzParseExpression(f *testing.F) {
	for _, seed := range []string{
		"category in [C, D] and last_purchase older than 180d", "clicked(guide) within 3d", "not replied", "touches >= 7", "(a = 1 or", "))((", "any any",
		`company = "a \" \\ b" and attributes."odd \\" > -1.50`, "event(custom:x) or event(", "attributes.a.b is not empty", "not not (touches != 3)", "a\nb", "“x”", "in [", "category in [,]",
		"attributes.d < 2026-02-30", "category = C, stage = lead; x", "last_touch older 3 days", "!a && b || c == d", "attributes.x = 00 or attributes.x = 1e5 or attributes.x = -0",
	} {
		f.Add(seed)
	}
	settings, _ := ParseSettings("seventh.yaml", []byte(corpusSettings))
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range []*Settings{nil, settings} {
			c, problems := ParseCondition(text, s)
			lines := sourceLines(newlines([]byte(text)))
			for _, p := range problems {
				if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len([]rune(lines[p.Line-1]))+1 || p.Message == "" || strings.ContainsAny(p.Message, "\n\r") {
					t.Errorf("the problem %q stands at %d:%d of %q", p.Message, p.Line, p.Column, text)
				}
			}
			c.Match(Facts{}, time.Time{})
			if len(problems) > 0 {
				continue
			}
			written := c.String()
			if len([]rune(written)) > maxExpression {
				continue
			}
			again, problems := ParseCondition(written, s)
			if len(problems) > 0 || again.String() != written || !sameTree(c.Expression, again.Expression) {
				t.Errorf("%q is written %q and read back as %q with %v", text, written, again, problems)
			}
		}
	})
}

// sameTree compares without places.
func sameTree(a, b Expression) bool {
	return fmt.Sprintf("%+v", withoutPlaces(a)) == fmt.Sprintf("%+v", withoutPlaces(b))
}

func withoutPlaces(e Expression) Expression {
	var steps []StepName
	for _, s := range e.Happening.Steps {
		steps = append(steps, StepName{Name: s.Name})
	}
	e.Happening.Steps = steps
	var of []Expression
	for _, part := range e.Of {
		of = append(of, withoutPlaces(part))
	}
	e.Of = of
	return e
}
