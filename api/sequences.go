package api

import (
	"context"
	"slices"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
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

// StepJSON is a step with what came of it, and the steps within it.
type StepJSON struct {
	ID       string       `json:"id"`
	Kind     string       `json:"kind" enum:"email,call,task,wait,if,split,set,enroll,end,notify,webhook"`
	Does     string       `json:"does" doc:"What it does, in a few words: if clicked(guide)."`
	After    string       `json:"after" doc:"Delay since the step before; 0 for none, cadence for the time between letters of the client's category."`
	Email    string       `json:"email" doc:"The letter's template, the first one of a repeat; empty for what sends none."`
	Waiting  int          `json:"waiting" doc:"People whose next step this is."`
	Sent     int          `json:"sent"`
	Opened   int          `json:"opened" doc:"Letters opened or clicked, but for hits known to be a machine's."`
	Clicked  int          `json:"clicked" doc:"Letters with a link clicked, but for hits known to be a machine's."`
	Failed   int          `json:"failed" doc:"Letters that failed, or that nobody confirmed."`
	Then     []StepJSON   `json:"then,omitempty" doc:"Of an if: the steps if it holds."`
	Else     []StepJSON   `json:"else,omitempty" doc:"Of an if: the steps if it does not."`
	Branches []BranchJSON `json:"branches,omitempty" doc:"Of a split."`
}

// BranchJSON is one way of a split, with what came of those who took it.
type BranchJSON struct {
	Name      string     `json:"name"`
	Weight    int        `json:"weight"`
	People    int        `json:"people" doc:"Enrollments that took it."`
	Sent      int        `json:"sent" doc:"Letters to them since."`
	Opened    int        `json:"opened" doc:"People who opened one of those."`
	Clicked   int        `json:"clicked" doc:"People who clicked in one of those."`
	Replied   int        `json:"replied" doc:"People who replied since."`
	Purchased int        `json:"purchased" doc:"People who bought since."`
	Steps     []StepJSON `json:"steps" nullable:"false"`
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
		Steps      []StepJSON     `json:"steps" nullable:"false"`
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
	letters, err := store.CountLetters(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	branches, err := store.BranchResults(ctx, s.DB, in.Name)
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
	letters = slices.DeleteFunc(letters, func(f store.StepFunnel) bool { return f.Sequence != in.Name })
	f := funnels{waiting: placesOf(people, in.Name, false), letters: letters, branches: branches}
	answer.Body.Steps = f.steps(version.Sequence.Steps)
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

// funnels is what showing the steps of one sequence takes.
type funnels struct {
	waiting  map[string]int
	letters  []store.StepFunnel // of the sequence
	branches []store.BranchResult
}

func (f *funnels) steps(steps []sequences.Step) []StepJSON {
	shown := make([]StepJSON, len(steps))
	for i := range steps {
		step := &steps[i]
		s := StepJSON{
			ID: step.ID, Kind: string(step.Kind()), Does: step.Does(), After: step.After.String(), Email: step.Email.First(), Waiting: f.waiting[step.ID],
			Then: f.steps(step.Then), Else: f.steps(step.Else),
		}
		for _, l := range f.letters {
			if l.Step == step.ID {
				s.Sent, s.Opened, s.Clicked, s.Failed = l.Sent, l.Opened, l.Clicked, l.Failed
			}
		}
		for b := range step.Split {
			s.Branches = append(s.Branches, f.branch(step.ID, &step.Split[b]))
		}
		shown[i] = s
	}
	return shown
}

func (f *funnels) branch(split string, b *sequences.Branch) BranchJSON {
	shown := BranchJSON{Name: b.Name, Weight: b.Weight, Steps: f.steps(b.Steps)}
	for _, r := range f.branches {
		if r.Step == split && r.Branch == b.Name {
			shown.People, shown.Sent, shown.Opened, shown.Clicked, shown.Replied, shown.Purchased = r.People, r.Sent, r.Opened, r.Clicked, r.Replied, r.Purchased
		}
	}
	return shown
}
