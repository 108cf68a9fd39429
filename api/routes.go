package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"seventh/api/pages"
)

// routes is the whole surface. An operation names the scope of the keys that may
// call it (keys.go) and its limits (limits.go).
func (s *server) routes() {
	s.huma = humaecho.New(s.echo, s.document())

	// Clients, as the CRM knows them.
	on(s, "PUT /api/v1/clients/{external_id}", clients, usual, "Adds or changes a client; what is missing or null keeps its value", s.putClient)
	on(s, "GET /api/v1/clients/{external_id}", read, usual, "One client", s.client)
	on(s, "DELETE /api/v1/clients/{external_id}", clients, usual, "Erases a client and everything that names him, for good", s.eraseClient)
	on(s, "GET /api/v1/clients/{external_id}/consents", read, usual, "Every ground for mailing a client that was ever recorded, and its withdrawal", s.consents)
	on(s, "GET /api/v1/clients/{external_id}/export", admin, slow, "Everything that is kept about a client, for whoever asks what it is", s.exportClient)
	on(s, "DELETE /api/v1/clients/{external_id}/absence", clients, usual, "Says that a client is back who was out of the office", s.endAbsence)
	on(s, "DELETE /api/v1/clients/{external_id}/preference", clients, usual, "Forgets that a client asked for fewer letters, because he says otherwise now", s.dropPreference)
	on(s, "POST /api/v1/clients/bulk", clients, bulky, "Adds or changes up to 10,000 clients, each wholly or not at all", s.bulk)

	// Reps, so that the CRM can name the owners of clients.
	on(s, "GET /api/v1/reps", read, usual, "Everybody who can own clients", s.reps)
	on(s, "GET /api/v1/reps/{email}", read, usual, "One rep", s.rep)
	on(s, "PUT /api/v1/reps/{email}", clients, usual, "Adds a rep or changes what letters show of him", s.putRep)

	// Enrollments: who goes through which sequence.
	on(s, "POST /api/v1/enrollments", send, slow, "Enrolls clients, or a segment, in a sequence", s.enroll)
	on(s, "GET /api/v1/enrollments", read, usual, "Enrollments, newest first", s.enrollments)
	on(s, "POST /api/v1/enrollments/{id}/pause", send, usual, "Keeps an enrollment from going on", s.pause)
	on(s, "POST /api/v1/enrollments/{id}/resume", send, usual, "Lets a paused enrollment go on", s.resume)
	on(s, "POST /api/v1/enrollments/{id}/end", send, usual, "Ends an enrollment", s.end)

	// The ledger of touches, and what the CRM adds to it.
	on(s, "GET /api/v1/touches", read, usual, "Touches, newest first", s.touches)
	on(s, "POST /api/v1/touches", clients, usual, "Writes down what a person did: a call, a meeting, a letter by hand", s.addTouch)
	on(s, "POST /api/v1/events", clients, usual, "Tells what happened in the CRM, once by its id", s.event)
	on(s, "GET /api/v1/refusals", read, slow, "What clients said no with: reasons and whose side they are on", s.refusals)

	// Tasks: calls and whatever else reps should do.
	on(s, "GET /api/v1/tasks", read, usual, "Tasks, by when they are due", s.tasks)
	on(s, "POST /api/v1/tasks/{id}/done", clients, usual, "Closes a task; the sequence that waits for it goes on. Said again with the same note it changes nothing, with another it is a conflict", s.taskDone)
	on(s, "POST /api/v1/tasks/{id}/suppress", send, usual, "Believes that a client wants no more letters who seems to ask for that, and closes the task", s.suppressByTask)

	// Messages: letters planned, under way and sent.
	on(s, "GET /api/v1/messages", read, usual, "Messages, newest first", s.messages)
	on(s, "GET /api/v1/messages/{id}", read, usual, "One message, by its id or Message-ID", s.message)
	on(s, "POST /api/v1/messages/{id}/confirm", admin, usual, "Decides about a letter of which nobody knows whether it arrived", s.confirmMessage)
	on(s, "POST /api/v1/messages/confirm", admin, slow, "Decides about all such letters, up to 5,000 a call", s.confirmMessages)
	on(s, "GET /api/v1/messages/{id}/eml", read, usual, "The exact bytes that were sent", s.source) // documented as {id}.eml, see sourceSuffix

	// Suppressions: who must not be mailed.
	on(s, "GET /api/v1/suppressions", read, usual, "Suppressed addresses, newest first", s.suppressions)
	on(s, "POST /api/v1/suppressions", send, usual, "Keeps an address from being mailed", s.suppress)
	on(s, "DELETE /api/v1/suppressions", admin, usual, "Lets an address be mailed again; the audit keeps who said so", s.unsuppress)
	on(s, "POST /api/v1/suppressions/import", send, bulky, "Adds a list from elsewhere, up to 200,000 lines; what is known stays as it is", s.importSuppressions)
	on(s, "GET /api/v1/suppressions/export", admin, slow, "The whole list as CSV, which an import takes", s.exportSuppressions)
	on(s, "GET /api/v1/audit", admin, usual, "What people have done that others must be able to check, newest first", s.audit)

	// Sequences as published.
	on(s, "GET /api/v1/sequences", read, usual, "The published sequences, highest priority first", s.sequences)
	on(s, "GET /api/v1/sequences/{name}", read, usual, "One sequence: its steps, who waits at each, and what came of the letters", s.sequence)
	on(s, "POST /api/v1/sequences/{name}/resume", send, usual, "Lets a sequence go on that a breaker has paused", s.resumeSequence)
	on(s, "GET /api/v1/runway", read, usual, "How long the letters of sequences last: when one runs dry, and for how many", s.runway)

	// What webhook steps have told other systems.
	on(s, "GET /api/v1/webhook-deliveries", read, usual, "What steps have told other systems, newest first", s.webhooks)

	// Evidence: what has come back, from providers and mailboxes.
	on(s, "GET /api/v1/evidence", read, usual, "What came back and what was made of it, newest first", s.evidence)
	on(s, "POST /api/v1/evidence/{id}/again", admin, usual, "Reads a piece of evidence again, by the rules of now", s.evidenceAgain)

	// Senders: the mailboxes letters come from.
	on(s, "GET /api/v1/senders", read, usual, "Senders: what they sent today, their limits, and why one is paused", s.senders)
	on(s, "POST /api/v1/senders/{email}/resume", send, usual, "Lets a paused sender go on", s.resumeSender)

	// Mailboxes: where answers and bounces arrive.
	on(s, "GET /api/v1/mailboxes", read, usual, "Mailboxes that are read: when last, and why one cannot be", s.mailboxes)

	// Segments: saved filters over clients.
	on(s, "GET /api/v1/segments", read, usual, "Segments, by name", s.segments)
	on(s, "GET /api/v1/segments/{name}", read, usual, "One segment", s.segment)
	on(s, "PUT /api/v1/segments/{name}", send, usual, "Adds or changes a segment", s.putSegment)
	on(s, "DELETE /api/v1/segments/{name}", send, usual, "Removes a segment", s.deleteSegment)
	on(s, "GET /api/v1/segments/{name}/clients", read, usual, "The clients a segment matches now", s.segmentClients)

	// The restore guard: a database that was restored from a backup sends nothing.
	on(s, "GET /api/v1/guard", read, slow, "Whether a restored backup keeps letters back, and which letters are in doubt", s.guard)
	on(s, "POST /api/v1/guard/confirm", admin, slow, "Confirms a restore, and decides about the letters in doubt", s.confirmRestore)

	// The sandbox's clock.
	if s.Sandbox != nil {
		on(s, "GET /sandbox/clock", anyKey, usual, "Business time", s.clock)
		on(s, "POST /sandbox/clock", anyKey, patient, "Moves business time, and answers when everything that came due has been dealt with", s.advance)
	}

	s.documentBulk()
	s.documentSource()
	s.documentImport()

	e := s.echo
	// Links in letters; only POST /u changes anything.
	e.Match([]string{http.MethodGet, http.MethodHead}, "/o/:token", s.pixel)
	e.Match([]string{http.MethodGet, http.MethodHead}, "/c/:token", s.click)
	e.Match([]string{http.MethodGet, http.MethodHead}, "/u/:token", s.unsubscribePage)
	e.POST("/u/:token", s.unsubscribe)

	// What providers tell of letters: signed, kept raw, and read in jobs.
	e.POST("/hooks/:provider", s.hook)

	// Operations.
	e.GET("/healthz", s.healthz)          // the process answers
	e.GET("/readyz", s.readyz)            // it can work: database, schema, restore guard
	e.GET("/metrics", s.serveMetrics)     // Prometheus
	e.GET("/openapi.json", s.serveSpec()) // the OpenAPI document
	e.GET("/docs", s.docs())              // the same for people
	e.GET("/plain.css", plainCSS)         // style of the few pages here

	// Everything for reps and marketers.
	pages.Register(e, s.pages())
}

