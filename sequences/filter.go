package sequences

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Op is how a Condition compares.
type Op string

// The operations. OlderThan, Within and Never are for FieldLastPurchase only.
const (
	In        Op = "in"         // the value, or one of several, is among Values
	OlderThan Op = "older_than" // happened, at least Span ago
	Within    Op = "within"     // happened, less than Span ago
	Never     Op = "never"      // did not happen
)

// The fields a Condition can look at, spelled as in YAML.
const (
	FieldCategory     = "category"
	FieldTemperature  = "temperature"
	FieldStage        = "stage"
	FieldLocale       = "locale"
	FieldOwner        = "owner"
	FieldSource       = "source"
	FieldCompany      = "company"
	FieldProducts     = "products"
	FieldLastPurchase = "last_purchase"
	FieldAttributes   = "attributes"
	FieldNot          = "not"
)

// Filter picks clients: those for whom all conditions hold. The zero Filter
// picks everybody.
type Filter struct{ Conditions []Condition }

// Condition is one key of a filter, exported so that a store can compile it to
// SQL. A value that a client does not have counts as "", and an empty list of
// products as one "".
type Condition struct {
	Field     string
	Attribute string   // the attribute's name, with FieldAttributes
	Op        Op       // empty with FieldNot
	Values    []string // of In; numbers and dates in the form of attributeTexts
	Span      Duration // of OlderThan and Within: compare with Span.Sub(now)

	// Not, with FieldNot, makes the condition hold when these, as a whole, do not.
	Not []Condition
}

// Facts are what a Filter knows about a client.
type Facts struct {
	Category, Temperature, Stage, Locale, Owner, Source, Company string
	Products                                                     []string
	Attributes                                                   map[string]any // as decoded from JSON
	LastPurchaseAt                                               *time.Time
}

// Match tells whether the filter picks the client at now.
func (f Filter) Match(c Facts, now time.Time) bool {
	return allHold(f.Conditions, c, now)
}

// Changes is the next instant after now at which time alone, with no change of
// the client, changes Match's answer; false if it never does.
func (f Filter) Changes(c Facts, now time.Time) (at time.Time, ok bool) {
	if c.LastPurchaseAt == nil {
		return time.Time{}, false
	}
	answer := f.Match(c, now)
	turns := turningPoints(f.Conditions, *c.LastPurchaseAt)
	slices.SortFunc(turns, time.Time.Compare)
	for _, turn := range turns {
		if turn.After(now) && f.Match(c, turn) != answer {
			return turn.In(now.Location()), true
		}
	}
	return time.Time{}, false
}

// turningPoints are the instants at which any single condition changes.
func turningPoints(conditions []Condition, purchase time.Time) []time.Time {
	var turns []time.Time
	for _, cond := range conditions {
		if cond.Op == OlderThan || cond.Op == Within {
			turns = append(turns, cond.Span.reaches(purchase))
		}
		turns = append(turns, turningPoints(cond.Not, purchase)...)
	}
	return turns
}

func allHold(conditions []Condition, c Facts, now time.Time) bool {
	return !slices.ContainsFunc(conditions, func(cond Condition) bool { return !cond.holds(c, now) })
}

func (cond Condition) holds(c Facts, now time.Time) bool {
	if cond.Field == FieldNot {
		return !allHold(cond.Not, c, now)
	}
	switch cond.Op {
	case Never:
		return c.LastPurchaseAt == nil
	case OlderThan:
		return c.LastPurchaseAt != nil && !c.LastPurchaseAt.After(cond.Span.Sub(now))
	case Within:
		return c.LastPurchaseAt != nil && c.LastPurchaseAt.After(cond.Span.Sub(now))
	}
	return slices.ContainsFunc(c.values(cond), func(v string) bool { return slices.Contains(cond.Values, v) })
}

// values are what the client has for a condition's field; never empty.
func (c Facts) values(cond Condition) []string {
	switch cond.Field {
	case FieldCategory:
		return []string{c.Category}
	case FieldTemperature:
		return []string{c.Temperature}
	case FieldStage:
		return []string{c.Stage}
	case FieldLocale:
		return []string{c.Locale}
	case FieldOwner:
		return []string{c.Owner}
	case FieldSource:
		return []string{c.Source}
	case FieldCompany:
		return []string{c.Company}
	case FieldProducts:
		if len(c.Products) > 0 {
			return c.Products
		}
	case FieldAttributes:
		return attributeTexts(c.Attributes[cond.Attribute])
	}
	return []string{""}
}

// attributeTexts is an attribute in the form of Condition.Values: true, 1.5, 2026-03-02.
// Of a list it is every element.
func attributeTexts(v any) []string {
	switch v := v.(type) {
	case nil:
		return []string{""}
	case string:
		return []string{v}
	case float64:
		return []string{numberText(v)}
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return []string{numberText(f)}
		}
		return []string{v.String()}
	case time.Time:
		return []string{v.Format(time.DateOnly)}
	case []any:
		var texts []string
		for _, element := range v {
			texts = append(texts, attributeTexts(element)...)
		}
		if len(texts) > 0 {
			return texts
		}
		return []string{""}
	case []string:
		if len(v) > 0 {
			return v
		}
		return []string{""}
	}
	return []string{fmt.Sprint(v)}
}

func numberText(f float64) string {
	return strconv.FormatFloat(f, 'f', -1, 64)
}
