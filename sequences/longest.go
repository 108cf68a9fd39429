package sequences

import "time"

// Longest is when a client who begins at now is through with the sequence at the
// latest, by whatever branches, with reps who do nothing in time. Of clients without
// a cadence of their own it takes the slowest category's.
func (s *Sequence) Longest(now time.Time, settings *Settings) time.Time {
	calendar, err := settings.WorkCalendar()
	if err != nil {
		return now
	}
	t := Timing{Window: settings.Windows[s.Window], Calendar: calendar}
	for _, category := range Categories {
		if pace := Pace(settings.Categories, category); t.Delayed(pace, now).After(t.Delayed(t.Cadence, now)) {
			t.Cadence = pace
		}
	}
	return longest(s.Steps, now, t)
}

func longest(steps []Step, now time.Time, t Timing) time.Time {
	for i := range steps {
		step := &steps[i]
		if due, err := t.Due(*step, now); err == nil {
			now = due
		}
		switch {
		case step.ForRep():
			now = t.Delayed(step.GivesUpAfter(), now)
		case step.Wait != nil:
			now = step.Wait.Until(now, t.Delayed)
		case step.Repeat != nil:
			letters := len(step.Email)
			if times := step.Repeat.Times; times > 0 {
				letters = min(letters, times)
			}
			for range letters - 1 {
				now = t.Delayed(step.Repeat.Every, now)
			}
		}
		latest := now
		for _, branch := range step.branches() {
			if end := longest(branch, now, t); end.After(latest) {
				latest = end
			}
		}
		now = latest
	}
	return now
}