// on registers an operation. Its name is "METHOD /path", as in the contract.
func on[I, O any](s *server, name string, need scope, within limits, does string, handler func(context.Context, *I) (*O, error)) {
	method, path, _ := strings.Cut(name, " ")
	operation := huma.Operation{
		Method: method, Path: path, OperationID: operationID(method, path), Summary: does,
		Description: need.describe(), Tags: []string{resourceOf(path)},
		Security:    []map[string][]string{{"key": {}}},
		Middlewares: huma.Middlewares{s.deadline(within), s.authenticated(need), s.limited(within)},
		// limited reads the body under its own limit and deadline. Huma's deadline
		// would stay on the connection and cancel requests that take longer.
		MaxBodyBytes: within.body + 1, BodyReadTimeout: -1,
	}
	huma.Register(s.huma, operation, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// operationID makes "put-clients-external-id" of "PUT" and its path.
func operationID(method, path string) string {
	path = strings.TrimPrefix(path, "/api/v1")
	return strings.ToLower(method) + strings.NewReplacer("/", "-", "_", "-", "{", "", "}", "").Replace(path)
}

// resourceOf is the part of a path that names what it is about.
func resourceOf(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, "/api/v1"), "/"), "/")
	return name
}

// pages hands our options on to the pages.
func (s *server) pages() pages.Options {
	o := pages.Options{
		DB: s.DB, Engine: s.Engine, Log: s.Log, Secret: s.Secret, PublicURL: s.PublicURL, Source: s.Source,
		Secure: strings.HasPrefix(s.PublicURL, "https://"), Content: s.Content,
	}
	if s.Sandbox != nil {
		o.Clock = s.Sandbox
	}
	return o
}

// sourceSuffix lets messages/{id}.eml be a route of its own: echo cannot tell it
// from messages/{id}.
func sourceSuffix(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		url := c.Request().URL
		if id, ok := strings.CutSuffix(url.Path, ".eml"); ok && strings.HasPrefix(id, "/api/v1/messages/") {
			url.Path, url.RawPath = id+"/eml", ""
		}
		return next(c)
	}
}
