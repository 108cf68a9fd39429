package rehearsal

import (
	"context"
	"slices"
	"strings"

	"seventh/internal/engine"
	"seventh/internal/inbound"
	"seventh/sequences"
)

// verb is what a line of a timeline may say. Words in capitals stand for one word
// each, the last one with "…" for the rest.
type verb struct {
	pattern string
	do      func(ctx context.Context, p *play, args []string) error
	early   bool // may stand before the story begins
	begins  bool // begins it
	moves   bool // its moment is where time goes
}

// verbs are the language of timelines. CLIENT is an external id, STEP the id of a
// step, REASON and STATE words of the API, MOMENT… a date with a time and a zone if
// need be.
var verbs []verb

func init() { // a verb's deed comes back to the verbs
	verbs = slices.Concat(timeVerbs, crmVerbs, peopleVerbs, clientVerbs, leavingVerbs, answerVerbs, serverVerbs, decisionVerbs, expectVerbs)
}

var timeVerbs = []verb{
	{pattern: "at MOMENT…", begins: true, moves: true, do: func(ctx context.Context, p *play, a []string) error { return p.at(ctx, a[0]) }},
	{pattern: "wait DURATION", do: func(ctx context.Context, p *play, a []string) error { return p.wait(ctx, a[0]) }},
}

// What the CRM tells.
var crmVerbs = []verb{
	{pattern: "enroll CLIENT in SEQUENCE", do: func(ctx context.Context, p *play, a []string) error { return p.enroll(ctx, a[0], a[1], "") }},
	{pattern: "enroll CLIENT in SEQUENCE skipped REASON", do: func(ctx context.Context, p *play, a []string) error { return p.enroll(ctx, a[0], a[1], a[2]) }},
	{pattern: "purchase by CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.event(ctx, "purchase", a[0], nil) }},
	{pattern: "purchase by CLIENT of PRODUCT", do: func(ctx context.Context, p *play, a []string) error {
		return p.event(ctx, "purchase", a[0], map[string]any{"products": []any{a[1]}})
	}},
	{pattern: "category CLIENT CATEGORY", do: func(ctx context.Context, p *play, a []string) error {
		return p.event(ctx, "category_changed", a[0], map[string]any{"category": a[1]})
	}},
	{pattern: "owner CLIENT ADDRESS", do: func(ctx context.Context, p *play, a []string) error {
		return p.event(ctx, "owner_changed", a[0], map[string]any{"owner": a[1]})
	}},
	{pattern: "deal_opened for CLIENT", do: crmEvent("deal_opened")},
	{pattern: "deal_won for CLIENT", do: crmEvent("deal_won")},
	{pattern: "deal_lost for CLIENT", do: crmEvent("deal_lost")},
	{pattern: "meeting_booked for CLIENT", do: crmEvent("meeting_booked")},
	{pattern: "request by CLIENT", do: crmEvent("request")},
	{pattern: "refusal by CLIENT", do: crmEvent("refusal")},
	{pattern: "event NAME for CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.event(ctx, a[0], a[1], nil) }},
	{pattern: "stage CLIENT STAGE", do: func(ctx context.Context, p *play, a []string) error { return p.stage(ctx, a[0], a[1]) }},
	{pattern: "temperature CLIENT TEMPERATURE", do: func(ctx context.Context, p *play, a []string) error { return p.temperature(ctx, a[0], a[1]) }},
	{pattern: "attribute CLIENT NAME VALUE…", do: func(ctx context.Context, p *play, a []string) error { return p.attribute(ctx, a[0], a[1], a[2]) }},
	{pattern: "consent CLIENT BASIS", do: func(ctx context.Context, p *play, a []string) error { return p.consent(ctx, a[0], a[1]) }},
	{pattern: "consent CLIENT withdrawn", do: func(ctx context.Context, p *play, a []string) error { return p.consent(ctx, a[0], "") }},
}

func crmEvent(kind string) func(context.Context, *play, []string) error {
	return func(ctx context.Context, p *play, a []string) error { return p.event(ctx, kind, a[0], nil) }
}

// What reps and marketers do.
var peopleVerbs = []verb{
	{pattern: "call CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.touch(ctx, a[0], "call", "call", "rep") }},
	{pattern: "meeting CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.touch(ctx, a[0], "meeting", "meeting", "rep")
	}},
	{pattern: "done STEP for CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.done(ctx, a[0], a[1]) }},
	{pattern: "pause CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.steer(ctx, a[0], "active", p.engine.PauseEnrollment)
	}},
	{pattern: "resume CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.steer(ctx, a[0], "paused", p.engine.ResumeEnrollment)
	}},
	{pattern: "end CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.steer(ctx, a[0], "active", p.engine.EndEnrollment)
	}},
	{pattern: "pause sequence SEQUENCE", do: func(ctx context.Context, p *play, a []string) error {
		return p.engine.PauseSequence(ctx, a[0], "paused by a marketer", marketer)
	}},
	{pattern: "resume sequence SEQUENCE", do: func(ctx context.Context, p *play, a []string) error {
		return p.engine.ResumeSequence(ctx, a[0], marketer)
	}},
	{pattern: "resume sender ADDRESS", do: func(ctx context.Context, p *play, a []string) error {
		return p.engine.ResumeSender(ctx, a[0], marketer)
	}},
	{pattern: "pause sender ADDRESS", do: func(ctx context.Context, p *play, a []string) error {
		return p.engine.PauseSender(ctx, a[0], "paused by "+marketer, nil)
	}},
	{pattern: "down until MOMENT…", moves: true, do: func(ctx context.Context, p *play, a []string) error { return p.down(ctx, a[0]) }},
	{pattern: "publish EDIT", do: func(ctx context.Context, p *play, a []string) error { return p.publishEdit(ctx, a[0]) }},
	{pattern: "restart worker", do: func(ctx context.Context, p *play, _ []string) error { return p.restart(ctx) }},
}

