package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/sequences"
)

// Client is a row of clients with the owner's address.
type Client struct {
	ID                 int64
	ExternalID         string
	Email              string
	Address            string // Email normalised, see NormalizeAddress
	FirstName          string
	LastName           string
	Company            string
	CompanyID          string
	Category           string
	Temperature        string
	Stage              string
	OwnerID            *int64
	Owner              string // the owner's e-mail, '' without one
	Locale             string
	TimeZone           string
	Attributes         map[string]any
	Products           []string
	Source             string
	LastPurchaseAt     *time.Time
	ConsentBasis       string
	ConsentSource      string
	ConsentAt          *time.Time
	ConsentTextVersion string
	ConsentEvidence    string
	ReviewAt           *time.Time
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// Name is the client's full name as far as it is known.
func (c *Client) Name() string {
	if c.FirstName == "" || c.LastName == "" {
		return c.FirstName + c.LastName
	}
	return c.FirstName + " " + c.LastName
}

// Facts is what filters look at.
func (c *Client) Facts() sequences.Facts {
	return sequences.Facts{
		Category: c.Category, Temperature: c.Temperature, Stage: c.Stage, Locale: c.Locale, Owner: c.Owner,
		Source: c.Source, Company: c.Company, Products: c.Products, Attributes: c.Attributes, LastPurchaseAt: c.LastPurchaseAt,
	}
}

const clientColumns = `
	c.id, c.external_id, c.email, c.address, c.first_name, c.last_name, c.company, c.company_id, c.category, c.temperature, c.stage,
	c.owner_id, coalesce(o.email, '') AS owner, c.locale, c.time_zone, c.attributes, c.products, c.source, c.last_purchase_at,
	c.consent_basis, c.consent_source, c.consent_at, c.consent_text_version, c.consent_evidence, c.review_at, c.created_at, c.updated_at`

// clientFields are those of clientColumns.
func clientFields(c *Client) []any {
	return []any{
		&c.ID, &c.ExternalID, &c.Email, &c.Address, &c.FirstName, &c.LastName, &c.Company, &c.CompanyID, &c.Category, &c.Temperature, &c.Stage,
		&c.OwnerID, &c.Owner, &c.Locale, &c.TimeZone, &c.Attributes, &c.Products, &c.Source, &c.LastPurchaseAt,
		&c.ConsentBasis, &c.ConsentSource, &c.ConsentAt, &c.ConsentTextVersion, &c.ConsentEvidence, &c.ReviewAt, &c.CreatedAt, &c.UpdatedAt,
	}
}

const clientTables = ` FROM clients c LEFT JOIN users o ON o.id = c.owner_id `

// ClientByExternalID finds a client by the CRM's id.
func ClientByExternalID(ctx context.Context, db DB, externalID string) (Client, error) {
	c, err := one[Client](db.Query(ctx, "SELECT"+clientColumns+clientTables+"WHERE c.external_id = $1", externalID))
	if err != nil {
		return c, fmt.Errorf("loading client %q: %w", externalID, err)
	}
	return c, nil
}

// ClientByID finds a client by the row's id.
func ClientByID(ctx context.Context, db DB, id int64) (Client, error) {
	c, err := one[Client](db.Query(ctx, "SELECT"+clientColumns+clientTables+"WHERE c.id = $1", id))
	if err != nil {
		return c, fmt.Errorf("loading client %d: %w", id, err)
	}
	return c, nil
}

// ClientsByExternalID finds those of the clients that exist, in no order.
func ClientsByExternalID(ctx context.Context, db DB, externalIDs []string) ([]Client, error) {
	clients, err := all[Client](db.Query(ctx, "SELECT"+clientColumns+clientTables+"WHERE c.external_id = ANY($1)", anew, externalIDs))
	if err != nil {
		return nil, fmt.Errorf("loading %d clients: %w", len(externalIDs), err)
	}
	return clients, nil
}

// ClientsByID finds clients by the rows' ids, in no order.
func ClientsByID(ctx context.Context, db DB, ids []int64) ([]Client, error) {
	rows, err := db.Query(ctx, "SELECT"+clientColumns+clientTables+"WHERE c.id = ANY($1)", anew, ids)
	clients, err := scan(rows, err, len(ids), clientFields)
	if err != nil {
		return nil, fmt.Errorf("loading %d clients: %w", len(ids), err)
	}
	return clients, nil
}

// LockClients locks the clients' rows, in order, and returns them as they are now.
func LockClients(ctx context.Context, db DB, ids []int64) ([]Client, error) {
	clients, err := all[Client](db.Query(ctx, "SELECT"+clientColumns+clientTables+"WHERE c.id = ANY($1) ORDER BY c.id FOR UPDATE OF c", anew, ids))
	if err != nil {
		return nil, fmt.Errorf("locking %d clients: %w", len(ids), err)
	}
	return clients, nil
}

// HoldClient is HoldClients for one, waited for, with all that is known of him.
func HoldClient(ctx context.Context, db DB, id int64) (Client, error) {
	c, err := one[Client](db.Query(ctx, "SELECT"+clientColumns+clientTables+"WHERE c.id = $1 FOR SHARE OF c", id))
	if err != nil {
		return c, fmt.Errorf("holding client %d: %w", id, err)
	}
	return c, nil
}

// AddressHolders maps each of the addresses that a client has to that client's
// external id.
func AddressHolders(ctx context.Context, db DB, addresses []string) (map[string]string, error) {
	rows, err := db.Query(ctx, "SELECT address, external_id FROM clients WHERE address <> '' AND address = ANY($1)", anew, addresses)
	if err != nil {
		return nil, fmt.Errorf("looking up addresses: %w", err)
	}
	holders := make(map[string]string)
	var address, externalID string
	_, err = pgx.ForEachRow(rows, []any{&address, &externalID}, func() error {
		holders[address] = externalID
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking up addresses: %w", err)
	}
	return holders, nil
}

// ClientsByAddress maps each of the addresses that a client has to that client's id.
func ClientsByAddress(ctx context.Context, db DB, addresses []string) (map[string]int64, error) {
	rows, err := db.Query(ctx, "SELECT address, id FROM clients WHERE address <> '' AND address = ANY($1)", anew, addresses)
	if err != nil {
		return nil, fmt.Errorf("finding who has addresses: %w", err)
	}
	holders := make(map[string]int64)
	var address string
	var id int64
	if _, err := pgx.ForEachRow(rows, []any{&address, &id}, func() error { holders[address] = id; return nil }); err != nil {
		return nil, fmt.Errorf("finding who has addresses: %w", err)
	}
	return holders, nil
}

// ErrRaced says that somebody else added a client at the same moment: what is
// written must be worked out anew from his row.
var ErrRaced = errors.New("the client was added by somebody else at this moment")

// SaveClients writes whole rows, new (with id 0) or changed, and fills in the ids of
// new ones. All external ids and addresses must differ from each other. ErrRaced: a
// new one is there already, and a transaction must be begun anew.
func SaveClients(ctx context.Context, db DB, clients []*Client) error {
	var added, changed []*Client
	for _, c := range slices.SortedFunc(slices.Values(clients), byExternalID) { // so that two do not wait for each other

		if c.ID == 0 {
			added = append(added, c)
		} else {
			changed = append(changed, c)
		}
	}
	if err := insertClients(ctx, db, added); err != nil {
		return fmt.Errorf("saving %d clients: adding %d: %w", len(clients), len(added), err)
	}
	if err := updateClients(ctx, db, changed); err != nil {
		return fmt.Errorf("saving %d clients: changing %d: %w", len(clients), len(changed), err)
	}
	return nil
}

func byExternalID(a, b *Client) int { return strings.Compare(a.ExternalID, b.ExternalID) }

// savedColumns are those that SaveClients writes, in the order of savedArrays.
const savedColumns = `
	external_id, email, address, first_name, last_name, company, company_id, category, temperature, stage, owner_id, locale, time_zone, attributes, products,
	source, last_purchase_at, consent_basis, consent_source, consent_at, consent_text_version, consent_evidence, review_at, created_at, updated_at`

// savedArrays are the clients as a table i with savedColumns; products are JSON,
// because an array of arrays must be a rectangle.
const savedArrays = `
	unnest(@external_id::text[], @email::text[], @address::text[], @first_name::text[], @last_name::text[], @company::text[],
		@company_id::text[], @category::text[], @temperature::text[], @stage::text[], @owner_id::bigint[], @locale::text[], @time_zone::text[],
		@attributes::jsonb[], @products::jsonb[], @source::text[], @last_purchase_at::timestamptz[],
		@consent_basis::text[], @consent_source::text[], @consent_at::timestamptz[], @consent_text_version::text[], @consent_evidence::text[],
		@review_at::timestamptz[], @created_at::timestamptz[], @updated_at::timestamptz[])`

const savedProducts = "coalesce(ARRAY(SELECT jsonb_array_elements_text(i.products)), '{}')"

// insertClients does without ON CONFLICT, which costs a fifth of the statement: the
// caller has looked who is there, and is seldom overtaken.
func insertClients(ctx context.Context, db DB, clients []*Client) error {
	if len(clients) == 0 {
		return nil
	}
	rows, err := db.Query(ctx, `
		INSERT INTO clients (`+savedColumns+`)
		SELECT i.external_id, i.email, i.address, i.first_name, i.last_name, i.company, i.company_id, i.category, i.temperature, i.stage,
			i.owner_id, i.locale, i.time_zone, i.attributes, `+savedProducts+`, i.source, i.last_purchase_at,
			i.consent_basis, i.consent_source, i.consent_at, i.consent_text_version, i.consent_evidence, i.review_at, i.created_at, i.updated_at
		FROM `+savedArrays+` AS i(`+savedColumns+`)
		RETURNING id, external_id`, clientArgs(clients))
	if err != nil {
		return err
	}
	saved := make(map[string]*Client, len(clients))
	for _, c := range clients {
		saved[c.ExternalID] = c
	}
	var id int64
	var externalID string
	_, err = pgx.ForEachRow(rows, []any{&id, &externalID}, func() error {
		saved[externalID].ID = id
		return nil
	})
	if IsUnique(err, "clients_external_id_key") {
		return ErrRaced
	}
	return err
}

func updateClients(ctx context.Context, db DB, clients []*Client) error {
	if len(clients) == 0 {
		return nil
	}
	_, err := db.Exec(ctx, `
		UPDATE clients AS c SET
			email = i.email, address = i.address, first_name = i.first_name, last_name = i.last_name, company = i.company, company_id = i.company_id,
			category = i.category, temperature = i.temperature, stage = i.stage, owner_id = i.owner_id, locale = i.locale, time_zone = i.time_zone,
			attributes = i.attributes, products = `+savedProducts+`, source = i.source, last_purchase_at = i.last_purchase_at,
			consent_basis = i.consent_basis, consent_source = i.consent_source, consent_at = i.consent_at,
			consent_text_version = i.consent_text_version, consent_evidence = i.consent_evidence, review_at = i.review_at, updated_at = i.updated_at
		FROM `+savedArrays+` AS i(`+savedColumns+`)
		WHERE c.external_id = i.external_id`, clientArgs(clients))
	return err
}

func clientArgs(clients []*Client) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"external_id":          column(clients, func(c *Client) string { return c.ExternalID }),
		"email":                column(clients, func(c *Client) string { return c.Email }),
		"address":              column(clients, func(c *Client) string { return c.Address }),
		"first_name":           column(clients, func(c *Client) string { return c.FirstName }),
		"last_name":            column(clients, func(c *Client) string { return c.LastName }),
		"company":              column(clients, func(c *Client) string { return c.Company }),
		"company_id":           column(clients, func(c *Client) string { return c.CompanyID }),
		"category":             column(clients, func(c *Client) string { return c.Category }),
		"temperature":          column(clients, func(c *Client) string { return c.Temperature }),
		"stage":                column(clients, func(c *Client) string { return c.Stage }),
		"owner_id":             column(clients, func(c *Client) *int64 { return c.OwnerID }),
		"locale":               column(clients, func(c *Client) string { return c.Locale }),
		"time_zone":            column(clients, func(c *Client) string { return c.TimeZone }),
		"attributes":           column(clients, func(c *Client) string { return jsonText(c.Attributes, "{}") }),
		"products":             column(clients, func(c *Client) string { return jsonText(c.Products, "[]") }),
		"source":               column(clients, func(c *Client) string { return c.Source }),
		"last_purchase_at":     column(clients, func(c *Client) *time.Time { return c.LastPurchaseAt }),
		"consent_basis":        column(clients, func(c *Client) string { return c.ConsentBasis }),
		"consent_source":       column(clients, func(c *Client) string { return c.ConsentSource }),
		"consent_at":           column(clients, func(c *Client) *time.Time { return c.ConsentAt }),
		"consent_text_version": column(clients, func(c *Client) string { return c.ConsentTextVersion }),
		"consent_evidence":     column(clients, func(c *Client) string { return c.ConsentEvidence }),
		"review_at":            column(clients, func(c *Client) *time.Time { return c.ReviewAt }),
		"created_at":           column(clients, func(c *Client) time.Time { return c.CreatedAt }),
		"updated_at":           column(clients, func(c *Client) time.Time { return c.UpdatedAt }),
	}
}

