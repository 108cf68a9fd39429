package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/engine"
	"seventh/internal/store"
)

type enrollInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"255" pattern:"^[\\x21-\\x7e]+$" doc:"The same key with the same body is answered with the same bytes for 24 hours, and enrolls nobody again."`
	Body struct {
		Sequence string   `json:"sequence"`
		Clients  []string `json:"clients,omitempty" minItems:"1" maxItems:"10000" doc:"The CRM's ids. Either these or a segment."`
		Segment  string   `json:"segment,omitempty" doc:"The name of a segment: whoever it matches now."`
		DryRun   bool     `json:"dry_run,omitempty" doc:"Tells what would happen and changes nothing."`
	}
}

type enrolledJSON struct {
	Enrolled int              `json:"enrolled"`
	Skipped  []engine.Skipped `json:"skipped" nullable:"false" doc:"Who was left out, and why; the first 1,000 of a segment."`
	Reasons  map[string]int   `json:"reasons" doc:"How many were left out, by reason."`
	DryRun   bool             `json:"dry_run"`
}

type enrolledAnswer struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true: this answer was given before."`
	Body     enrolledJSON
}

// enroll puts clients in a sequence. The answer is stored in the transaction of
// what it describes, so that a repeated request finds both or neither.
func (s *server) enroll(ctx context.Context, in *enrollInput) (*enrolledAnswer, error) {
	check := (&rules{}).check()
	if (in.Body.Clients == nil) == (in.Body.Segment == "") {
		check.add("body.clients", "or a segment must be given, and not both", nil)
	}
	if err := check.err(); err != nil {
		return nil, err
	}
	if _, err := s.catalog(ctx); err != nil {
		return nil, err
	}
	var answer *enrolledAnswer
	err := store.Tx(ctx, s.DB, func(tx pgx.Tx) error {
		var err error
		answer, err = s.enrollOnce(ctx, tx, in)
		return err
	})
	return answer, err
}

func (s *server) enrollOnce(ctx context.Context, tx pgx.Tx, in *enrollInput) (*enrolledAnswer, error) {
	request, err := json.Marshal(in.Body) // spaces and the order of fields make no other request
	if err != nil {
		return nil, fmt.Errorf("encoding the request: %w", err)
	}
	who, hash := callerOf(ctx).id, sha256.Sum256(request)
	if in.Key != "" {
		before, err := store.BeginIdempotent(ctx, tx, who, in.Key, hash[:])
		if err != nil {
			return nil, err
		}
		if before != nil {
			return replay(before)
		}
	}
	result, err := s.Engine.Enroll(ctx, tx, engine.EnrollRequest{
		Sequence: in.Body.Sequence, Clients: in.Body.Clients, Segment: in.Body.Segment, DryRun: in.Body.DryRun,
	})
	if err != nil {
		return nil, err
	}
	answer := &enrolledAnswer{Body: enrolledJSON{
		Enrolled: result.Enrolled, Skipped: result.Skipped, Reasons: result.Reasons, DryRun: in.Body.DryRun,
	}}
	if in.Key == "" {
		return answer, nil
	}
	body, err := json.Marshal(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return answer, store.EndIdempotent(ctx, tx, who, in.Key, store.Answer{Status: http.StatusOK, Body: body})
}

// replay gives an earlier answer. Its bytes are the same as then: the same fields
// are written in the same order.
func replay(before *store.Answer) (*enrolledAnswer, error) {
	answer := &enrolledAnswer{Replayed: "true"}
	if err := json.Unmarshal(before.Body, &answer.Body); err != nil {
		return nil, fmt.Errorf("decoding a stored answer: %w", err)
	}
	return answer, nil
}

// enrollmentJSON is one client's way through a sequence.
type enrollmentJSON struct {
	ID        int64      `json:"id"`
	Client    string     `json:"client"`
	Sequence  string     `json:"sequence"`
	State     string     `json:"state" enum:"active,paused,ended"`
	Origin    string     `json:"origin" enum:"automatic,api"`
	Priority  int        `json:"priority"`
	LastStep  string     `json:"last_step"`
	NextStep  string     `json:"next_step"`
	NextAt    *time.Time `json:"next_at" doc:"null while a letter is under way, or something holds the enrollment."`
	Waiting   string     `json:"waiting" doc:"What holds or delays it; empty for nothing."`
	Reason    string     `json:"reason" doc:"The same for people, with the date: waits: daily limit of ann@example.com reached, goes Tue 3 Mar 10:00 UTC."`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`
	EndReason *string    `json:"end_reason"`
}

func showEnrollment(e *store.Enrollment) enrollmentJSON {
	return enrollmentJSON{
		ID: e.ID, Client: e.Client, Sequence: e.Sequence, State: e.State, Origin: e.Origin, Priority: e.Priority,
		LastStep: e.LastStep, NextStep: e.NextStep, NextAt: utc(e.NextAt), Waiting: e.Waiting, Reason: whyItWaits(e),
		StartedAt: e.StartedAt.UTC(), EndedAt: utc(e.EndedAt), EndReason: e.EndReason,
	}
}

// whyItWaits says in words what an enrollment waits for, and until when.
func whyItWaits(e *store.Enrollment) string {
	why := engine.WhyItWaits(e.Waiting, e.WaitingDetail)
	if why == "" || e.State != "active" {
		return ""
	}
	if e.NextAt == nil {
		return "waits: " + why
	}
	goes := ", goes "
	if e.Waiting == "task" || e.Waiting == "event" { // it may come sooner
		goes = ", goes on at the latest "
	}
	return "waits: " + why + goes + e.NextAt.UTC().Format("Mon 2 Jan 15:04 MST")
}

// enrollments lists them.
func (s *server) enrollments(ctx context.Context, in *struct {
	Paging
	Client   string `query:"client"`
	Sequence string `query:"sequence"`
	State    string `query:"state" enum:"active,paused,ended"`
}) (*list[enrollmentJSON], error) {
	before, err := lastID("enrollments", in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := store.ListEnrollments(ctx, s.DB, store.EnrollmentFilter{
		Client: in.Client, Sequence: in.Sequence, State: in.State, Before: before, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, showEnrollment, func(e *store.Enrollment) string { return idCursor("enrollments", e.ID) }), nil
}

type enrollmentPath struct {
	ID int64 `path:"id"`
}

type enrollmentAnswer struct{ Body enrollmentJSON }

func (s *server) pause(ctx context.Context, in *enrollmentPath) (*enrollmentAnswer, error) {
	return s.steer(ctx, in.ID, s.Engine.PauseEnrollment)
}

func (s *server) resume(ctx context.Context, in *enrollmentPath) (*enrollmentAnswer, error) {
	return s.steer(ctx, in.ID, s.Engine.ResumeEnrollment)
}

func (s *server) end(ctx context.Context, in *enrollmentPath) (*enrollmentAnswer, error) {
	return s.steer(ctx, in.ID, s.Engine.EndEnrollment)
}

// steer does one thing to an enrollment and shows how it stands then.
func (s *server) steer(ctx context.Context, id int64, do func(context.Context, int64) error) (*enrollmentAnswer, error) {
	if err := do(ctx, id); err != nil {
		return nil, err
	}
	enrollment, err := store.EnrollmentByID(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	return &enrollmentAnswer{Body: showEnrollment(&enrollment)}, nil
}
