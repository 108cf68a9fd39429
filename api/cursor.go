package api

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Most items in one answer."`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before."`
}

// list is one page of things.
type list[T any] struct {
	Body struct {
		Items      []T    `json:"items" nullable:"false"`
		NextCursor string `json:"next_cursor" doc:"Where the next page starts; empty on the last one."`
	}
}

// pageOf cuts rows, of which one more than the limit was asked for, to a page:
// the extra row says that there is another. Each row is shown by show; place
// gives the cursor after it.
func pageOf[R, T any](rows []R, limit int, show func(*R) T, place func(*R) string) *list[T] {
	out := &list[T]{}
	out.Body.Items = make([]T, 0, min(len(rows), limit))
	if len(rows) > limit {
		rows = rows[:limit]
		out.Body.NextCursor = place(&rows[limit-1])
	}
	for i := range rows {
		out.Body.Items = append(out.Body.Items, show(&rows[i]))
	}
	return out
}

// A cursor is the name of its list and the place of the last row seen. Rows that
// come or go meanwhile do not shift the pages after it.
func encodeCursor(list, place string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + place))
}

func decodeCursor(list, cursor string) (place string, ok bool) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(text), list+":")
}

var errCursor = huma.NewError(http.StatusUnprocessableEntity, "validation failed", &huma.ErrorDetail{
	Location: "query.cursor", Message: "is not a next_cursor of this list",
})

// idCursor is the cursor of lists in the order of ids.
func idCursor(list string, id int64) string { return encodeCursor(list, strconv.FormatInt(id, 10)) }

// lastID reads an idCursor; 0 for none.
func lastID(list, cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	place, ok := decodeCursor(list, cursor)
	id, err := strconv.ParseInt(place, 10, 64)
	if !ok || err != nil || id < 1 {
		return 0, errCursor
	}
	return id, nil
}

// timeCursor is the cursor of lists in the order of time and id.
func timeCursor(list string, at time.Time, id string) string {
	return encodeCursor(list, at.UTC().Format(time.RFC3339Nano)+" "+id)
}

// lastTime reads a timeCursor; nil for none.
func lastTime(list, cursor string) (*time.Time, string, error) {
	if cursor == "" {
		return nil, "", nil
	}
	place, ok := decodeCursor(list, cursor)
	text, id, cut := strings.Cut(place, " ")
	at, err := time.Parse(time.RFC3339Nano, text)
	if !ok || !cut || err != nil || strings.ContainsRune(id, 0) {
		return nil, "", errCursor
	}
	return &at, id, nil
}

// utc puts a time that may be missing in the form of our answers.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// given is a time from a query, nil when it was left out.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
