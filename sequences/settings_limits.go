package sequences

import (
	"strings"
	"time"
)

// Limits say how many automated letters may go to whom. Over a limit a letter
// waits for a date of its own; it is never lost.
type Limits struct {
	Client    *Cap                     `yaml:"client" jsonschema_description:"most automated letters to one client, over all sequences; calls, meetings and letters by a rep count too"`
	Company   *Cap                     `yaml:"company" jsonschema_description:"the same for all clients of one company together"`
	Providers map[string]ProviderLimit `yaml:"providers" jsonschema_description:"limits on letters to one mail provider: mailru, yandex, gmail, microsoft, yahoo, or a domain"`
	Human     Human                    `yaml:"human" jsonschema_description:"when sequences stand back because a person is at it"`
}

// Cap is a number of letters in any stretch of time of a length.
type Cap struct {
	Letters int      `yaml:"letters" jsonschema:"required,minimum=1,maximum=1000" jsonschema_description:"write how many letters, for example letters: 2"`
	In      Duration `yaml:"in" jsonschema:"required" jsonschema_description:"write in how much time, for example in: 7d"`
}

// ProviderLimit is how much may go to one mail provider, from all senders.
type ProviderLimit struct {
	Rate       Rate `yaml:"rate" jsonschema_description:"most letters per second, minute or hour"`
	DailyLimit int  `yaml:"daily_limit" jsonschema:"minimum=1,maximum=10000000" jsonschema_description:"most letters on a day of the company's time zone"`
}

// What sequences do while a deal of the client is open.
const (
	DealsWait   = "wait"
	DealsIgnore = "ignore"
)

// Human says when sequences stand back for a person.
type Human struct {
	Quiet     Duration `yaml:"quiet" jsonschema_description:"no automated letters for this long after a rep's call, meeting or letter"`
	OpenDeals string   `yaml:"open_deals" jsonschema:"enum=wait,enum=ignore,default=ignore" jsonschema_description:"wait: no automated letters from deal_opened until deal_won or deal_lost"`
}

// Elapsed is a duration of a fixed length, with days of 24 hours; false for months
// and business days, which have none.
func (d Duration) Elapsed() (time.Duration, bool) {
	unit, fixed := map[Unit]time.Duration{Minute: time.Minute, Hour: time.Hour, Day: 24 * time.Hour, Week: 7 * 24 * time.Hour}[d.Unit]
	return time.Duration(d.N) * unit, fixed
}

// Span is the length of the stretch.
func (c *Cap) Span() time.Duration {
	span, _ := c.In.Elapsed() // check lets only such through
	return span
}

// QuietFor is how long sequences are silent after a rep's touch; 0 for not at all.
func (h Human) QuietFor() time.Duration {
	span, _ := h.Quiet.Elapsed() // check lets only such through
	return span
}

func (l *Limits) check(d *decoder) {
	if l.Client != nil {
		d.elapsed("limits.client.in", l.Client.In)
	}
	if l.Company != nil {
		d.elapsed("limits.company.in", l.Company.In)
	}
	d.elapsed("limits.human.quiet", l.Human.Quiet)
	for _, name := range names(l.Providers) {
		path := "limits.providers." + name
		group, known := providerOf[name]
		switch {
		case known:
			d.problem(d.keys[path], "%s belongs to the provider %s: write %s, which counts all its domains together", quoted(name), group, group)
		case providerDomains[name] == nil && (!strings.Contains(name, ".") || name != strings.ToLower(name)):
			d.problem(d.keys[path], "%s", unknown("provider", name, Providers())+" Or write a domain in small letters, for example example.com.")
		}
		_, rate := d.keys[path+".rate"]
		_, daily := d.keys[path+".daily_limit"]
		if !rate && !daily && d.spots[path] != d.keys[path] {
			d.problem(d.spotOf(path), "this provider has no limit: write rate, daily_limit or both, for example { rate: 20/m, daily_limit: 2000 }")
		}
	}
}

// elapsed refuses durations whose length depends on the calendar.
func (d *decoder) elapsed(path string, v Duration) {
	if _, fixed := v.Elapsed(); !fixed && !v.IsZero() {
		d.problem(d.spotOf(path), "%s has no fixed length: write minutes, hours, days or weeks, for example 7d", quoted(v.String()))
	}
}
