package pages

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// phrases says the engine's values in plain English; what is not here is shown
// with spaces for underscores.
var phrases = map[string]string{
	"": "–",
	// stages
	"refused_now": "refused for now", "refused_target": "refused, still a target", "not_target": "not our client",
	"past_customer": "past customer",
	// why an enrollment ended
	"finished": "all letters were sent", "replied": "the client replied", "unsubscribed": "the client unsubscribed",
	"bounced": "the address takes no letters", "complained": "the client complained of spam", "purchased": "the client bought",
	"category_changed": "the client's category changed", "goal": "the goal was reached", "manual": "somebody ended it",
	"erased": "the client was erased", "sequence_removed": "the sequence was removed",
	// consent
	"opt_in": "opted in", "double_opt_in": "opted in, confirmed", "legitimate_interest": "legitimate interest",
}

// endedBecause says why a client's enrollment ended: a refusal that makes him no client of
// ours ends it by hand.
func endedBecause(reason, stage string) string {
	if reason == "manual" && stage == "not_target" {
		return phrase(stage)
	}
	return phrase(reason)
}

// lostWords say of an outcome as the mailer writes it (mail.Outcome) where its letter
// was lost; "" for another reason.
func lostWords(reason string) string {
	rest, lost := strings.CutPrefix(reason, "unconfirmed at ")
	if !lost {
		return ""
	}
	if strings.HasPrefix(rest, "dot") {
		return "the connection broke before the server answered"
	}
	return "the connection broke while the letter was on the wire"
}

// day is a date of an answer (2026-12-07) as dates are shown elsewhere.
func day(date string) string {
	if t, err := time.Parse(time.DateOnly, date); err == nil {
		return t.Format("Mon 2 Jan 2006")
	}
	return date
}

func phrase(value string) string {
	if p, ok := phrases[value]; ok {
		return p
	}
	return strings.ReplaceAll(value, "_", " ")
}

// holds says what an enrollment without a date waits for (enrollments.waiting).
var holds = map[string]string{
	"no_consent":  "On hold: the client has given no consent that allows automated letters.",
	"no_email":    "On hold: the client has no e-mail address.",
	"suppressed":  "On hold: the address must not be mailed.",
	"not_target":  "On hold: the client is marked as not our client.",
	"unconfirmed": "On hold: nobody knows whether the last letter arrived. It goes on when that is cleared up.",
	"content":     "On hold: the next letter cannot be written from its template. A new publication cures that.",
	"letters":     "The client has had all letters there are. It goes on when new ones are published.",
	"audience":    "On hold: the sequence is not for a client who has bought, or who has not.",
	"resumed":     "A hold is over: the next date is being worked out.",
}

// states says where a letter on its way is.
var states = map[string]string{
	"planned":      "in the queue",
	"claimed":      "being written",
	"transmitting": "being handed to the mail server right now",
	"held":         "held back",
	"sent":         "sent",
	"failed":       "not delivered",
	"unconfirmed":  "not confirmed",
	"cancelled":    "cancelled",
}

// kinds says what a touch is, in a filter.
var kinds = map[string]string{
	"sent": "Letter sent", "failed": "Letter failed", "unconfirmed": "Letter not confirmed", "delivered": "Delivered", "opened": "Opened",
	"clicked": "Clicked", "replied": "Replied", "auto_replied": "Automatic reply", "bounced": "Bounced", "complained": "Marked as spam",
	"unsubscribed": "Unsubscribed", "preference": "Asked for fewer letters", "call": "Call", "meeting": "Meeting", "note": "Note", "purchase": "Purchase",
	"deal_opened": "Deal opened", "deal_won": "Deal won", "deal_lost": "Deal lost", "meeting_booked": "Meeting booked", "request": "Request",
	"refusal": "Refusal", "owner_changed": "New owner", "category_changed": "New category",
}

