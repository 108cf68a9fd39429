package sequences

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// condition reads an expression by the rules of steps.
func condition(t testing.TB, text string) Condition {
	t.Helper()
	c, problems := ParseCondition(text, nil)
	for _, p := range problems {
		t.Fatal(p)
	}
	return c
}

func TestExpressionPicksClients(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-03-02 10:00 Europe/Moscow")
	const day = 24 * time.Hour
	ann := Facts{
		Category: "C", Stage: "lead", Company: "Ромашка и Ко", Owner: "ann@example.com", Products: []string{"pump", "filter"},
		Attributes: map[string]any{
			"power_kw": 75.0, "contract_until": "2026-12-30", "industry": "food", "tags": []any{"vip", 3.0, []any{"2027-01-01"}},
			"partner": true, "exact": uint64(7), "shape": map[string]any{"x": 1}, "since": time.Date(2020, 5, 1, 0, 0, 0, 0, time.UTC), "zero": 0.0,
		},
		LastPurchaseAt: ago(now, 200*day), Touches: 7, LastTouchAt: ago(now, 2*day), LastHumanTouchAt: ago(now, 40*day),
	}
	for text, want := range map[string]bool{
		"category = C":           true,
		"category=C":             true,
		"category != C":          false,
		"category in [A, C]":     true,
		"category not in [A, C]": false,
		"category is empty":      false,
		"locale is empty and category is not empty":         true,
		"category = D or stage = lead":                      true,
		"category = C and stage = customer":                 false,
		"category = C or stage = customer and category = D": true, // and before or
		"(category = C or stage = lead) and category = D":   false,
		"not category = D and stage = lead":                 true, // not before and
		"not (category = C and stage = lead)":               false,
		"not not category = C":                              true,
		`company = "Ромашка и Ко"`:                          true,
		`company = 'Ромашка и Ко'`:                          true,
		"owner = ann@example.com":                           true,
		"products has pump":                                 true,
		"products has dryer":                                false,
		"products in [dryer, filter]":                       true,
		"products not in [dryer, filter]":                   false,
		"products is empty":                                 false,
		"attributes.power_kw >= 75":                         true,
		"attributes.power_kw > 75":                          false,
		"attributes.power_kw < 75.5":                        true,
		"attributes.power_kw <= 74":                         false,
		"attributes.power_kw = 75.0":                        true,
		"attributes.power_kw > 2026-01-01":                  false, // no date
		"attributes.industry > 5":                           false, // no number
		"attributes.nothing < 5":                            false,
		"not attributes.nothing < 5":                        true,
		"attributes.contract_until < 2026-12-31":            true,
		"attributes.contract_until <= 2026-12-29":           false,
		"attributes.contract_until > 2026-12-29":            true,
		"attributes.contract_until >= 2026-12-31":           false,
		"attributes.since < 2020-05-02":                     true,
		"attributes.industry < 2026-12-31":                  false, // no date
		"attributes.tags > 2":                               true,
		"attributes.tags > 2026-12-31":                      true,
		"attributes.tags = vip":                             true,
		"attributes.shape = x":                              false,
		"attributes.shape is empty":                         false,
		"attributes.partner = true":                         true,
		"attributes.exact = 7 and attributes.exact < 8":     true,
		"attributes.zero = -0 and attributes.zero = 0.0":    true,
		`attributes."odd name" is empty`:                    true,
		"last_purchase older than 180d":                     true,
		"last_purchase within 180d":                         false,
		"last_purchase never":                               false,
		"last_touch within 3d":                              true,
		"last_human_touch older than 30d":                   true,
		"not last_human_touch within 30d":                   true,
		"touches >= 7 and touches = 7 and touches != 8":     true,
		"touches > 7 or touches < 7":                        false,
		"touches <= 7":                                      true,
	} {
		filter, problems := ParseExpression(text, nil)
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
		}
		if got := filter.Match(ann, now); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
	if !(Filter{}).Match(ann, now) || !(Filter{}).IsZero() || (Filter{}).String() != "" {
		t.Error("no condition does not pick everybody")
	}
}

