package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// ClientFields is what the CRM may say about a client. What is missing or null
// keeps its value; an empty text clears it. Lists and attributes are replaced.
type ClientFields struct {
	Email          *string        `json:"email,omitempty" doc:"The address letters go to. No two clients share one."`
	FirstName      *string        `json:"first_name,omitempty"`
	LastName       *string        `json:"last_name,omitempty"`
	Company        *string        `json:"company,omitempty"`
	CompanyID      *string        `json:"company_id,omitempty" doc:"The CRM's id of the company."`
	Category       *string        `json:"category,omitempty" enum:"A,B,C,D,"`
	Temperature    *string        `json:"temperature,omitempty" enum:"cold,warm,hot"`
	Stage          *string        `json:"stage,omitempty" enum:"lead,interest,request,refused_now,refused_target,not_target,customer,past_customer"`
	Owner          *string        `json:"owner,omitempty" doc:"The rep's e-mail address. A rep who is not known yet is added."`
	Locale         *string        `json:"locale,omitempty" doc:"BCP 47, such as ru or en-GB."`
	TimeZone       *string        `json:"time_zone,omitempty" doc:"IANA, such as Europe/Moscow."`
	Attributes     map[string]any `json:"attributes,omitempty" doc:"Strings, numbers and booleans by name; those that seventh.yaml declares are of the declared type."`
	Products       []string       `json:"products,omitempty" maxItems:"200"`
	Source         *string        `json:"source,omitempty" doc:"The channel or partner that brought the client, such as partner:NAME."`
	LastPurchaseAt *time.Time     `json:"last_purchase_at,omitempty"`
	Consent        *consentFields `json:"consent,omitempty" doc:"The ground for mailing. Replaced as a whole."`
}

type consentFields struct {
	Basis       string     `json:"basis" enum:"opt_in,double_opt_in,contract,legitimate_interest," doc:"Empty: withdrawn."`
	Source      string     `json:"source,omitempty"`
	At          *time.Time `json:"at,omitempty"`
	TextVersion string     `json:"text_version,omitempty" doc:"Which text the client agreed to."`
	Evidence    string     `json:"evidence,omitempty" doc:"Where the proof is."`
}

// clientItem is a client with his id in the body.
type clientItem struct {
	ExternalID string `json:"external_id" doc:"The CRM's id of the client."`
	ClientFields
}

// clientJSON is a client as we show him.
type clientJSON struct {
	ExternalID     string         `json:"external_id"`
	Email          string         `json:"email"`
	FirstName      string         `json:"first_name"`
	LastName       string         `json:"last_name"`
	Company        string         `json:"company"`
	CompanyID      string         `json:"company_id"`
	Category       string         `json:"category"`
	Temperature    string         `json:"temperature"`
	Stage          string         `json:"stage"`
	Owner          string         `json:"owner"`
	Locale         string         `json:"locale"`
	TimeZone       string         `json:"time_zone"`
	Attributes     map[string]any `json:"attributes"`
	Products       []string       `json:"products" nullable:"false"`
	Source         string         `json:"source"`
	LastPurchaseAt *time.Time     `json:"last_purchase_at"`
	Consent        *consentFields `json:"consent"`
	Preference     *wishJSON      `json:"preference,omitempty" doc:"What the client has asked for instead of no letters at all. Only where one client is shown."`
	NextCallAt     *time.Time     `json:"next_call_at,omitempty" doc:"When the client's category asks for the rep's next call; in the past while the task is open. Only where one client is shown."`
	Away           *awayJSON      `json:"away,omitempty" doc:"Out of the office, by an automatic reply: nothing of a sequence happens until then. Only where one client is shown."`
	CreatedAt      time.Time      `json:"created_at"`
	UpdatedAt      time.Time      `json:"updated_at"`
}

func showClient(c *store.Client) clientJSON {
	shown := clientJSON{
		ExternalID: c.ExternalID, Email: c.Email, FirstName: c.FirstName, LastName: c.LastName, Company: c.Company, CompanyID: c.CompanyID,
		Category: c.Category, Temperature: c.Temperature, Stage: c.Stage, Owner: c.Owner, Locale: c.Locale, TimeZone: c.TimeZone,
		Attributes: c.Attributes, Products: c.Products, Source: c.Source, LastPurchaseAt: utc(c.LastPurchaseAt),
		CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(),
	}
	if c.ConsentBasis != "" {
		shown.Consent = &consentFields{
			Basis: c.ConsentBasis, Source: c.ConsentSource, At: utc(c.ConsentAt), TextVersion: c.ConsentTextVersion, Evidence: c.ConsentEvidence,
		}
	}
	return shown
}

type clientPath struct {
	ExternalID string `path:"external_id" doc:"The CRM's id of the client."`
}

type clientAnswer struct {
	Status int
	Body   clientJSON
}

type putClientInput struct {
	ExternalID string `path:"external_id" doc:"The CRM's id of the client."`
	Body       struct {
		ExternalID string `json:"external_id,omitempty" doc:"The same as in the path, or left out."`
		ClientFields
	}
	patch engine.ClientPatch
	err   error // why nothing could be checked
}

// Resolve checks what a schema cannot say. huma calls it whatever its own checks
// have found, so that one answer names every invalid field.
func (in *putClientInput) Resolve(c huma.Context) []error {
	var rules *rules
	if rules, in.err = serverOf(c.Context()).rules(c.Context()); in.err != nil {
		return nil // for the handler to tell
	}
	check := rules.check()
	check.externalID("path.external_id", in.ExternalID)
	in.patch = check.client("body", in.ExternalID, &in.Body.ClientFields)
	if in.Body.ExternalID != "" && in.Body.ExternalID != in.ExternalID {
		check.add("body.external_id", "differs from the one in the path: leave it out", in.Body.ExternalID)
	}
	return check.problems
}

// putClient adds or changes one client.
func (s *server) putClient(ctx context.Context, in *putClientInput) (*clientAnswer, error) {
	if in.err != nil {
		return nil, in.err
	}
	results, err := s.Engine.UpsertClients(ctx, []engine.ClientPatch{in.patch})
	if err != nil {
		return nil, err
	}
	if results[0].Err != nil {
		return nil, results[0].Err
	}
	client, err := store.ClientByExternalID(ctx, s.DB, in.ExternalID)
	if err != nil {
		return nil, err
	}
	answer := &clientAnswer{Status: http.StatusOK, Body: showClient(&client)}
	if results[0].Created {
		answer.Status = http.StatusCreated
	}
	return answer, nil
}

// client shows one client.
func (s *server) client(ctx context.Context, in *clientPath) (*clientAnswer, error) {
	client, err := store.ClientByExternalID(ctx, s.DB, in.ExternalID)
	if err != nil {
		return nil, err
	}
	shown := showClient(&client)
	call, err := store.NextCallAt(ctx, s.DB, client.ID)
	if err != nil {
		return nil, err
	}
	shown.NextCallAt = utc(call)
	if shown.Preference, err = s.preference(ctx, client.ID); err != nil {
		return nil, err
	}
	if shown.Away, err = s.away(ctx, client.ID); err != nil {
		return nil, err
	}
	return &clientAnswer{Status: http.StatusOK, Body: shown}, nil
}

// eraseClient removes a client; that he is gone already is an error, so that a
// wrong id is noticed.
func (s *server) eraseClient(ctx context.Context, in *clientPath) (*struct{}, error) {
	return nil, s.Engine.EraseClient(ctx, in.ExternalID)
}