// marketer is who does what marketers do.
const marketer = "a marketer"

// What clients, and the machines around them, do with a letter.
var clientVerbs = []verb{
	{pattern: "open STEP by CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.opens(ctx, a[0], a[1], "human") }},
	{pattern: "open STEP by CLIENT as machine", do: func(ctx context.Context, p *play, a []string) error { return p.opens(ctx, a[0], a[1], "machine") }},
	{pattern: "click STEP by CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.clicks(ctx, a[0], a[1], "1", "human") }},
	{pattern: "click STEP link NUMBER by CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.clicks(ctx, a[0], a[2], a[1], "human") }},
	{pattern: "click STEP by CLIENT as machine", do: func(ctx context.Context, p *play, a []string) error { return p.clicks(ctx, a[0], a[1], "1", "machine") }},
	{pattern: "click STEP link NUMBER by CLIENT as machine", do: func(ctx context.Context, p *play, a []string) error {
		return p.clicks(ctx, a[0], a[2], a[1], "machine")
	}},
	{pattern: "reply by CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.touch(ctx, a[0], "replied", "email", "human")
	}},
	{pattern: "unsubscribe CLIENT via STEP", do: func(ctx context.Context, p *play, a []string) error { return p.unsubscribe(ctx, a[1], a[0]) }},
	{pattern: "bounce of STEP to CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.answer(ctx, a[0], a[1], inbound.Event{Kind: inbound.Bounced, Class: inbound.ClassInvalid, Permanent: true})
	}},
	{pattern: "bounce of STEP to CLIENT as CLASS", do: func(ctx context.Context, p *play, a []string) error { return p.bounce(ctx, a[0], a[1], a[2]) }},
	{pattern: "delivered STEP to CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.answer(ctx, a[0], a[1], inbound.Event{Kind: inbound.Delivered})
	}},
	{pattern: "complaint about STEP by CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.answer(ctx, a[0], a[1], inbound.Event{Kind: inbound.Complained})
	}},
}