func TestConditionKnowsWhatHappenedInTheRun(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-03-02 10:00 Europe/Moscow")
	const day = 24 * time.Hour
	happened := func(kind, step string, human bool, age time.Duration) Happening {
		return Happening{Kind: kind, Step: step, Human: human, At: now.Add(-age)}
	}
	ann := Facts{Category: "C", History: []Happening{
		happened("sent", "guide", false, 10*day), happened("opened", "guide", false, 10*day), happened("clicked", "guide", true, 5*day),
		happened("sent", "case", false, 3*day), happened("clicked", "case", false, 3*day), happened("replied", "guide", true, 2*day),
		happened("custom:webinar", "", false, day), happened("purchased", "", false, day), happened("done", "ring", false, 4*day),
	}}
	for text, want := range map[string]bool{
		"sent(guide)":                         true,
		"sent(offer)":                         false,
		"sent":                                true,
		"sent within 2d":                      false,
		"sent(case) within 4d":                true,
		"opened(guide)":                       false, // by a machine
		"any opened(guide)":                   true,
		"opened":                              false,
		"clicked(guide)":                      true,
		"clicked(case)":                       false,
		"any clicked(case)":                   true,
		"clicked(offer, guide)":               true,
		"clicked(guide) within 5d":            false, // 5 days ago to the instant
		"clicked(guide) older than 5d":        true,
		"clicked(guide) within 6d":            true,
		"replied(guide) and replied":          true,
		"bounced or met or called":            false,
		"purchased within 2d":                 true,
		"event(webinar)":                      true,
		"event(custom:webinar) older than 2d": false,
		"event(deal_won)":                     false,
		"done(ring) and not done(visit)":      true,
		"clicked(guide) and category = C":     true,
	} {
		if got := condition(t, text).Match(ann, now); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

func TestUsesAreWhatAnEvaluationNeeds(t *testing.T) {
	t.Parallel()
	got := condition(t, "clicked(guide, case) or not (sent(ring) within 3d and event(webinar))\nand (last_human_touch never or event(webinar) or event(refusal))").Uses()
	want := Uses{
		Steps: []StepUse{
			{"clicked", StepName{"guide", 1, 9}}, {"clicked", StepName{"case", 1, 16}}, {"sent", StepName{"ring", 1, 35}},
		},
		Human: true, History: true, Events: []string{"custom:webinar", "refusal"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, want := range map[string]Uses{
		"category = C":        {},
		"touches >= 7":        {Touches: true},
		"last_touch never":    {Touches: true},
		"last_purchase never": {},
	} {
		if diff := cmp.Diff(want, condition(t, text).Uses()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// However YAML lets a text be written, a step's name stands where editors show it.
func TestPlacesWithinExpressionsAreWhereEditorsShowThem(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"plain":             "if: clicked(a) or clicked(here)",
		"behind blanks":     "if:    clicked(a) or   clicked(here)   # clicked(here)",
		"on the next line":  "if:\n  clicked(a) or clicked(here)",
		"over plain lines":  "if: clicked(a)\n  or\n   clicked(here)",
		"single quotes":     "if: 'company = ''Ёж''  or clicked(here)'",
		"double quotes":     `if: "company = \"a \\\" b\"  or clicked(here)"`,
		"quotes over lines": "if: \"clicked(a)\n   or clicked(here)\"",
		"folded":            "if: >\n  clicked(a)\n  or clicked(here)\n",
		"folded, stripped":  "if: >-\n\n    clicked(a)\n\n    or clicked(here)\n",
		"literal":           "if: |\n  clicked(a)\n    or clicked(here)\n",
		"a flow map":        `{ if: clicked(a) or clicked(here) }`,
		"other alphabets":   "if: company = \"😀да\" or clicked(here)",
		"Windows line ends": "if: clicked(a)\r\n  or clicked(here)\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var step struct {
				If Condition `yaml:"if"`
			}
			d := decode("c.yaml", []byte(src), nil, &step, "a step")
			for _, p := range d.sorted() {
				t.Error(p)
			}
			steps := step.If.Uses().Steps
			if len(steps) == 0 {
				t.Fatalf("no steps in %s", step.If)
			}
			last := steps[len(steps)-1]
			if rest := string([]rune(d.lines[last.Line-1])[last.Column-1:]); last.Name != "here" || !strings.HasPrefix(rest, "here") {
				t.Errorf("%+v points at %q", last, rest)
			}
		})
	}
}

func TestExpressionIsWrittenAsPeopleWould(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"((category=C)) and((stage = lead and locale = ru))": "category = C and stage = lead and locale = ru",
		"(category = C or stage = lead) and locale = ru":     "(category = C or stage = lead) and locale = ru",
		"not category = C":                                    "category != C",
		"not category in [C,D]":                               "category not in [C, D]",
		"not locale = ''":                                     "locale is not empty",
		"not (touches = 7)":                                   "touches != 7",
		"not (category = C and stage = lead)":                 "not (category = C and stage = lead)",
		"not products has pump":                               "not products has pump",
		"products in [pump]":                                  "products has pump",
		"company = 'it\"s' and source = \"or\"":               `company = "it\"s" and source = "or"`,
		"attributes.zip = '0123' and attributes.kw = 1.50":    `attributes.zip = "0123" and attributes.kw = 1.5`,
		"any clicked( guide ,case ) older than 3d or replied": "any clicked(guide, case) older than 3d or replied",
		"event(webinar) and event(deal_won)":                  "event(custom:webinar) and event(deal_won)",
	} {
		got := condition(t, text).String()
		if got != want {
			t.Errorf("%s is written %s, want %s", text, got, want)
		}
		if again := condition(t, got).String(); again != got {
			t.Errorf("%s is read back as %s", got, again)
		}
	}
}

// The map form says the same as the text it is written as.
func TestMapAndTextAreOneLanguage(t *testing.T) {
	t.Parallel()
	for form, text := range map[string]string{
		"{ category: [C, D], stage: lead }":                                "category in [C, D] and stage = lead",
		"{ last_purchase: { older_than: 180d, within: 12mo } }":            "last_purchase older than 180d and last_purchase within 12mo",
		"{ last_purchase: never, not: { category: C, stage: lead } }":      "last_purchase never and not (category = C and stage = lead)",
		`{ attributes: { employees: 10, zip: "10", "odd name": x } }`:      `attributes.employees = 10 and attributes.zip = 10 and attributes."odd name" = x`,
		`{ products: [pump, ""], company: "Acme & Co", not: { not: {} } }`: "",
		"{}": "",
	} {
		if text == "" && form != "{}" {
			continue
		}
		if got := where(t, form).String(); got != text {
			t.Errorf("%s is written %s, want %s", form, got, text)
		}
		if text != "" {
			if diff := cmp.Diff(where(t, form), where(t, "'"+text+"'")); diff != "" {
				t.Errorf("%s (-map +text):\n%s", form, diff)
			}
		}
	}
}
