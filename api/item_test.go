package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const wholeItem = `{"external_id":"a","email":"a@b.example","first_name":"A","last_name":"B","company":"C","company_id":"D","category":"A","temperature":"hot",
	"stage":"lead","owner":"o@b.example","locale":"ru","time_zone":"UTC","attributes":{"x":1.5,"y":"z","t":true,"n":null},"products":["p","q"],"source":"s",
	"last_purchase_at":"2025-03-01T00:00:00.123456789+03:00","consent":{"basis":"opt_in","source":"form","at":"2025-01-02T03:04:05Z","text_version":"2","evidence":"e"}}`

func TestItemIsFilledAsItWouldBeDecoded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		wholeItem, `{}`, `{"external_id":"a","products":[],"attributes":{},"consent":{}}`, `{"external_id":null,"email":null,"attributes":null,"products":null,"consent":null}`,
		`{"email":"","consent":{"basis":"","at":null}}`,
	} {
		var loose any
		var want clientItem
		if err := json.Unmarshal([]byte(text), &loose); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		got, filled := itemOf(loose)
		if diff := cmp.Diff(want, got); diff != "" || !filled {
			t.Errorf("%s, filled %v (-decoded +filled):\n%s", text, filled, diff)
		}
	}
	var loose any
	if err := json.Unmarshal([]byte(wholeItem), &loose); err != nil {
		t.Fatal(err)
	}
	item, _ := itemOf(loose)
	for _, fields := range []reflect.Value{reflect.ValueOf(item.ClientFields), reflect.ValueOf(*item.Consent)} {
		for i := range fields.NumField() {
			if fields.Field(i).IsZero() {
				t.Errorf("%s is not filled", fields.Type().Field(i).Name)
			}
		}
	}
}

func TestItemOfAnotherFormIsNotFilled(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`"a"`, `null`, `[]`, `{"external_id":1}`, `{"email":true}`, `{"attributes":[]}`, `{"products":{}}`, `{"products":["a",1]}`, `{"products":[null]}`, `{"consent":"x"}`,
		`{"consent":{"basis":1}}`, `{"last_purchase_at":"2025-01-01"}`, `{"last_purchase_at":"2025-01-01 00:00:00Z"}`, `{"last_purchase_at":1}`, `{"consent":{"at":"soon"}}`,
	} {
		var loose any
		if err := json.Unmarshal([]byte(text), &loose); err != nil {
			t.Fatal(err)
		}
		if item, filled := itemOf(loose); filled {
			t.Errorf("%s is filled: %+v", text, item)
		}
	}
}

func FuzzItemOf(f *testing.F) {
	f.Add([]byte(wholeItem))
	f.Add([]byte(`{"external_id":"a","last_purchase_at":"2025-01-01T00:00:00,5Z"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var loose any
		if json.Unmarshal(text, &loose) != nil {
			return
		}
		got, filled := itemOf(loose)
		if !filled {
			return
		}
		// Through text again: the decoder matches names loosely and merges repeated
		// ones, both of which the schema, or the map, has settled by then.
		tidy, err := json.Marshal(exactNames(loose))
		if err != nil {
			return
		}
		var want clientItem
		if err := json.Unmarshal(tidy, &want); err != nil {
			t.Fatalf("%s is filled, but cannot be decoded: %v", tidy, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-decoded +filled):\n%s", tidy, diff)
		}
	})
}

// exactNames leaves out what the schema refuses: names that are not those of fields.
func exactNames(loose any) any {
	keep := func(object map[string]any, of reflect.Type) {
		known := map[string]bool{"external_id": true}
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			known[name] = true
		}
		for name := range object {
			if !known[name] {
				delete(object, name)
			}
		}
	}
	object, _ := loose.(map[string]any)
	keep(object, reflect.TypeFor[ClientFields]())
	if consent, ok := object["consent"].(map[string]any); ok {
		keep(consent, reflect.TypeFor[consentFields]())
	}
	return loose
}
