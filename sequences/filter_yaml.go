package sequences

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// textFields are the keys of a filter that compare with a text or a list of
// texts, with what may stand there; nil is anything.
var textFields = []textField{
	{FieldCategory, append(slices.Clone(Categories), "")},
	{FieldTemperature, []string{"cold", "warm", "hot", ""}},
	{FieldStage, []string{"lead", "interest", "request", "refused_now", "refused_target", "not_target", "customer", "past_customer", ""}},
	{FieldLocale, nil},
	{FieldOwner, nil},
	{FieldSource, nil},
	{FieldCompany, nil},
	{FieldProducts, nil},
}

// filterKeys are all keys of a filter, in the order messages list them.
var filterKeys = func() []string {
	var keys []string
	for _, f := range textFields {
		keys = append(keys, f.name)
	}
	return append(keys, FieldLastPurchase, FieldAttributes, FieldNot)
}()

type textField struct {
	name   string
	values []string
}

// maxValues bounds a list of values: it is compared one by one.
const maxValues = 1000

// maxNot bounds "not" within "not", which nobody can read sooner than a machine tires.
const maxNot = 5

// ParseFilter reads a filter that came as JSON, by the rules of YAML files. The
// error joins all problems. Attributes are not checked against settings.
func ParseFilter(m map[string]any) (Filter, error) {
	src, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return Filter{}, fmt.Errorf("reading a filter: %w", err)
	}
	var f Filter
	if problems := decode("filter", src, nil, &f, "a filter").sorted(); len(problems) > 0 {
		return Filter{}, joined(problems) // JSON is YAML
	}
	return f, nil
}

func (d *decoder) conditions(n ast.Node, path string, depth int) []Expression {
	entries, ok := d.mapping(n, path)
	if !ok {
		return nil
	}
	var all []Expression
	for _, e := range entries {
		i := slices.IndexFunc(textFields, func(f textField) bool { return f.name == e.key })
		switch {
		case !slices.Contains(filterKeys, e.key):
			d.problem(e.at, "%s", d.unknownCondition(e.key, path))
		case e.value == nil: // told already
		case i >= 0:
			all = append(all, Expression{Field: e.key, Op: In, Values: d.oneOrMore(e, textFields[i].values)})
		case e.key == FieldLastPurchase:
			all = append(all, d.lastPurchase(e)...)
		case e.key == FieldAttributes:
			all = append(all, d.attributes(e)...)
		case depth == maxNot:
			d.problem(e.at, `"not" stands within "not" more than %d times: simplify the filter`, maxNot)
		default:
			all = append(all, d.negation(e, depth)...)
		}
	}
	return all
}

// unknownCondition knows the usual slips: an attribute without "attributes", and
// what only the text form can say.
func (d *decoder) unknownCondition(key, path string) string {
	if d.settings != nil {
		if _, declared := d.settings.Attributes[key]; declared {
			return fmt.Sprintf("%s is an attribute: write attributes: { %s: … }", quoted(key), key)
		}
	}
	if slices.Contains(fieldNames, key) {
		return fmt.Sprintf("%s stands in a condition written as text: write for example %s: %s", key, lastKey(path), textExample(key))
	}
	return unknown("condition", key, filterKeys)
}

func textExample(field string) string {
	if field == FieldTouches {
		return "touches >= 7"
	}
	return field + " older than 30d"
}

// oneOrMore reads a text or a list of texts, each among known unless that is nil.
func (d *decoder) oneOrMore(e entry, known []string) []string {
	items := []ast.Node{e.value}
	if list, ok := e.value.(*ast.SequenceNode); ok {
		items = list.Values
	}
	if len(items) > maxValues {
		d.problem(d.at(e.value), "this list has more than %d values: use an attribute that says what they have in common", maxValues)
		return nil
	}
	if len(items) == 0 {
		d.problem(d.at(e.value), "this list is empty, so no client would match: write a value or remove %s", e.key)
	}
	var values []string
	for _, item := range items {
		s, ok := d.text(item)
		if !ok {
			continue
		}
		if known != nil && !slices.Contains(known, s) {
			d.problem(d.at(item), "%s", unknown(e.key, s, slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == "" })))
			continue
		}
		if slices.Contains(values, s) {
			d.problem(d.at(item), "%s is listed twice: keep one of them", quoted(s))
			continue
		}
		values = append(values, s)
	}
	return values
}