// column turns rows into the array that unnest takes.
func column[R, V any](rows []R, value func(R) V) []V {
	values := make([]V, len(rows))
	for i, row := range rows {
		values[i] = value(row)
	}
	return values
}

// jsonText encodes a value for a jsonb array: slices of slices or maps would not
// be taken as one value each.
func jsonText(value any, empty string) string {
	text, err := json.Marshal(value)
	if err != nil || string(text) == "null" {
		return empty
	}
	return string(text)
}

// ClientsForReview locks up to limit clients whose sequences must be decided anew.
func ClientsForReview(ctx context.Context, db DB, now time.Time, limit int) ([]int64, error) {
	rows, err := db.Query(ctx, `
		SELECT id FROM clients WHERE review_at <= $1 ORDER BY review_at LIMIT $2 FOR UPDATE SKIP LOCKED`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("finding clients to review: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("finding clients to review: %w", err)
	}
	return ids, nil
}

// SetReviews stores when each of the clients is to be reviewed next; a zero time
// stands for "only after a change".
func SetReviews(ctx context.Context, db DB, ids []int64, at []*time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE clients c SET review_at = r.at FROM unnest($1::bigint[], $2::timestamptz[]) AS r(id, at) WHERE c.id = r.id`, ids, at)
	if err != nil {
		return fmt.Errorf("storing next reviews: %w", err)
	}
	return nil
}

// ReviewEverybody has every client's sequences decided anew, as after a
// publication that changed who belongs where.
func ReviewEverybody(ctx context.Context, db DB, now time.Time) error {
	if _, err := db.Exec(ctx, "UPDATE clients SET review_at = $1", now); err != nil {
		return fmt.Errorf("asking for a review of all clients: %w", err)
	}
	return nil
}

// ReviewClients has the clients' sequences decided anew.
func ReviewClients(ctx context.Context, db DB, ids []int64, now time.Time) error {
	if _, err := db.Exec(ctx, reviewClients, ids, now); err != nil {
		return fmt.Errorf("asking for a review of %d clients: %w", len(ids), err)
	}
	return nil
}

const reviewClients = "UPDATE clients SET review_at = $2 WHERE id = ANY($1)"

// CountClients counts all clients.
func CountClients(ctx context.Context, db DB) (int, error) {
	var n int
	if err := db.QueryRow(ctx, "SELECT count(*) FROM clients").Scan(&n); err != nil {
		return 0, fmt.Errorf("counting clients: %w", err)
	}
	return n, nil
}
