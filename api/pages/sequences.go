package pages

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
)

type sequencesPage struct {
	frame
	Zone      string
	Sequences []sequenceCard
	Senders   []senderLine
	MayResume bool
}

// sequenceCard is a published sequence and how it does.
type sequenceCard struct {
	Name      string
	Title     string
	Version   int
	Automatic bool
	Priority  int
	Sender    string
	Hours     string
	Active    int
	Paused    int
	Ended     []endCount
	Steps     []stepLine
	Stopped   *pausedPart
	Dry       *dryPart
}

// pausedPart says why nothing goes, and until when.
type pausedPart struct {
	Why   string
	Since moment
	Until *moment // nil: until a person resumes
}

// senderLine is a mailbox and how it does today.
type senderLine struct {
	Name   string
	Email  string
	Sent   int
	Limit  int // 0: any number
	Rate   string
	Paused *pausedPart
}

type endCount struct {
	Why    string
	People int
}

type stepLine struct {
	Step    string
	Letter  string
	After   string
	Waiting int // people whose next step it is
	Sent    int
	Opened  int
	Clicked int
	Failed  int
}

var sequencesView = parse[sequencesPage]("sequences.html")

func (s *site) listSequences(c echo.Context) error {
	ctx := c.Request().Context()
	page := sequencesPage{frame: frameOf(c, "sequences", "Sequences")}
	people, err := store.CountPeople(ctx, s.DB)
	if err != nil {
		return err
	}
	letters, err := store.CountLetters(ctx, s.DB)
	if err != nil {
		return err
	}
	page.Zone, page.MayResume = page.scene.zone.String(), page.User.Role != "rep"
	if page.scene.catalog == nil {
		return sequencesView.render(c, http.StatusOK, page)
	}
	pauses, err := s.Engine.Pauses(ctx, s.DB, store.PausedSequence, page.scene.now)
	if err != nil {
		return err
	}
	runways, err := s.Engine.Runway(ctx, s.DB, page.scene.now)
	if err != nil {
		return err
	}
	for _, v := range page.scene.catalog.Sequences() {
		card := sequenceOf(v, people, letters)
		card.Stopped = page.scene.paused(pauses[card.Name])
		card.Dry = page.scene.dry(runways, card.Name)
		page.Sequences = append(page.Sequences, card)
	}
	standings, err := s.Engine.Standings(ctx, s.DB)
	if err != nil {
		return err
	}
	for _, st := range standings {
		page.Senders = append(page.Senders, senderLine{
			Name: orElse(st.Sender.Name, st.Name), Email: st.Email, Sent: st.Sent, Limit: st.Limit, Rate: st.Rate, Paused: page.scene.paused(st.Pause),
		})
	}
	return sequencesView.render(c, http.StatusOK, page)
}

func (sc scene) paused(p *store.Pause) *pausedPart {
	if p == nil {
		return nil
	}
	part := &pausedPart{Why: p.Reason, Since: at(p.Since, sc.zone)}
	if p.Until != nil {
		until := at(*p.Until, sc.zone)
		part.Until = &until
	}
	return part
}

// resumeSequence and resumeSender let go on what was paused: marketers and admins do.
func (s *site) resumeSequence(c echo.Context) error {
	return s.resumePaused(c, "name", s.Engine.ResumeSequence)
}
func (s *site) resumeSender(c echo.Context) error {
	return s.resumePaused(c, "email", s.Engine.ResumeSender)
}

func (s *site) resumePaused(c echo.Context, what string, resume func(ctx context.Context, name, by string) error) error {
	ctx, user := c.Request().Context(), frameOf(c, "", "").User
	if user.Role == "rep" {
		return problem{http.StatusForbidden, "Only marketers decide about this. Ask one of them."}
	}
	flash := "Resumed. Letters that waited go out again."
	if err := resume(ctx, param(c, what), user.Email); errors.Is(err, engine.ErrNotPaused) {
		flash = "It was not paused any more."
	} else if err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	return c.Redirect(http.StatusSeeOther, "/sequences")
}

func sequenceOf(v *engine.Version, people []store.PeopleCount, letters []store.StepFunnel) sequenceCard {
	q := v.Sequence
	card := sequenceCard{
		Name: q.Name, Title: q.Title, Version: v.Number, Automatic: q.Enroll == sequences.Automatic, Priority: q.Priority,
		Sender: q.Sender, Hours: hours(v.Window),
	}
	if q.Sender == sequences.Owner {
		card.Sender = "the client’s rep"
	}
	waiting := make(map[string]int)
	for _, p := range people {
		if p.Sequence != q.Name {
			continue
		}
		switch p.State {
		case "active":
			card.Active += p.People
			waiting[p.Place] += p.People
		case "paused":
			card.Paused += p.People
			waiting[p.Place] += p.People
		case "ended":
			card.Ended = append(card.Ended, endCount{Why: phrase(p.Place), People: p.People})
		}
	}
	for _, step := range q.Steps {
		line := stepLine{Step: step.ID, Letter: step.Email.First(), After: later(step), Waiting: waiting[step.ID]}
		for _, f := range letters {
			if f.Sequence == q.Name && f.Step == step.ID {
				line.Sent, line.Opened, line.Clicked, line.Failed = f.Sent, f.Opened, f.Clicked, f.Failed
			}
		}
		card.Steps = append(card.Steps, line)
	}
	return card
}
