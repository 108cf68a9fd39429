package pages

import (
	"context"
	"errors"
	"net/http"
	"slices"

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
	Bounces   *mailboxPart // nil if no mailbox is for bounces
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
	Splits    []splitPart
	Stopped   *pausedPart
	Dry       *dryPart
	Disliked  []store.Disliked // letters that mail servers refuse for what they say
}

// pausedPart says why nothing goes, and until when.
type pausedPart struct {
	Why   string
	Since moment
	Until *moment // nil: until a person resumes
}

// senderLine is who letters come from and how it does today.
type senderLine struct {
	Name    string
	Email   string
	Sent    int
	Limit   int // 0: any number
	Rate    string
	Paused  *pausedPart
	Mailbox *mailboxPart // nil for none
}

type endCount struct {
	Why    string
	People int
}

// splitPart is a split with what came of each of its branches.
type splitPart struct {
	Step     string
	Branches []store.BranchResult
}

type stepLine struct {
	Step    string
	Kind    sequences.Kind
	Does    string
	Depth   int    // how many steps it stands within
	Branch  string // of which branch it is the first, '' for none
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
	disliked, err := store.ListDisliked(ctx, s.DB)
	if err != nil {
		return err
	}
	for _, v := range page.scene.catalog.Sequences() {
		card := sequenceOf(v, people, letters)
		if card.Splits, err = s.splitsOf(ctx, v.Sequence); err != nil {
			return err
		}
		card.Stopped = page.scene.paused(pauses[card.Name])
		card.Dry = page.scene.dry(runways, card.Name)
		for _, d := range disliked {
			if d.Sequence == card.Name {
				card.Disliked = append(card.Disliked, d)
			}
		}
		page.Sequences = append(page.Sequences, card)
	}
	standings, err := s.Engine.Standings(ctx, s.DB)
	if err != nil {
		return err
	}
	mailboxes, err := s.mailboxParts(ctx, page.scene)
	if err != nil {
		return err
	}
	page.Bounces = mailboxes["bounces"]
	for _, st := range standings {
		page.Senders = append(page.Senders, senderLine{
			Name: orElse(st.Sender.Name, st.Name), Email: st.Email, Sent: st.Sent, Limit: st.Limit, Rate: st.Rate, Paused: page.scene.paused(st.Pause),
			Mailbox: mailboxes["senders."+st.Name],
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
	card.Steps = stepLines(q, q.Steps, 0, "", waiting, letters)
	return card
}

// stepLines are steps in the order of the file, with those in their branches.
func stepLines(q *sequences.Sequence, steps []sequences.Step, depth int, branch string, waiting map[string]int, letters []store.StepFunnel) []stepLine {
	var lines []stepLine
	for i := range steps {
		step := &steps[i]
		line := stepLine{Step: step.ID, Kind: step.Kind(), Does: step.Does(), Depth: min(depth, 4), After: later(*step), Waiting: waiting[step.ID]}
		if i == 0 {
			line.Branch = branch
		}
		for _, f := range letters {
			if f.Sequence == q.Name && f.Step == step.ID {
				line.Sent, line.Opened, line.Clicked, line.Failed = f.Sent, f.Opened, f.Clicked, f.Failed
			}
		}
		lines = append(lines, line)
		lines = append(lines, stepLines(q, step.Then, depth+1, "then", waiting, letters)...)
		lines = append(lines, stepLines(q, step.Else, depth+1, "else", waiting, letters)...)
		for _, b := range step.Split {
			lines = append(lines, stepLines(q, b.Steps, depth+1, b.Name, waiting, letters)...)
		}
	}
	return lines
}

// splitsOf are the splits of a sequence with their results, also of branches that
// nobody has taken.
func (s *site) splitsOf(ctx context.Context, q *sequences.Sequence) ([]splitPart, error) {
	var splits []splitPart
	for step := range q.All() {
		if len(step.Split) == 0 {
			continue
		}
		part := splitPart{Step: step.ID}
		for _, b := range step.Split {
			part.Branches = append(part.Branches, store.BranchResult{Step: step.ID, Branch: b.Name})
		}
		splits = append(splits, part)
	}
	if splits == nil {
		return nil, nil
	}
	results, err := store.BranchResults(ctx, s.DB, q.Name)
	if err != nil {
		return nil, err
	}
	for i := range splits {
		for j := range splits[i].Branches {
			b := &splits[i].Branches[j]
			if at := slices.IndexFunc(results, func(r store.BranchResult) bool { return r.Step == b.Step && r.Branch == b.Branch }); at >= 0 {
				*b = results[at]
			}
		}
	}
	return splits, nil
}