// What their mail servers answer: for ever, or to the next letter only.
var serverVerbs = []verb{
	{pattern: "refuse ADDRESS CODE REPLY…", early: true, do: func(_ context.Context, p *play, a []string) error { return p.refuse(a[0], a[1], a[2], false) }},
	{pattern: "silence ADDRESS", early: true, do: func(_ context.Context, p *play, a []string) error { return p.silence(a[0], false) }},
	{pattern: "silence ADDRESS once", early: true, do: func(_ context.Context, p *play, a []string) error { return p.silence(a[0], true) }},
	{pattern: "refuse ADDRESS once CODE REPLY…", early: true, do: func(_ context.Context, p *play, a []string) error { return p.refuse(a[0], a[1], a[2], true) }},
}

// What is decided about a letter of which nobody knows whether it arrived.
var decisionVerbs = []verb{
	{pattern: "confirm STEP to CLIENT as sent", do: func(ctx context.Context, p *play, a []string) error { return p.confirm(ctx, a[0], a[1], engine.AsSent) }},
	{pattern: "confirm STEP to CLIENT as failed", do: func(ctx context.Context, p *play, a []string) error {
		return p.confirm(ctx, a[0], a[1], engine.AsFailed)
	}},
	{pattern: "confirm STEP to CLIENT as send_again", do: func(ctx context.Context, p *play, a []string) error {
		return p.confirm(ctx, a[0], a[1], engine.AsSendAgain)
	}},
}