func (d *decoder) lastPurchase(e entry) []Expression {
	if _, ok := e.value.(*ast.MappingNode); !ok {
		if s, ok := d.text(e.value); ok && s == "never" {
			return []Expression{{Field: FieldLastPurchase, Op: Never}}
		}
		d.problem(d.at(e.value), "last_purchase needs { older_than: 180d }, { within: 30d } or never, not %s", kind(e.value))
		return nil
	}
	var spans struct {
		OlderThan Duration `yaml:"older_than"`
		Within    Duration `yaml:"within"`
	}
	before := len(d.problems)
	d.fill(e.value, e.path, &spans)
	var all []Expression
	if !spans.OlderThan.IsZero() {
		all = append(all, Expression{Field: FieldLastPurchase, Op: OlderThan, Span: spans.OlderThan})
	}
	if !spans.Within.IsZero() {
		all = append(all, Expression{Field: FieldLastPurchase, Op: Within, Span: spans.Within})
	}
	if len(all) == 0 && len(d.problems) == before {
		d.problem(d.at(e.value), "last_purchase needs { older_than: 180d }, { within: 30d } or never")
	}
	return all
}

func (d *decoder) attributes(e entry) []Expression {
	entries, _ := d.mapping(e.value, e.path)
	var all []Expression
	for _, a := range entries {
		if d.settings != nil {
			if _, declared := d.settings.Attributes[a.key]; !declared {
				d.problem(a.at, "%s", unknown("attribute", a.key, names(d.settings.Attributes)))
				continue
			}
		}
		if a.value != nil {
			all = append(all, Expression{Field: FieldAttributes, Attribute: a.key, Op: In, Values: d.attributeValues(a)})
		}
	}
	return all
}

// attributeValues brings values into the form of Expression.Values, by the
// declared type or, without settings, by what they look like in YAML.
func (d *decoder) attributeValues(e entry) []string {
	declared := ""
	if d.settings != nil {
		declared = d.settings.Attributes[e.key].Type
	}
	items := []ast.Node{e.value}
	if list, ok := e.value.(*ast.SequenceNode); ok {
		items = list.Values
	}
	values := d.oneOrMore(e, nil)
	if len(values) != len(items) {
		return values // told already
	}
	for i, item := range items {
		_, whole := item.(*ast.IntegerNode)
		_, fraction := item.(*ast.FloatNode)
		text, cure := typedText(values[i], declared, whole || fraction)
		if cure != "" {
			d.problem(d.at(item), "%s does not fit attribute %s of type %s: %s", quoted(values[i]), e.key, declared, cure)
		}
		values[i] = text
	}
	return values
}

// typedText is a value in the form of Expression.Values: by the declared type or,
// without one, as a number if it looks like one. The cure is for what does not fit.
func typedText(s, declared string, numeric bool) (text, cure string) {
	switch {
	case s == "": // no value
	case declared == "bool" && s != "true" && s != "false":
		return s, "write true or false"
	case declared == "date":
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return s, "write year-month-day, for example 2026-03-02"
		}
	case declared == "number", declared == "" && numeric:
		f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return s, "write a number"
		}
		return numberText(f), ""
	}
	return s, ""
}

func (d *decoder) negation(e entry, depth int) []Expression {
	before := len(d.problems)
	inner := d.conditions(e.value, e.path, depth+1)
	if len(inner) == 0 {
		if len(d.problems) == before {
			d.problem(d.at(e.value), `"not" is empty, so no client would match: write a condition or remove it`)
		}
		return nil
	}
	return []Expression{negated(joinedBy(And, inner))}
}
