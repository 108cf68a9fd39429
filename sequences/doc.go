// Package sequences is the language in which marketers say what clients
// receive and when. It turns the YAML of a content folder into typed values and
// answers the questions that need nothing but those values: which step comes
// next, when it is due, who belongs to an audience. It is pure: no database, and
// no clock of its own, so a year of letters can be rehearsed in a second.
//
// # The files
//
// Settings (seventh.yaml, [ParseSettings]) name what the other files refer to:
// senders, windows, client attributes, the company's time zone and calendar.
//
// A sequence (sequences/*.yaml, [ParseSequence]) is a chain of steps for an
// audience:
//
//	sequence: c-nurture
//	audience: { category: C, stage: [lead, interest] }
//	enroll: automatic            # or manual (default): only through the API
//	reentry: { after: 180d }     # never (default), always, or after a finished run
//	priority: 20                 # the higher one wins when two compete for a client
//	sender: owner                # the client's rep (default), or a name from senders
//	window: office               # a name from windows; without it always open
//	exit_on: [purchase]          # unsubscribe, bounce and complaint always stop
//	stop_on: [company_reply]     # holds it until the rep has answered; or reply
//	steps:
//	  - id: guide
//	    email: c/guide
//	  - id: case
//	    after: 21d
//	    email: c/case
//	    offer: { name: spring, expires: 3bd }
//
// A segment (segments/*.yaml, [ParseSegment]) names a [Filter] over clients.
//
// # Mistakes
//
// A parser never stops at the first mistake. It returns every [Problem] with
// the place it stands at and what to write instead. The value that comes with
// problems holds what could be read and is good only for finding more of them.
//
// # Reading the code
//
// yaml.go reads and guards the text, decode.go fills Go values from it driven
// by struct tags (tags.go), and one file for each part of the language adds its own rules
// (settings.go, sequence.go, step.go, filter.go, segment.go). schema.go makes
// JSON Schemas for editors from the same tags. Time lives in duration.go,
// calendar.go, window.go and due.go.
package sequences