// What must have come of it.
var expectVerbs = []verb{
	{pattern: "expect sent STEP to CLIENT on MOMENT…", do: func(ctx context.Context, p *play, a []string) error { return p.expectSent(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect nothing until MOMENT…", moves: true, do: func(ctx context.Context, p *play, a []string) error { return p.expectNothing(ctx, a[0]) }},
	{pattern: "expect STEP to CLIENT says TEXT…", do: func(ctx context.Context, p *play, a []string) error { return p.expectText(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect STEP to CLIENT is STATE", do: func(ctx context.Context, p *play, a []string) error { return p.expectState(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect next STEP for CLIENT on MOMENT…", do: func(ctx context.Context, p *play, a []string) error { return p.expectNext(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect waiting REASON SEQUENCE for CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.expectWaiting(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect why REASON…", do: func(ctx context.Context, p *play, a []string) error { return p.expectWhy(ctx, a[0]) }},
	{pattern: "expect paused sender ADDRESS", do: func(ctx context.Context, p *play, a []string) error { return p.expectPaused(ctx, a[0]) }},
	{pattern: "expect active SEQUENCE for CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.expectEnrollment(ctx, a[0], a[1], "active", "")
	}},
	{pattern: "expect ended REASON SEQUENCE for CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.expectEnrollment(ctx, a[1], a[2], "ended", a[0])
	}},
	{pattern: "expect no chain for CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.expectNoChain(ctx, a[0]) }},
	{pattern: "expect task STEP for CLIENT is STATE", do: func(ctx context.Context, p *play, a []string) error { return p.expectTask(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect task STEP for CLIENT is with ADDRESS", do: func(ctx context.Context, p *play, a []string) error { return p.expectTaskWith(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect STEP to CLIENT because TEXT…", do: func(ctx context.Context, p *play, a []string) error { return p.expectReason(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect call to CLIENT by REP since MOMENT…", do: func(ctx context.Context, p *play, a []string) error { return p.expectCall(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect next call to CLIENT on MOMENT…", do: func(ctx context.Context, p *play, a []string) error { return p.expectNextCall(ctx, a[0], a[1]) }},
	{pattern: "expect no call to CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.expectNextCall(ctx, a[0], "") }},
	{pattern: "expect no task for CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.expectNoTask(ctx, a[0]) }},
	{pattern: "expect notice STEP for CLIENT says TEXT…", do: func(ctx context.Context, p *play, a []string) error { return p.expectNotice(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect decided OUTCOME at STEP for CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.expectDecided(ctx, a[0], a[1], a[2]) }},
	{pattern: "expect category CLIENT CATEGORY", do: func(ctx context.Context, p *play, a []string) error { return p.expectCategory(ctx, a[0], a[1]) }},
	{pattern: "expect branch BRANCH of STEP in SEQUENCE RESULT…", do: func(ctx context.Context, p *play, a []string) error {
		return p.expectBranch(ctx, a[0], a[1], a[2], a[3])
	}},
	{pattern: "expect touch KIND for CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.expectTouch(ctx, a[0], a[1]) }},
	{pattern: "expect mailable ADDRESS", do: func(ctx context.Context, p *play, a []string) error { return p.expectMailable(ctx, a[0]) }},
	{pattern: "expect suppressed REASON ADDRESS", do: func(ctx context.Context, p *play, a []string) error { return p.expectSuppressed(ctx, a[0], a[1]) }},
}

// names are the words in capitals.
func (v *verb) names() []string {
	var names []string
	for _, word := range strings.Fields(v.pattern) {
		if stands(word) {
			names = append(names, word)
		}
	}
	return names
}

// stands tells whether a word of a pattern stands for another.
func stands(word string) bool { return word == strings.ToUpper(word) }

// match returns the words that stand in place of those in capitals, and how many
// others there are.
func (v *verb) match(words []string) (args []string, literal int, fits bool) {
	pattern := strings.Fields(v.pattern)
	for i, p := range pattern {
		switch {
		case i >= len(words):
			return nil, 0, false
		case strings.HasSuffix(p, "…"):
			return append(args, strings.Join(words[i:], " ")), literal, true
		case stands(p):
			args = append(args, words[i])
		case p == words[i]:
			literal++
		default:
			return nil, 0, false
		}
	}
	return args, literal, len(words) == len(pattern)
}

// verbFor is the verb that says most of those a line fits, so that "withdrawn" is no
// basis of consent.
func verbFor(words []string) (best *verb, args []string) {
	most := 0
	for i := range verbs {
		if a, literal, fits := verbs[i].match(words); fits && literal > most {
			best, args, most = &verbs[i], a, literal
		}
	}
	return best, args
}

// noVerb tells what may be written instead of a line that no verb fits.
func noVerb(words []string) string {
	var first, same, expected []string
	for i := range verbs {
		pattern := strings.Fields(verbs[i].pattern)
		if !slices.Contains(first, pattern[0]) {
			first = append(first, pattern[0])
		}
		if pattern[0] != words[0] {
			continue
		}
		same = append(same, verbs[i].pattern)
		if len(words) > 1 && pattern[0] == "expect" && !stands(pattern[1]) {
			expected = append(expected, pattern[1])
		}
	}
	if len(same) == 0 {
		return "nothing happens by the word " + quoted(words[0]) + orElse(sequences.DidYouMean(words[0], first), ". A line begins with "+strings.Join(first, ", ")+".")
	}
	if len(words) > 1 && len(expected) > 0 {
		if suggestion := sequences.DidYouMean(words[1], expected); suggestion != "" && !slices.Contains(expected, words[1]) {
			return "nothing is expected by the word " + quoted(words[1]) + suggestion
		}
		same = slices.DeleteFunc(same, func(pattern string) bool {
			return slices.Contains(expected, words[1]) && strings.Fields(pattern)[1] != words[1]
		})
	}
	return "this line is not complete, or says too much: write `" + strings.Join(same, "` or `") + "`"
}

// quoted shows a word of a file inside a message.
func quoted(word string) string {
	const most = 40
	if r := []rune(word); len(r) > most {
		word = string(r[:most]) + "…"
	}
	return `"` + word + `"`
}
