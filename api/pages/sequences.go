package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
)

type sequencesPage struct {
	frame
	Sequences []sequenceCard
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
	if page.scene.catalog != nil {
		for _, v := range page.scene.catalog.Sequences() {
			page.Sequences = append(page.Sequences, sequenceOf(v, people, letters))
		}
	}
	return sequencesView.render(c, http.StatusOK, page)
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
		line := stepLine{Step: step.ID, Letter: step.Email, After: later(step), Waiting: waiting[step.ID]}
		for _, f := range letters {
			if f.Sequence == q.Name && f.Step == step.ID {
				line.Sent, line.Opened, line.Clicked, line.Failed = f.Sent, f.Opened, f.Clicked, f.Failed
			}
		}
		card.Steps = append(card.Steps, line)
	}
	return card
}
