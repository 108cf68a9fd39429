package sequences

import (
	"slices"
	"time"
)

// sampleEvents are the types of events that samples may have, by what conditions
// call them, and the word of exit_on.
var sampleEvents = map[string]struct{ kind, exit string }{
	"opened":           {"opened", ""},
	"clicked":          {"clicked", ""},
	"replied":          {"replied", "reply"},
	"bounced":          {"bounced", "bounce"},
	"complained":       {"complained", "complaint"},
	"unsubscribed":     {"unsubscribed", "unsubscribe"},
	"purchase":         {"purchased", "purchase"},
	"deal_won":         {"purchased", "purchase"},
	"call":             {"called", ""},
	"meeting":          {"met", ""},
	"category_changed": {"category_changed", "category_change"},
}

// eventTypes are all types of events that samples may have, but custom:NAME.
func eventTypes() []string {
	types := names(sampleEvents)
	for _, event := range events {
		if !slices.Contains(types, event) {
			types = append(types, event)
		}
	}
	return types
}

// settle dates the events that come after a step's letter, or after the beginning.
func (w *Walk) settle(step string, at time.Time) {
	var left []SampleEvent
	for _, e := range w.waiting {
		switch {
		case !e.At.IsZero():
			w.happen(happening(e, e.At.In(w.Zone)))
		case e.Step == step || step == "" && e.Step == "":
			w.happen(happening(e, w.Timing.Delayed(e.After, at)))
		default:
			left = append(left, e)
		}
	}
	w.waiting = left
}

func happening(e SampleEvent, at time.Time) Happening {
	h := Happening{Kind: e.Type, Step: e.Step, Human: e.Actor != "machine", At: at}
	if known, ok := sampleEvents[e.Type]; ok {
		h.Kind = known.kind
	}
	return h
}

func (w *Walk) happen(h Happening) {
	i, _ := slices.BinarySearchFunc(w.happens, h.At, func(h Happening, at time.Time) int {
		if h.At.After(at) {
			return 1
		}
		return -1
	})
	w.happens = slices.Insert(w.happens, i, h)
}

// facts are what conditions know at a moment.
func (w *Walk) facts(at time.Time) Facts {
	f := w.Facts
	for _, h := range w.happens {
		if h.At.After(at) {
			break
		}
		f.History = append(f.History, h)
		moment := h.At
		switch h.Kind {
		case "sent", "called", "met", "replied":
			f.Touches++
			f.LastTouchAt = &moment
		case "purchased":
			f.LastPurchaseAt = &moment
		}
		if h.Kind == "called" || h.Kind == "met" || h.Kind == "replied" {
			f.LastHumanTouchAt = &moment
		}
	}
	return f
}

// exits tells whether something ends the sequence by the moment of its next step.
func (w *Walk) exits(by time.Time) bool {
	for _, at := range w.moments(w.From, by) {
		if why := w.exitAt(at); why != "" {
			w.add(Stop{Kind: Reached, At: at.In(w.Zone), Says: why})
			return true
		}
	}
	return false
}

func (w *Walk) exitAt(at time.Time) string {
	for _, h := range w.happens {
		if !h.At.Equal(at) {
			continue
		}
		for name, e := range sampleEvents {
			if e.exit != "" && e.kind == h.Kind && w.Sequence.ExitsOn(e.exit) && (name != "deal_won") {
				return h.Kind
			}
		}
	}
	for _, c := range w.Sequence.ExitOn.Conditions {
		if c.Match(w.facts(at), at) {
			return "goal: " + c.String()
		}
	}
	return ""
}

// moved tells why a step is not when its delay ends.
func (w *Walk) moved(step Step, at time.Time) string {
	raw := w.Timing.Delayed(step.After, w.anchor.In(w.Zone)).In(w.Zone)
	if at.Equal(raw) || !step.Waits() {
		return ""
	}
	window, day := w.Timing.Window, DateOf(raw)
	switch {
	case window.openOn(day.noon(), w.Timing.Calendar):
		return "moved from " + raw.Format("Mon 2 Jan 15:04") + ": outside the hours of window " + window.Name
	case len(window.Days) > 0 && !slices.Contains(window.Days, raw.Weekday()):
		return "moved from " + raw.Format("Mon 2 Jan") + ": no day of window " + window.Name
	}
	return "moved from " + raw.Format("Mon 2 Jan") + ": a holiday"
}

// Calls are those that the category's cadence asks for beside the sequence, each
// done on the day it is due, after Stops. Other talks with the client put them off.
func (w *Walk) Calls(calls Calls) []Stop {
	span := w.Categories[w.Facts.Category].Calls
	if span.IsZero() {
		return nil
	}
	var stops []Stop
	last := w.From
	for len(stops) < mostStops {
		due, _ := calls.Next(span, last)
		if due.After(w.Until) {
			break
		}
		if talk := w.lastTalk(due); talk.After(last) {
			last = talk
			continue
		}
		stops = append(stops, Stop{Kind: KindCall, At: due.In(w.Zone), Says: "cadence of category " + w.Facts.Category})
		last = due
	}
	return stops
}

// lastTalk is when somebody spoke to the client last, before a moment.
func (w *Walk) lastTalk(before time.Time) time.Time {
	var last time.Time
	for _, h := range w.happens {
		if h.At.Before(before) && (h.Kind == "called" || h.Kind == "met" || h.Kind == "replied") {
			last = h.At
		}
	}
	return last
}
