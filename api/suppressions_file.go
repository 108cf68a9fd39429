package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"seventh/internal/store"
)

const (
	importLimit  = 200_000 // entries of one import
	importErrors = 1000    // problems of one answer
	textCSV      = "text/csv"
)

// documentImport describes the forms of the body, which huma does not see.
func (s *server) documentImport() {
	spec, most := s.huma.OpenAPI(), importLimit
	item := spec.Components.Schemas.Schema(reflect.TypeFor[suppressionItem](), true, "SuppressionItem")
	spec.Paths["/api/v1/suppressions/import"].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		textCSV:            {Schema: &huma.Schema{Type: huma.TypeString, Description: "The first line names the columns, some of " + strings.Join(store.SuppressionColumns, ", ") + "."}},
		"application/json": {Schema: &huma.Schema{Type: huma.TypeArray, Items: item, MaxItems: &most}},
		ndjson:             {Schema: item},
	}}
}

// importProblem is a line that was left out, and why.
type importProblem struct {
	Line   int                 `json:"line" doc:"From 1."`
	Errors []*huma.ErrorDetail `json:"errors"`
}

type importAnswer struct {
	Body struct {
		Added    int             `json:"added"`
		Known    int             `json:"known" doc:"Were on the list already, and stay as they are."`
		Problems []importProblem `json:"problems" nullable:"false" doc:"Lines that were left out; the first 1,000."`
	}
}

// importSuppressions adds a list that comes from elsewhere: each line wholly or not at
// all. What is on the list already stays as it is, so that it may be sent again.
func (s *server) importSuppressions(ctx context.Context, in *struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte
}) (*importAnswer, error) {
	lines, err := suppressionLines(in.ContentType, in.RawBody)
	if err != nil {
		return nil, err
	}
	catalog, now, err := s.moment(ctx)
	if err != nil {
		return nil, err
	}
	answer := &importAnswer{}
	answer.Body.Problems = []importProblem{}
	list := make([]store.Suppression, 0, len(lines))
	for _, line := range lines {
		x, err := line.item.read("", catalog, now)
		if err = cmp.Or(line.err, err); err == nil {
			list = append(list, x)
		} else if len(answer.Body.Problems) < importErrors {
			answer.Body.Problems = append(answer.Body.Problems, importProblem{Line: line.number, Errors: detailsOf(err)})
		}
	}
	added, err := s.Engine.SuppressMany(ctx, list)
	if err != nil {
		return nil, err
	}
	answer.Body.Added, answer.Body.Known = added, len(list)-added
	return answer, nil
}

// detailsOf are the fields that an error speaks of.
func detailsOf(err error) []*huma.ErrorDetail {
	var model *huma.ErrorModel
	if errors.As(err, &model) {
		return model.Errors
	}
	return []*huma.ErrorDetail{{Message: err.Error()}}
}

// suppressionLine is one entry of an import.
type suppressionLine struct {
	number int
	item   suppressionItem
	err    error // why it cannot be read
}

// suppressionLines reads an import: CSV with a header line, a JSON array, or a JSON
// object on each line.
func suppressionLines(contentType string, body []byte) ([]suppressionLine, error) {
	media, _, err := mime.ParseMediaType(cmp.Or(contentType, textCSV))
	if err != nil || !slices.Contains([]string{textCSV, "application/json", ndjson}, media) {
		return nil, huma.NewError(http.StatusUnsupportedMediaType, "send text/csv (with a header line), application/json (an array) or "+ndjson+" (an object on each line)")
	}
	var lines []suppressionLine
	if media == textCSV {
		lines, err = csvLines(body)
	} else {
		lines, err = jsonLines(media, body)
	}
	if err == nil && len(lines) > importLimit {
		err = huma.Error422UnprocessableEntity(fmt.Sprintf("the list has %d lines, more than %d: send it in parts", len(lines), importLimit))
	}
	return lines, err
}

