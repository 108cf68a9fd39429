package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"seventh/internal/content"
	"seventh/sequences"
	"seventh/templates"
	"seventh/worker"
)

type calendarCommand struct {
	Sequence string `arg:"" help:"The sequence's name, such as c-nurture."`
	Dir      string `arg:"" optional:"" type:"path" help:"Content folder; default: --content, or the built-in content."`
	From     string `placeholder:"DATE" help:"When the client is enrolled: 2027-03-01 or \"2027-03-01 10:00\". Default: now."`
	Until    string `placeholder:"DATE" help:"Where the calendar ends. Default: a year later."`
	TimeZone string `name:"time-zone" placeholder:"ZONE" help:"The client's time zone, such as Europe/Moscow. Default: that of --client, or the company's."`
	Client   string `type:"path" placeholder:"FILE" help:"A client in the API's words, YAML or JSON; events: [{ type: clicked, step: guide, after: 2d }] says what he does. Default: one who does nothing."`
	Calls    string `enum:"done,given-up" default:"done" help:"done: calls and tasks are done on the day they are due; given-up: never."`
	Cadence  bool   `help:"Also the calls that the client's category asks for."`
	JSON     bool   `name:"json" help:"Print the touches as JSON."`
}

// calendar is what is shown.
type calendar struct {
	folder   *content.Folder
	sequence *sequences.Sequence
	sample   sequences.Sample
	work     sequences.Calendar
	zone     *time.Location // the client's
	walk     *sequences.Walk
	stops    []sequences.Stop
}

// Run shows the dated touches that a client would get, without a database.
func (c calendarCommand) Run(p *process, s *Settings) error {
	cal, err := c.load(p, s)
	if err != nil {
		return err
	}
	if err := c.stop(cal); err != nil {
		return err
	}
	if c.JSON {
		return cal.writeJSON(p.stdout)
	}
	return cal.writeTable(p.stdout)
}

func (c calendarCommand) load(p *process, s *Settings) (*calendar, error) {
	fsys, err := s.folder(c.Dir)
	if err != nil {
		return nil, err
	}
	folder, problems, err := content.Load(fsys)
	if err != nil {
		return nil, err
	}
	if mistakes := content.Mistakes(problems); len(mistakes) > 0 {
		report(p.stderr, mistakes)
		return nil, errReported
	}
	cal := &calendar{folder: folder}
	var names []string
	for _, sequence := range folder.Sequences {
		names = append(names, sequence.Name)
		if sequence.Name == c.Sequence {
			cal.sequence = sequence
		}
	}
	if cal.sequence == nil {
		return nil, fmt.Errorf("there is no sequence %q in this folder%s There are: %s", c.Sequence,
			cmp.Or(sequences.DidYouMean(c.Sequence, names), "."), strings.Join(names, ", "))
	}
	if c.Client != "" {
		if cal.sample, err = c.client(p, folder.Settings); err != nil {
			return nil, err
		}
	}
	cal.work, err = folder.Settings.WorkCalendar()
	return cal, err
}

// client reads the file of the sample client.
func (c calendarCommand) client(p *process, settings *sequences.Settings) (sequences.Sample, error) {
	src, err := os.ReadFile(c.Client)
	if err != nil {
		return sequences.Sample{}, fmt.Errorf("reading the client: %w", err)
	}
	list, found := sequences.ParseSamples(shortest(c.Client), src, settings)
	if len(found) > 0 {
		var problems []content.Problem
		for _, problem := range found {
			problems = append(problems, content.Problem(problem))
		}
		report(p.stderr, problems)
		return sequences.Sample{}, errReported
	}
	if len(list) != 1 {
		return sequences.Sample{}, fmt.Errorf("%s holds %s: a calendar is one client's", shortest(c.Client), counted(len(list), "client"))
	}
	return list[0], nil
}

// stop finds the stops of the walk.
func (c calendarCommand) stop(cal *calendar) error {
	settings := cal.folder.Settings
	company, err := sequences.LoadZone(settings.TimeZone)
	if err != nil {
		return err
	}
	cal.zone = company
	if name := cmp.Or(c.TimeZone, cal.sample.TimeZone); name != "" {
		if cal.zone, err = sequences.LoadZone(name); err != nil {
			return err
		}
	}
	from := time.Now().In(cal.zone)
	if c.From != "" {
		moment, err := sequences.ParseMoment(c.From)
		if err != nil {
			return fmt.Errorf("--from: %w", err)
		}
		from = moment.In(cal.zone)
	}
	until := from.AddDate(1, 0, 0)
	if c.Until != "" {
		moment, err := sequences.ParseMoment(c.Until)
		if err != nil {
			return fmt.Errorf("--until: %w", err)
		}
		until = moment.In(cal.zone)
	}
	cal.fit(from)
	window := settings.Windows[cal.sequence.Window]
	zone := company
	if window.TimeZone == sequences.ClientTime || window.TimeZone == "" {
		zone = cal.zone
	}
	cal.walk = &sequences.Walk{
		Sequence: cal.sequence, Timing: sequences.Timing{Window: window, Calendar: cal.work}, Categories: settings.Categories, Zone: zone,
		Facts: cal.sample.Facts(cal.zone), Events: cal.sample.Events, Split: cal.sample.ExternalID,
		From: from, Until: until, GivenUp: c.Calls == "given-up",
	}
	if cal.stops, err = cal.walk.Stops(); err != nil {
		return err
	}
	if c.Cadence {
		calls := sequences.Calls{Hours: settings.CallHours(), Calendar: cal.work, Zone: company}
		cal.stops = append(cal.stops, cal.walk.Calls(calls)...)
		slices.SortStableFunc(cal.stops, func(a, b sequences.Stop) int { return a.At.Compare(b.At) })
	}
	return nil
}

