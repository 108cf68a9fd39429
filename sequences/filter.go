package sequences

import "time"

// The fields that a Filter can look at, spelled as in YAML.
const (
	FieldCategory       = "category"
	FieldTemperature    = "temperature"
	FieldStage          = "stage"
	FieldLocale         = "locale"
	FieldOwner          = "owner"
	FieldSource         = "source"
	FieldCompany        = "company"
	FieldProducts       = "products"
	FieldTouches        = "touches"
	FieldLastPurchase   = "last_purchase"
	FieldLastTouch      = "last_touch"
	FieldLastHumanTouch = "last_human_touch"
	FieldAttributes     = "attributes"
	FieldNot            = "not" // of the map form only
)

// Filter picks clients: audience and where. The zero Filter picks everybody.
type Filter struct{ Expression }

// Condition decides in the middle of a sequence: if, wait and exit_on. It knows,
// beside what a Filter knows, what happened since the client was enrolled. The
// zero Condition always holds.
type Condition struct{ Expression }

// Facts are what expressions know about a client. Who evaluates an expression
// fills in what its Uses name.
type Facts struct {
	Category, Temperature, Stage, Locale, Owner, Source, Company string
	Products                                                     []string
	Attributes                                                   map[string]any // as decoded from JSON
	LastPurchaseAt                                               *time.Time

	// Touches that count toward seven: letters sent, calls and meetings held, human
	// replies. The last human one is no automated letter.
	Touches                       int
	LastTouchAt, LastHumanTouchAt *time.Time

	History []Happening
}

// Happening is something that happened to a client since he was enrolled in this run.
type Happening struct {
	// Kind is sent, opened, clicked, replied, bounced, purchased, called, met, done, or
	// an event's type such as deal_won or custom:NAME.
	Kind  string
	Step  string // whose letter or task it belongs to, "" for none
	Human bool   // opened or clicked by a person
	At    time.Time
}
