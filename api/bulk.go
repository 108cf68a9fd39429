package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"seventh/internal/engine"
)

const (
	bulkLimit = 10_000 // clients
	ndjson    = "application/x-ndjson"
)

// bulkInput is read by hand: one bad client must not spoil the others.
type bulkInput struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte
}

// bulkResult says what became of one client, in the order of the request.
type bulkResult struct {
	ExternalID string              `json:"external_id"`
	Status     string              `json:"status" enum:"created,updated,error"`
	Errors     []*huma.ErrorDetail `json:"errors,omitempty" nullable:"false" doc:"Why this client was left as it was."`
}

type bulkAnswer struct {
	Body struct {
		Items []bulkResult `json:"items" nullable:"false"`
	}
}

// documentBulk describes both forms of the body, which huma does not see.
func (s *server) documentBulk() {
	spec, most := s.huma.OpenAPI(), bulkLimit
	s.item = spec.Components.Schemas.Schema(reflect.TypeFor[clientItem](), true, "ClientItem")
	spec.Paths["/api/v1/clients/bulk"].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{Type: huma.TypeArray, Items: s.item, MaxItems: &most}},
		ndjson:             {Schema: s.item},
	}}
}

// bulk adds or changes many clients.
func (s *server) bulk(ctx context.Context, in *bulkInput) (*bulkAnswer, error) {
	raws, err := splitItems(in.ContentType, in.RawBody)
	if err != nil {
		return nil, err
	}
	rules, err := s.rules(ctx)
	if err != nil {
		return nil, err
	}
	answer := &bulkAnswer{}
	answer.Body.Items = make([]bulkResult, len(raws))
	var patches []engine.ClientPatch
	var places []int // of the patches among the items
	for i, raw := range raws {
		patch, problems := s.readItem(rules, i, raw)
		answer.Body.Items[i] = bulkResult{ExternalID: patch.ExternalID, Status: "error", Errors: problems}
		if len(problems) == 0 {
			patches, places = append(patches, patch), append(places, i)
		}
	}
	return answer, s.saveItems(ctx, patches, places, answer.Body.Items)
}

// savedTogether is how many clients are saved before the next are: as many as the
// engine writes in one transaction, so that a clash repeats little.
const savedTogether = 1000

func (s *server) saveItems(ctx context.Context, patches []engine.ClientPatch, places []int, items []bulkResult) error {
	for from := 0; from < len(patches); from += savedTogether {
		to := min(from+savedTogether, len(patches))
		results, err := s.Engine.UpsertClients(ctx, patches[from:to])
		if err != nil {
			return err
		}
		for i, result := range results {
			place := places[from+i]
			items[place].Status, items[place].Errors = outcome(place, result)
		}
	}
	return nil
}

func outcome(place int, u engine.Upserted) (string, []*huma.ErrorDetail) {
	if field, ok := u.Err.(*engine.FieldError); ok {
		return "error", []*huma.ErrorDetail{{Location: fmt.Sprintf("body[%d].%s", place, field.Field), Message: field.Message}}
	}
	if u.Created {
		return "created", nil
	}
	return "updated", nil
}

// splitItems cuts a body into clients without reading them.
func splitItems(contentType string, body []byte) ([]json.RawMessage, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if contentType != "" && (err != nil || media != "application/json" && media != ndjson) {
		return nil, huma.NewError(http.StatusUnsupportedMediaType, "send application/json (an array) or "+ndjson+" (a client on each line)")
	}
	var items []json.RawMessage
	if media == ndjson {
		for line := range bytes.Lines(body) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				items = append(items, line)
			}
		}
	} else if err := json.Unmarshal(body, &items); err != nil || items == nil {
		return nil, huma.Error400BadRequest("the body is not a JSON array", &huma.ErrorDetail{Location: "body", Message: describe(err)})
	}
	if len(items) > bulkLimit {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{
			Location: "body", Message: fmt.Sprintf("has %d clients, more than %d: send them in parts", len(items), bulkLimit)})
	}
	return items, nil
}

func describe(err error) string {
	if err == nil {
		return "is null"
	}
	return err.Error()
}

// readItem reads one client by the same rules as a request for it alone.
func (s *server) readItem(rules *rules, i int, raw json.RawMessage) (engine.ClientPatch, []*huma.ErrorDetail) {
	at := fmt.Sprintf("body[%d]", i)
	var loose any
	if err := json.Unmarshal(raw, &loose); err != nil {
		return engine.ClientPatch{}, []*huma.ErrorDetail{{Location: at, Message: err.Error()}}
	}
	path, found := huma.NewPathBuffer([]byte(at), len(at)), &huma.ValidateResult{}
	huma.Validate(s.huma.OpenAPI().Components.Schemas, s.item, path, huma.ModeWriteToServer, loose, found)
	item, filled := itemOf(loose)
	if !filled || len(found.Errors) > 0 {
		item = clientItem{}
		if err := json.Unmarshal(raw, &item); err != nil && len(found.Errors) == 0 {
			found.Errors = append(found.Errors, &huma.ErrorDetail{Location: at, Message: err.Error()})
		}
	}
	check := rules.check()
	check.problems = found.Errors
	if item.ExternalID != "" || len(found.Errors) == 0 {
		check.externalID(at+".external_id", item.ExternalID)
	}
	patch := check.client(at, item.ExternalID, &item.ClientFields)
	return patch, details(check.problems)
}

// details are problems as an answer shows them.
func details(problems []error) []*huma.ErrorDetail {
	if len(problems) == 0 {
		return nil
	}
	model := &huma.ErrorModel{}
	for _, p := range problems {
		model.Add(p)
	}
	_, _ = tidy(nil, "", model) // never fails
	return model.Errors
}
