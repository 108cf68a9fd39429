package inbound

import (
	"bytes"
	"strings"
)

// meets reports whether a letter carries an invitation, or somebody's word about one
// (RFC 5546): such letters have hardly a text of their own, and a person has made them.
func meets(l *Letter) bool {
	for _, p := range l.Parts {
		if p.Type != "text/calendar" {
			continue
		}
		switch method(p) {
		case "REQUEST", "REPLY", "COUNTER", "ADD", "DECLINECOUNTER":
			return true
		}
	}
	return false
}

// method is what a calendar is sent for, as its media type says, or itself.
func method(p Part) string {
	if said := p.Params["method"]; said != "" {
		return strings.ToUpper(said)
	}
	_, after, _ := bytes.Cut(bytes.ToUpper(p.Body[:min(len(p.Body), 4<<10)]), []byte("\nMETHOD:"))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	return string(bytes.TrimSpace(line))
}