func kindName(kind string) string {
	if name, ok := kinds[kind]; ok {
		return name
	}
	name := strings.ReplaceAll(strings.TrimPrefix(kind, "custom:"), "_", " ")
	if name == "" {
		return "Something"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// happened says what a row of the feed is about.
func happened(r store.Touch) string {
	text := kindName(r.Kind)
	switch r.Kind {
	case "sent", "failed", "unconfirmed":
		return text + ": “" + orElse(r.Subject, "no subject") + "”"
	case "clicked":
		text = fmt.Sprintf("Clicked link %d", r.Link+1)
	case "unsubscribed", "preference":
		return asked(r)
	case "replied", "auto_replied":
		return answered(r)
	case "owner_changed":
		return withDetail(text, detail(r.Data, "owner"))
	case "category_changed":
		return withDetail(text, detail(r.Data, "category"))
	}
	if r.Kind == "opened" || r.Kind == "clicked" {
		text += byActor(r.Actor) + times(r.Data["count"])
		if r.Subject != "" {
			text += " · “" + r.Subject + "”"
		}
		return text
	}
	return withDetail(text, detail(r.Data, "products", "amount", "reason", "note", "text", "subject", "diagnostic"))
}

func byActor(actor string) string {
	switch actor {
	case "machine":
		return " by a machine"
	case "unknown":
		return ", perhaps by a mail program"
	}
	return ""
}

func times(count any) string {
	if n, _ := count.(float64); n > 1 {
		return fmt.Sprintf(", %.0f times", n)
	}
	return ""
}

// detail joins those of a touch's facts that a person would ask for.
func detail(data map[string]any, keys ...string) string {
	var parts []string
	for _, key := range keys {
		switch value := data[key].(type) {
		case string:
			parts = append(parts, value)
		case float64:
			parts = append(parts, fmt.Sprintf("%.10g", value))
		case []any:
			for _, v := range value {
				if text, ok := v.(string); ok {
					parts = append(parts, text)
				}
			}
		}
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return strings.Join(parts, ", ")
}

func withDetail(text, detail string) string {
	if detail == "" {
		return text
	}
	return text + ": " + detail
}

func orElse(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

var units = map[sequences.Unit]string{
	sequences.Minute: "minute", sequences.Hour: "hour", sequences.Day: "day", sequences.Week: "week",
	sequences.Month: "month", sequences.BusinessDay: "business day",
}

// span is a duration in words; "" for none.
func span(d sequences.Duration) string {
	if d.IsZero() {
		return ""
	}
	if d.Unit == sequences.Cadence {
		return "the usual time between letters"
	}
	return counted(d.N, units[d.Unit])
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// hours says when a window is open.
func hours(w sequences.Window) string {
	var parts []string
	for _, r := range w.Ranges {
		parts = append(parts, strings.ReplaceAll(r.String(), "-", "–"))
	}
	if len(w.Days) == 0 && len(parts) == 0 {
		return "at any time"
	}
	text := strings.TrimSpace(days(w.Days) + " " + strings.Join(parts, ", "))
	switch w.TimeZone {
	case sequences.ClientTime:
		text += " in the client’s time"
	case sequences.RepTime:
		text += " in the rep’s time"
	case sequences.CompanyTime:
		text += " in the company’s time"
	}
	if w.Holidays != sequences.IgnoreHolidays {
		text += ", not on holidays"
	}
	return text
}

// days names days of the week, three and more in a row as a range.
func days(list []time.Weekday) string {
	var parts []string
	for from := 0; from < len(list); {
		to := from
		for to+1 < len(list) && (list[to]+1)%7 == list[to+1] {
			to++
		}
		if to-from >= 2 {
			parts = append(parts, list[from].String()[:3]+"–"+list[to].String()[:3])
			from = to + 1
			continue
		}
		parts = append(parts, list[from].String()[:3])
		from++
	}
	return strings.Join(parts, ", ")
}
