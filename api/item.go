package api

import "time"

// itemOf fills a client from JSON that the schema has let through, which costs a
// third of decoding the text again. It is false where something is not of the form
// expected: then the text is decoded, for what that has to say about it.
func itemOf(loose any) (clientItem, bool) {
	f := filling{ok: true}
	f.fields, f.ok = loose.(map[string]any)
	item := clientItem{ExternalID: f.string("external_id"), ClientFields: ClientFields{
		Email: f.text("email"), FirstName: f.text("first_name"), LastName: f.text("last_name"), Company: f.text("company"), CompanyID: f.text("company_id"),
		Category: f.text("category"), Temperature: f.text("temperature"), Stage: f.text("stage"), Owner: f.text("owner"), Locale: f.text("locale"),
		TimeZone: f.text("time_zone"), Attributes: f.object("attributes"), Products: f.texts("products"), Source: f.text("source"),
		LastPurchaseAt: f.time("last_purchase_at"),
	}}
	if consent := f.object("consent"); consent != nil {
		c := filling{fields: consent, ok: f.ok}
		item.Consent = &consentFields{
			Basis: c.string("basis"), Source: c.string("source"), At: c.time("at"), TextVersion: c.string("text_version"), Evidence: c.string("evidence"),
		}
		f.ok = c.ok
	}
	return item, f.ok
}

// filling reads the fields of an object, as long as each is of its type.
type filling struct {
	fields map[string]any
	ok     bool
}

func (f *filling) text(name string) *string {
	value := f.fields[name]
	if value == nil {
		return nil
	}
	text, ok := value.(string)
	f.ok = f.ok && ok
	return &text
}

func (f *filling) string(name string) string {
	if text := f.text(name); text != nil {
		return *text
	}
	return ""
}

func (f *filling) object(name string) map[string]any {
	value := f.fields[name]
	if value == nil {
		return nil
	}
	object, ok := value.(map[string]any)
	f.ok = f.ok && ok
	return object
}

func (f *filling) texts(name string) []string {
	value := f.fields[name]
	if value == nil {
		return nil
	}
	list, ok := value.([]any)
	f.ok = f.ok && ok
	texts := make([]string, len(list))
	for i := range list {
		texts[i], ok = list[i].(string)
		f.ok = f.ok && ok
	}
	return texts
}

// time reads RFC 3339 as encoding/json does.
func (f *filling) time(name string) *time.Time {
	text := f.text(name)
	if text == nil {
		return nil
	}
	var t time.Time
	f.ok = f.ok && t.UnmarshalText([]byte(*text)) == nil
	return &t
}
