package pages

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
)

// consentPart is a ground for mailing a client as it was recorded once.
type consentPart struct {
	Basis  string
	Source string
	Given  string // the day, '' if it is not known
	At     moment // when it was recorded
}

// consentParts are all that were ever recorded, the latest first.
func (s *site) consentParts(ctx context.Context, sc scene, clientID int64) ([]consentPart, error) {
	list, err := store.ConsentsOf(ctx, s.DB, clientID)
	if err != nil {
		return nil, err
	}
	parts := make([]consentPart, len(list))
	for i, v := range list {
		part := consentPart{Basis: phrase(v.Basis), Source: v.Source, At: at(v.RecordedAt, sc.zone)}
		if v.Basis == "" {
			part.Basis = "none any more"
		}
		if v.At != nil {
			part.Given = v.At.In(sc.zone).Format("2 Jan 2006")
		}
		parts[len(list)-1-i] = part
	}
	return parts, nil
}

// downloadKept is everything that is kept about a client, for him if he asks.
func (s *site) downloadKept(c echo.Context) error {
	ctx := c.Request().Context()
	if frameOf(c, "", "").User.Role != "admin" {
		return problem{http.StatusForbidden, "Only admins download what is kept about a client. Ask one of them."}
	}
	client, err := store.ClientByExternalID(ctx, s.DB, param(c, "client"))
	if err != nil {
		return err
	}
	export, err := store.ExportClient(ctx, s.DB, client.ID)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="client.json"`)
	return c.JSONBlob(http.StatusOK, export)
}
