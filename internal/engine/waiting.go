package engine

import (
	"fmt"
	"strings"

	"seventh/sequences"
)

// WhyItWaits says in plain words what an enrollment waits for, by its waiting and
// waiting_detail: "daily limit of ann@example.com reached". It is "" for what needs
// no words, or is not a limit.
func WhyItWaits(waiting, detail string) string {
	switch waiting {
	case waitsForPriority:
		return "a sequence with a higher priority goes first"
	case waitsForDaily:
		return fmt.Sprintf("daily limit of %s reached", orThe(detail, "the sender"))
	case waitsForRate:
		return fmt.Sprintf("letters of %s go one after the other", orThe(detail, "the sender"))
	case waitsForClient:
		return "the client has had enough letters for now" + inBrackets(detail)
	case waitsForCompany:
		return "the client’s company has had enough letters for now" + inBrackets(detail)
	case waitsForHuman:
		return "a rep was in touch with the client" + inBrackets(detail)
	case waitsForDeal:
		return "a deal of the client is open"
	case waitsForSender:
		return fmt.Sprintf("sending from %s is paused", orThe(detail, "the sender"))
	case waitsForSequence:
		return "the sequence is paused"
	case waitsForWindow:
		return "its hours have not begun"
	case waitsInStep:
		return "a step of it waits for its time"
	case waitsForEvent:
		return "it waits for the client to do something"
	case waitsForTask:
		return "the rep has something to do first"
	case waitsForLetters:
		if detail != "" {
			return fmt.Sprintf("waits for new letters: %s touches so far", detail)
		}
		return "waits for new letters"
	case waitsForAudience:
		return "the sequence is for customers only"
	case waitsForAnswer:
		if detail == "" {
			return "a reply waits for an answer"
		}
		return "a reply waits for an answer of " + detail
	case waitsAway:
		return strings.TrimSpace("the client is away " + detail)
	case waitsForPreference:
		return "the client asked for " + AtMostOne(detail)
	case waitsForRecent:
		return "another letter went not a day before"
	}
	return ""
}

func orThe(detail, instead string) string {
	if detail == "" {
		return instead
	}
	if !strings.ContainsAny(detail, "@.") {
		return "the provider " + detail
	}
	return detail
}

func inBrackets(detail string) string {
	if detail == "" {
		return ""
	}
	return " (" + detail + ")"
}

// AtMostOne says a preference in words: "at most one letter a month".
func AtMostOne(every string) string {
	d, err := sequences.ParseDuration(every)
	switch {
	case err != nil:
		return "fewer letters"
	case d == sequences.Duration{N: 1, Unit: sequences.Month}:
		return "at most one letter a month"
	case d == sequences.Duration{N: 3, Unit: sequences.Month}:
		return "at most one letter a quarter"
	case d.Unit == sequences.Month:
		return fmt.Sprintf("at most one letter in %d months", d.N)
	}
	return "at most one letter in " + every
}