func csvLines(body []byte) ([]suppressionLine, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))))
	r.FieldsPerRecord, r.ReuseRecord, r.LazyQuotes = -1, true, true
	if head, _, _ := bytes.Cut(body, []byte("\n")); bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		r.Comma = ';' // as spreadsheets write it where the comma stands in numbers
	}
	header, err := r.Read()
	if err != nil {
		return nil, huma.Error400BadRequest("the list is empty: its first line names the columns, " + strings.Join(store.SuppressionColumns, ","))
	}
	columns := make([]string, len(header))
	for i, name := range header {
		columns[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(store.SuppressionColumns, columns[i]) {
			return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("%q is no column: the first line names some of %s", name, strings.Join(store.SuppressionColumns, ", ")))
		}
	}
	if !slices.Contains(columns, "email") {
		return nil, huma.Error422UnprocessableEntity("there is no column email: the first line names the columns")
	}
	var lines []suppressionLine
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		number, _ := r.FieldPos(0)
		line := suppressionLine{number: number, err: err}
		if err == nil {
			line.err = line.item.fill(columns, record)
		}
		if lines = append(lines, line); len(lines) > importLimit {
			return lines, nil
		}
	}
}

// fill reads one line of CSV.
func (item *suppressionItem) fill(columns, record []string) error {
	if len(record) > len(columns) {
		return fmt.Errorf("has %d values for %d columns: put those with commas in quotes", len(record), len(columns))
	}
	for i, value := range record {
		switch value = strings.TrimSpace(strings.TrimPrefix(value, "'")); columns[i] {
		case "email":
			item.Email = value
		case "sequence":
			item.Sequence = value
		case "reason":
			item.Reason = value
		case "source":
			item.Source = value
		case "note":
			item.Note = value
		case "created_at":
			if value == "" {
				continue
			}
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return fmt.Errorf("created_at: %q is no time: write it like 2026-03-02T12:00:00Z", value)
			}
			item.CreatedAt = &at
		}
	}
	return nil
}

// notAnArray says what to send instead of what could not be read.
func notAnArray(err error) error {
	const cure = `send an array of entries: [{"email": "ann@example.com", "reason": "manual"}]`
	detail := &huma.ErrorDetail{Location: "body", Message: cure}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		detail.Message = fmt.Sprintf("this is no JSON from byte %d on: %s", syntax.Offset, cure)
	}
	return huma.Error400BadRequest("the body is not a JSON array", detail)
}

// readEntry reads one entry, and says in words what cannot be read.
func readEntry(raw []byte, item *suppressionItem) error {
	err := json.Unmarshal(raw, item)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf(`an entry is an object, not a %s: write {"email": "ann@example.com", "reason": "manual"}`, kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("%s: a %s does not fit: write a text in quotes", kind.Field, kind.Value)
	}
	return err
}

func jsonLines(media string, body []byte) ([]suppressionLine, error) {
	var raws []json.RawMessage
	var numbers []int
	if media == ndjson {
		number := 0
		for line := range bytes.Lines(body) {
			number++
			if line = bytes.TrimSpace(line); len(line) > 0 {
				raws, numbers = append(raws, line), append(numbers, number)
			}
		}
	} else if err := json.Unmarshal(body, &raws); err != nil {
		return nil, notAnArray(err)
	}
	lines := make([]suppressionLine, len(raws))
	for i, raw := range raws {
		lines[i].number = i + 1
		if numbers != nil {
			lines[i].number = numbers[i]
		}
		lines[i].err = readEntry(raw, &lines[i].item)
	}
	return lines, nil
}

// exportSuppressions is the whole list as CSV, which importSuppressions takes.
func (s *server) exportSuppressions(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", textCSV+"; charset=utf-8")
		c.SetHeader("Content-Disposition", `attachment; filename="suppressions.csv"`)
		w := csv.NewWriter(c.BodyWriter())
		_ = w.Write(store.SuppressionColumns)
		err := store.EachSuppression(c.Context(), s.DB, func(x store.Suppression) error {
			return w.Write(x.Record())
		})
		w.Flush()
		if err = cmp.Or(err, w.Error()); err != nil { // the head is gone: the caller sees the list break off
			s.Log.ErrorContext(c.Context(), "the list of suppressions broke off", "request_id", requestID(c.Context()), "err", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}
