package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"

	"seventh/internal/engine"
	"seventh/sequences"
)

// What the buttons of the unsubscribe page send beside stretches of time.
const (
	pageField      = "page" // says that our page was there
	choiceField    = "choice"
	chooseAll      = "all"
	chooseSequence = "sequence"
)

// wish is what a POST to an unsubscribe link asks for; the zero wish is to get no
// automated letter any more.
type wish struct {
	sequence bool               // no more of this one only
	every    sequences.Duration // or at most one in so long
	unclear  bool               // our page was sent without a choice: nothing is to change
}

// wishIn reads the body of a POST. Mail programs send "List-Unsubscribe=One-Click" (RFC
// 8058, section 3.1), as a form or in parts, and some send nothing or something of their
// own: whatever is not from our page means everything. Programs that try forms out press
// no button; what they send of our page changes nothing.
func wishIn(contentType string, body []byte) wish {
	fields := formOf(contentType, body)
	if fields.Has("List-Unsubscribe") || !fields.Has(pageField) {
		return wish{}
	}
	switch chosen := fields.Get(choiceField); {
	case chosen == chooseAll:
		return wish{}
	case chosen == chooseSequence:
		return wish{sequence: true}
	default:
		every, err := sequences.ParseDuration(chosen)
		if err == nil && slices.Contains(engine.SlowerLetters, every) {
			return wish{every: every}
		}
	}
	return wish{unclear: true}
}

// formOf are the fields of a form as far as they can be read.
func formOf(contentType string, body []byte) url.Values {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		fields, _ := url.ParseQuery(string(body)) // what is broken is left out
		return fields
	}
	fields := make(url.Values)
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return fields
		}
		value, err := io.ReadAll(part)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fields
		}
		fields.Add(part.FormName(), string(value))
	}
}
