package sequences

import "slices"

// Categories are the classes of clients, in order of closeness to a purchase.
var Categories = []string{"A", "B", "C", "D"}

// none in the place of a pace or a chain takes the built-in one away.
const none = "none"

// Category is how often clients of a category hear from us.
type Category struct {
	Title     string   `yaml:"title" jsonschema_description:"what people read"`
	Letters   Duration `yaml:"letters" none:"too" jsonschema:"pattern=^(none|[0-9]+(m|h|d|w|mo|bd))$" jsonschema_description:"time between automated letters: what the word cadence means in its sequence; or none"`
	Calls     Span     `yaml:"calls" none:"too" jsonschema_description:"time between the rep's calls, for example 1mo, or from-to: 2w-4w; or none"`
	Chain     string   `yaml:"chain" none:"too" jsonschema_description:"the sequence that clients of the category get their letters from, which should never run out of letters; or none"`
	Automated *bool    `yaml:"automated" jsonschema_description:"false: no automated letters at all"` // never nil after ParseSettings

	// Where the chain stands, for checks against other files; 0 for a built-in one.
	Line   int `yaml:"-"`
	Column int `yaml:"-"`
}

// builtInCategories is the cadence that holds until seventh.yaml changes it.
func builtInCategories() map[string]Category {
	yes, no := true, false
	every := func(n int, unit Unit) Span { return Span{Duration{n, unit}, Duration{n, unit}} }
	return map[string]Category{
		"A": {Title: "buys in 1–3 months", Calls: every(1, Week), Automated: &no},
		"B": {Title: "buys in 6–12 months", Calls: Span{Duration{2, Week}, Duration{4, Week}}, Automated: &no},
		"C": {Title: "nobody knows when", Letters: Duration{3, Week}, Calls: every(1, Month), Chain: "c-nurture", Automated: &yes},
		"D": {Title: "will not buy", Letters: Duration{1, Month}, Calls: every(2, Month), Chain: "d-nurture", Automated: &yes},
	}
}

// ChainOf is the category whose letters a sequence brings. A sequence that belongs
// to no category may come to its end; one that does should not.
func (s *Settings) ChainOf(sequence string) (category string, ok bool) {
	for _, name := range names(s.Categories) {
		if c := s.Categories[name]; sequence != "" && c.Chain == sequence && *c.Automated {
			return name, true
		}
	}
	return "", false
}

func (s *Settings) checkCategories(d *decoder) {
	for _, name := range names(s.Categories) {
		path := "categories." + name
		if !slices.Contains(Categories, name) {
			d.problem(d.keys[path], "%s", unknown("category", name, Categories))
			continue
		}
		c := s.Categories[name]
		at, written := d.spots[path+".chain"]
		if !written || c.Chain == "" {
			continue
		}
		d.name(at, c.Chain)
		if !*c.Automated {
			d.problem(at, "clients of category %s get no automated letters, so they need no chain: remove it, or write automated: true", name)
		}
		c.Line, c.Column = at.line, at.column
		s.Categories[name] = c
	}
}

// slowest stands for the pace of a category that has none: a step that says cadence
// would otherwise follow the one before at once.
var slowest = Duration{1, Month}

// Pace is the time between letters that the word cadence means for clients of a
// category: never nothing, so that nobody gets a burst.
func Pace(categories map[string]Category, category string) Duration {
	if letters := categories[category].Letters; !letters.IsZero() {
		return letters
	}
	return slowest
}
