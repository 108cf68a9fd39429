package pages

import (
	"bytes"
	"html/template"
	"reflect"
	"strings"
	"testing"
)

const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}`

// TestEveryViewEscapesEveryField fills each page's struct with hostile text and
// executes its template, so that no field is misspelled and none comes out raw.
func TestEveryViewEscapesEveryField(t *testing.T) {
	t.Parallel()
	sides := []string{hostile, "html", "text", "source"}
	for name, view := range map[string]struct {
		template *template.Template
		page     any
	}{
		"error":     {errorView.template, &errorPage{}},
		"login":     {loginView.template, &loginPage{}},
		"one-time":  {oneTimeView.template, &oneTimePage{}},
		"feed":      {feedView.template, &feedPage{}},
		"clients":   {clientsView.template, &clientsPage{}},
		"client":    {clientView.template, &clientPage{}},
		"letter":    {letterView.template, &letterPage{}},
		"captured":  {capturedView.template, &capturedPage{}},
		"tasks":     {tasksView.template, &tasksPage{}},
		"sequences": {sequencesView.template, &sequencesPage{}},
		"inbox":     {inboxView.template, &inboxPage{}},
	} {
		for _, side := range sides {
			page := reflect.ValueOf(view.page).Elem()
			fill(page)
			if field := page.FieldByName("View"); field.IsValid() {
				field.SetString(side)
			}
			var out bytes.Buffer
			if err := view.template.Execute(&out, page.Interface()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, raw := range []string{"<script>alert", "<img src=x", "{{"} {
				if strings.Contains(strings.ReplaceAll(out.String(), "{{.}}", ""), raw) {
					t.Errorf("%s lets %q through:\n%s", name, raw, out.String())
				}
			}
		}
		if reflect.ValueOf(view.page).Elem().FieldByName("View").IsValid() {
			continue
		}
		empty := reflect.New(reflect.TypeOf(view.page).Elem())
		if err := view.template.Execute(&bytes.Buffer{}, empty.Elem().Interface()); err != nil {
			t.Errorf("%s, empty: %v", name, err)
		}
	}
}

// fill puts hostile text in every field that can be set, one element in every list.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fill(f)
			} else if v.Type().Field(i).Anonymous {
				fillEmbedded(f)
			}
		}
	}
}

// fillEmbedded fills the exported fields of an embedded struct, whose own name is
// not exported.
func fillEmbedded(v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Field(i); f.CanSet() {
			fill(f)
		}
	}
}
