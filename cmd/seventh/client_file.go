package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"seventh/api"
	"seventh/internal/store"
)

// readClient reads a client as the API takes him (PUT /api/v1/clients/{external_id}),
// from JSON or YAML, for trying letters on him. Nothing is asked of him but that his
// fields are known; a day stands for its beginning.
func readClient(path string) (store.Client, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return store.Client{}, fmt.Errorf("reading the client: %w", err)
	}
	client, err := parseClient(body)
	if err != nil {
		return store.Client{}, fmt.Errorf("reading the client in %s: %w", path, err)
	}
	return client, nil
}

func parseClient(body []byte) (store.Client, error) {
	var fields map[string]any
	if err := yaml.Unmarshal(body, &fields); err != nil {
		return store.Client{}, fmt.Errorf("it is neither JSON nor YAML: %s", strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	if day, ok := fields["last_purchase_at"].(string); ok {
		if _, err := time.Parse(time.DateOnly, day); err == nil {
			fields["last_purchase_at"] = day + "T00:00:00Z"
		}
	}
	asJSON, err := json.Marshal(fields)
	if err != nil {
		return store.Client{}, err
	}
	var c struct {
		ExternalID string `json:"external_id"`
		api.ClientFields
	}
	decoder := json.NewDecoder(bytes.NewReader(asJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return store.Client{}, fmt.Errorf("%s: write the fields as the API has them, for example first_name: Ann", strings.TrimPrefix(err.Error(), "json: "))
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return store.Client{
		ExternalID: c.ExternalID, Email: text(c.Email), FirstName: text(c.FirstName), LastName: text(c.LastName), Company: text(c.Company),
		CompanyID: text(c.CompanyID), Category: text(c.Category), Temperature: text(c.Temperature), Stage: text(c.Stage), Owner: text(c.Owner),
		Locale: text(c.Locale), TimeZone: text(c.TimeZone), Attributes: c.Attributes, Products: c.Products, Source: text(c.Source), LastPurchaseAt: c.LastPurchaseAt,
	}, nil
}
