package rehearsal

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"seventh/internal/content"
	"seventh/sequences"
)

// Story is a story that can be played.
type Story struct {
	File    string
	Content string // what it plays on: a folder beside the story, BuiltIn, or "" for where it stands
	Clients []sequences.Sample

	files  []section            // content laid over it from the beginning
	edits  map[string][]section // later publications
	lines  []line
	ledger *section // the touches expected; nil: the timeline expects every letter
	src    []byte
}

// BuiltIn as a story's content is the content in the binary.
const BuiltIn = "built-in"

// The sections that are no content.
const (
	timelineSection = "timeline"
	touchesSection  = "touches"
	clientsYAML     = "clients.yaml"
	clientsJSON     = "clients.json"
)

const maxStory = 4 << 20 // bytes

// line is one of the timeline, understood.
type line struct {
	number int // in the story's file
	text   string
	verb   *verb
	args   []string
}

// Problem is a mistake in a story, or what went otherwise than it says.
type Problem = content.Problem

// Parse reads a story and reports every mistake at once. With any, it cannot be
// played.
func Parse(file string, src []byte) (*Story, []Problem) {
	p := &parser{story: &Story{File: file, src: src, edits: make(map[string][]section)}, lines: strings.Split(string(src), "\n")}
	switch {
	case len(src) > maxStory:
		p.problem(1, "the story is larger than 4 MiB: lay only the files over the content that differ from it")
	case !utf8.Valid(src):
		p.problem(1, "this is not UTF-8: save the file as UTF-8")
	default:
		p.parse()
	}
	slices.SortStableFunc(p.problems, func(a, b Problem) int { return a.Line - b.Line })
	return p.story, p.problems
}

type parser struct {
	story    *Story
	lines    []string
	problems []Problem
}

func (p *parser) problem(line int, format string, args ...any) {
	const most = 100
	if len(p.problems) >= most {
		return
	}
	p.problems = append(p.problems, p.story.problem(line, format, args...))
}

// problem is one about a line of the story.
func (s *Story) problem(number int, format string, args ...any) Problem {
	p := Problem{File: s.File, Line: max(1, number), Column: 1, Message: fmt.Sprintf(format, args...)}
	if text := lineOf(s.src, number); text != "" {
		p.Source = text
		p.Column = 1 + len(text) - len(strings.TrimLeft(text, " \t"))
	}
	return p
}

// lineOf is a line of a text, from 1; "" where there is none.
func lineOf(src []byte, number int) string {
	for ; number > 1; number-- {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			return ""
		}
		src = src[i+1:]
	}
	text, _, _ := bytes.Cut(src, []byte("\n"))
	return strings.ToValidUTF8(strings.TrimRight(string(text), "\r"), "\uFFFD")
}

func (p *parser) parse() {
	comment, files := sections(p.story.src)
	p.comment(comment)
	seen := map[string]int{}
	var timeline *section
	for i := range files {
		f := &files[i]
		if before, twice := seen[f.name]; twice {
			p.problem(f.line-1, "%s stands on line %d already: keep one of them", f.name, before)
			continue
		}
		seen[f.name] = f.line - 1
		switch f.name {
		case timelineSection:
			timeline = f
		case touchesSection:
			p.story.ledger = f
		case clientsYAML, clientsJSON:
			p.clients(f)
		default:
			p.file(f)
		}
	}
	if timeline == nil {
		p.problem(len(p.lines), "there is no timeline: write -- timeline -- and below it what happens, beginning with a line like `at 2027-03-01 10:00 Europe/Moscow`")
		return
	}
	p.timeline(timeline)
}

func (p *parser) comment(c section) {
	for i, text := range strings.Split(string(c.body), "\n") {
		name, found := strings.CutPrefix(strings.TrimSpace(text), "content:")
		if !found {
			continue
		}
		name = strings.TrimSpace(name)
		if name == "" || p.story.Content != "" {
			p.problem(i+1, "a story plays on one content: write `content: built-in` or a folder, for example `content: ../..`")
			continue
		}
		p.story.Content = name
	}
}

func (p *parser) clients(f *section) {
	list, problems := sequences.ParseSamples(p.story.File, f.body, nil)
	for _, problem := range problems {
		problem.Line += f.line - 1
		p.problems = append(p.problems, Problem(problem))
	}
	seen := map[string]bool{}
	for _, known := range p.story.Clients {
		seen[known.ExternalID] = true
	}
	for _, c := range list {
		switch at := f.line - 1 + c.Line; {
		case c.ExternalID == "":
			p.problem(at, "this client has no external_id, by which the timeline names him: add for example external_id: ann")
		case strings.ContainsAny(c.ExternalID, " \t#"):
			p.problem(at, "the timeline cannot name %q: write the external_id without blanks and #", c.ExternalID)
		case seen[c.ExternalID]:
			p.problem(at, "there are two clients %q: give one another external_id", c.ExternalID)
		case len(c.Events) > 0:
			p.problem(at, "events are for `seventh calendar`: in a story the timeline says what happens")
		}
		seen[c.ExternalID] = true
	}
	p.story.Clients = append(p.story.Clients, list...)
}