// fit fills in what is not said about the client, so that the sequence is for him:
// a category, a stage, and when he bought.
func (cal *calendar) fit(from time.Time) {
	categories := []string{cal.sample.Category}
	if cal.sample.Category == "" {
		categories = nil
		for _, name := range sequences.Categories {
			if cal.folder.Settings.Categories[name].Chain == cal.sequence.Name {
				categories = append(categories, name)
			}
		}
		categories = append(categories, "C", "D", "B", "A")
	}
	stages, bought := []string{cal.sample.Stage}, []sequences.Moment{cal.sample.LastPurchase}
	if cal.sample.Stage == "" {
		stages = []string{"lead", "interest", "refused_now", "request", "customer", "past_customer"}
	}
	if cal.sample.LastPurchase.IsZero() {
		if moment, err := sequences.ParseMoment(from.AddDate(0, 0, -200).Format(time.DateOnly)); err == nil {
			bought = append(bought, moment)
		}
	}
	for _, purchase := range bought {
		for _, category := range categories {
			for _, stage := range stages {
				fitting := cal.sample
				fitting.Category, fitting.Stage, fitting.LastPurchase = category, stage, purchase
				if cal.sequence.Audience.Match(fitting.Facts(cal.zone), from) {
					cal.sample = fitting
					return
				}
			}
		}
	}
	cal.sample.Category = categories[0]
}

// touchJSON is a touch of a calendar for programs.
type touchJSON struct {
	Step   string `json:"step"`
	Kind   string `json:"kind"`
	At     string `json:"at"`
	Letter string `json:"letter,omitempty"`
}

func isTouch(s *sequences.Stop) bool {
	return s.Kind == sequences.KindEmail || s.Kind == sequences.KindCall || s.Kind == sequences.KindTask
}

func (cal *calendar) writeJSON(w io.Writer) error {
	touches := []touchJSON{}
	for i := range cal.stops {
		if s := &cal.stops[i]; isTouch(s) {
			touches = append(touches, touchJSON{s.Step, string(s.Kind), s.At.In(cal.zone).Format(time.RFC3339), s.Letter})
		}
	}
	return json.NewEncoder(w).Encode(map[string]any{"touches": touches})
}

func (cal *calendar) writeTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var offer time.Time // the deadline that later letters of the run keep
	for i := range cal.stops {
		s := &cal.stops[i]
		if !s.Deadline.IsZero() {
			offer = s.Deadline
		}
		what := s.Says
		if s.Letter != "" {
			what = strings.Join(slices.DeleteFunc([]string{cal.subject(s, offer), s.Says}, func(t string) bool { return t == "" }), "; ")
		}
		if s.Moved != "" {
			what += " (" + s.Moved + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.At.In(cal.zone).Format("Mon 2006-01-02 15:04"), s.Step, s.Kind, strings.TrimSpace(what))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, note := range cal.notes() {
		fmt.Fprintln(w, note)
	}
	return nil
}

// subject is the letter's, as the sample client would read it while an offer holds.
func (cal *calendar) subject(s *sequences.Stop, offer time.Time) string {
	locale := cmp.Or(cal.sample.Locale, cal.folder.Settings.Locale)
	letter := cal.folder.Letters.Letter(s.Letter, locale)
	if letter == nil {
		return s.Letter
	}
	data := templates.SampleData(letter.Locale, s.At)
	data["company"] = worker.CompanyData(cal.folder.Settings)
	if !offer.IsZero() {
		data["offer"].(map[string]any)["expires_at"] = offer
	}
	client := data["client"].(map[string]any)
	for field, value := range map[string]string{"first_name": cal.sample.FirstName, "last_name": cal.sample.LastName, "company": cal.sample.Company} {
		if value != "" {
			client[field] = value
		}
	}
	rendered, err := letter.Render(data)
	if err != nil {
		return s.Letter
	}
	return s.Letter + ": " + rendered.Subject
}

// notes are what a reader should know about the dates.
func (cal *calendar) notes() []string {
	who := fmt.Sprintf("For a client of category %s, stage %s", cmp.Or(cal.sample.Category, "none"), cmp.Or(cal.sample.Stage, "none"))
	if !cal.sample.LastPurchase.IsZero() {
		who += ", who bought last on " + cal.sample.LastPurchase.Text
	}
	if len(cal.sample.Events) == 0 {
		who += ", who does nothing"
	}
	notes := []string{"", fmt.Sprintf("%s. Times are %s. Letters that wait for a window go within its first minutes (spread). Limits, other sequences and talks of reps, which may delay, are not part of this.", who, cal.zone)}
	if !cal.sequence.Audience.Match(cal.sample.Facts(cal.zone), cal.walk.From) {
		notes = append(notes, "This client is not in the audience of "+cal.sequence.Name+": only an enrollment by hand would put him there.")
	}
	var years []string
	for i := range cal.stops {
		year := cal.stops[i].At.Year()
		if text := fmt.Sprint(year); cal.work.Provisional(year) && !slices.Contains(years, text) {
			years = append(years, text)
		}
	}
	if len(years) > 0 {
		notes = append(notes, fmt.Sprintf("The calendar %s of %s is provisional: its moved days off are not decreed yet.", cal.work.Name(), strings.Join(years, ", ")))
	}
	return notes
}
