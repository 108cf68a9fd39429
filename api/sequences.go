package api

import (
	"context"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// SequenceHead is a sequence as it is published.
type SequenceHead struct {
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Version     int            `json:"version"`
	Enroll      string         `json:"enroll" enum:"automatic,manual"`
	Priority    int            `json:"priority"`
	Enrollments map[string]int `json:"enrollments" doc:"How many are active, paused and ended, in all versions."`
	Paused      *PauseJSON     `json:"paused" doc:"Why no letters of it go; null if they do."`
}

type stepJSON struct {
	ID      string `json:"id"`
	After   string `json:"after" doc:"Delay since the step before; 0 for none."`
	Email   string `json:"email" doc:"The letter's template."`
	Waiting int    `json:"waiting" doc:"People whose next step this is."`
	Sent    int    `json:"sent"`
	Opened  int    `json:"opened" doc:"Letters opened or clicked, but for hits known to be a machine's."`
	Clicked int    `json:"clicked" doc:"Letters with a link clicked, but for hits known to be a machine's."`
	Failed  int    `json:"failed" doc:"Letters that failed, or that nobody confirmed."`
}

type versionJSON struct {
	Version     int       `json:"version"`
	PublishedAt time.Time `json:"published_at"`
	Current     bool      `json:"current" doc:"Who is enrolled now gets it."`
	People      int       `json:"people" doc:"Under way in it."`
}

type sequenceAnswer struct {
	Body struct {
		SequenceHead
		OnChange   string         `json:"on_change" enum:"pin,follow" doc:"pin: who is under way goes on by the steps of his version; follow: by the newest."`
		Versions   []versionJSON  `json:"versions" nullable:"false" doc:"The current version, and those that people are under way in; the newest first."`
		EndReasons map[string]int `json:"end_reasons" doc:"How many ended, by reason."`
		Steps      []stepJSON     `json:"steps" nullable:"false"`
	}
}

// sequences lists what is published.
func (s *server) sequences(ctx context.Context, _ *struct{}) (*list[SequenceHead], error) {
	catalog, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	people, err := store.CountPeople(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	pauses, err := s.pausedSequences(ctx)
	if err != nil {
		return nil, err
	}
	versions := catalog.Sequences()
	show := func(v **engine.Version) SequenceHead { return showHead(*v, people, pauses) }
	return pageOf(versions, len(versions), show, nil), nil
}

func (s *server) pausedSequences(ctx context.Context) (map[string]*store.Pause, error) {
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	return s.Engine.Pauses(ctx, s.DB, store.PausedSequence, now)
}

func showHead(v *engine.Version, people []store.PeopleCount, pauses map[string]*store.Pause) SequenceHead {
	head := SequenceHead{
		Paused: showPause(pauses[v.Sequence.Name]),
		Name:   v.Sequence.Name, Title: v.Sequence.Title, Version: v.Number, Enroll: string(v.Sequence.Enroll), Priority: v.Sequence.Priority,
		Enrollments: map[string]int{"active": 0, "paused": 0, "ended": 0},
	}
	for _, p := range people {
		if p.Sequence == head.Name {
			head.Enrollments[p.State] += p.People
		}
	}
	return head
}

// sequence shows one, with its funnel.
func (s *server) sequence(ctx context.Context, in *struct {
	Name string `path:"name"`
}) (*sequenceAnswer, error) {
	catalog, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	version := catalog.Current(in.Name)
	if version == nil {
		return nil, store.ErrNotFound
	}
	people, err := store.CountPeople(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	funnels, err := store.CountLetters(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	versions, err := store.PeopleByVersion(ctx, s.DB, in.Name)
	if err != nil {
		return nil, err
	}
	answer := &sequenceAnswer{}
	answer.Body.OnChange, answer.Body.Versions = version.Sequence.OnChange, make([]versionJSON, len(versions))
	for i, v := range versions {
		answer.Body.Versions[i] = versionJSON{Version: v.Number, PublishedAt: v.PublishedAt, Current: v.Current, People: v.People}
	}
	pauses, err := s.pausedSequences(ctx)
	if err != nil {
		return nil, err
	}
	answer.Body.SequenceHead = showHead(version, people, pauses)
	answer.Body.EndReasons = placesOf(people, in.Name, true)
	answer.Body.Steps = showSteps(version, placesOf(people, in.Name, false), funnels)
	return answer, nil
}

// placesOf counts a sequence's people by the reason for which they ended, or by
// the step that is next for those who have not.
func placesOf(people []store.PeopleCount, sequence string, ended bool) map[string]int {
	places := make(map[string]int)
	for _, p := range people {
		if p.Sequence == sequence && (p.State == "ended") == ended {
			places[p.Place] += p.People
		}
	}
	return places
}

func showSteps(v *engine.Version, waiting map[string]int, funnels []store.StepFunnel) []stepJSON {
	byStep := make(map[string]store.StepFunnel)
	for _, f := range funnels {
		if f.Sequence == v.Sequence.Name {
			byStep[f.Step] = f
		}
	}
	steps := make([]stepJSON, len(v.Sequence.Steps))
	for i, step := range v.Sequence.Steps {
		f := byStep[step.ID]
		steps[i] = stepJSON{
			ID: step.ID, After: step.After.String(), Email: step.Email.First(), Waiting: waiting[step.ID],
			Sent: f.Sent, Opened: f.Opened, Clicked: f.Clicked, Failed: f.Failed,
		}
	}
	return steps
}