// file sorts a file into content from the beginning, or that of an edit.
func (p *parser) file(f *section) {
	if !fitName(f.name) {
		p.problem(f.line-1, "%s is no path in a content folder: write it like sequences/own.yaml", f.name)
		return
	}
	if content.Belongs(f.name) {
		p.story.files = append(p.story.files, *f)
		return
	}
	edit, rest, nested := strings.Cut(f.name, "/")
	if nested && content.Belongs(rest) {
		p.story.edits[edit] = append(p.story.edits[edit], section{name: rest, line: f.line, start: f.start, end: f.end, body: f.body})
		return
	}
	known := []string{timelineSection, touchesSection, clientsYAML, content.SettingsFile}
	p.problem(f.line-1, "a story has no part %q%s", f.name, orElse(sequences.DidYouMean(f.name, known),
		". Write clients.yaml, timeline, touches, a file of a content folder like sequences/own.yaml, or one of a later publication like edit/sequences/own.yaml."))
}

func fitName(name string) bool {
	return path.Clean(name) == name && !path.IsAbs(name) && name != ".." && !strings.HasPrefix(name, "../") && !strings.ContainsAny(name, "\\\x00")
}

func orElse(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// timeline understands every line, and that time goes forward.
func (p *parser) timeline(f *section) {
	zone := time.UTC
	var before time.Time
	var beforeLine int
	for i, text := range strings.Split(string(f.body), "\n") {
		words := strings.Fields(uncommented(text))
		if len(words) == 0 {
			continue
		}
		number := f.line + i
		v, args := verbFor(words)
		if v == nil {
			p.problem(number, "%s", noVerb(words))
			continue
		}
		p.story.lines = append(p.story.lines, line{number: number, text: strings.Join(words, " "), verb: v, args: args})
		moments := p.arguments(number, v, args)
		if !v.moves || len(moments) == 0 {
			continue
		}
		if before.IsZero() && moments[0].Zone() != nil {
			zone = moments[0].Zone()
		}
		at := moments[0].In(zone)
		if at.Before(before) {
			p.problem(number, "time only goes forward, and line %d is later already: write a later moment", beforeLine)
			continue
		}
		before, beforeLine = at, number
	}
	p.beginning(f, before.IsZero())
}

// beginning checks that the clock is set before anything happens.
func (p *parser) beginning(f *section, timeless bool) {
	if timeless && len(p.problems) == 0 {
		p.problem(f.line, "the story has no beginning: write a line like `at 2027-03-01 10:00 Europe/Moscow` first")
		return
	}
	for _, l := range p.story.lines {
		switch {
		case l.verb.begins:
			return
		case !l.verb.early:
			p.problem(l.number, "this happens before the story begins: write a line like `at 2027-03-01 10:00 Europe/Moscow` above it")
			return
		}
	}
}

// arguments checks what can be checked without the content.
func (p *parser) arguments(number int, v *verb, args []string) (moments []sequences.Moment) {
	for i, name := range v.names() {
		arg := args[i]
		var err error
		switch name {
		case "CLIENT":
			p.client(number, arg)
		case "MOMENT…":
			var m sequences.Moment
			if m, err = sequences.ParseMoment(arg); err == nil {
				moments = append(moments, m)
			}
		case "DURATION":
			_, err = sequences.ParseDuration(arg)
		case "EDIT":
			if len(p.story.edits[arg]) == 0 {
				p.problem(number, "there are no files of %q%s", arg, orElse(sequences.DidYouMean(arg, edits(p.story)),
					fmt.Sprintf(": add them, for example -- %s/sequences/own.yaml --", arg)))
			}
		case "NUMBER", "CODE":
			if !digits(arg) {
				p.problem(number, "%q is no number: write for example 1", arg)
			}
		}
		if err != nil {
			p.problem(number, "%s", err)
		}
	}
	return moments
}

func edits(s *Story) []string {
	var names []string
	for name := range s.edits {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func digits(s string) bool {
	return s != "" && len(s) < 6 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func (p *parser) client(number int, id string) {
	var ids []string
	for _, c := range p.story.Clients {
		if c.ExternalID == id {
			return
		}
		ids = append(ids, c.ExternalID)
	}
	p.problem(number, "there is no client %q%s", id, orElse(sequences.DidYouMean(id, ids), " in clients.yaml: add him there"))
}

// uncommented is a line without what follows a #.
func uncommented(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "#") {
		return ""
	}
	for i := range text {
		if text[i] == '#' && (text[i-1] == ' ' || text[i-1] == '\t') {
			return text[:i]
		}
	}
	return text
}
