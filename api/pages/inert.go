package pages

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"
)

// previewPolicy goes with a letter shown in a frame: no script, no form, nothing
// from outside, not even our own pixel. Its sandbox holds outside the frame too.
const previewPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; " +
	"frame-ancestors 'self'; sandbox"

// preview answers with a letter's HTML for a frame.
func preview(c echo.Context, raw []byte) error {
	letter, err := parseLetter(raw)
	if err != nil {
		return problem{http.StatusNotFound, "This letter cannot be taken apart. Look at its source."}
	}
	body, err := inert(letter.HTML)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", previewPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	return c.HTML(http.StatusOK, body)
}

// inert takes out of a letter what would act when somebody looks at it: links,
// which count as the client's clicks and are shown as titles instead, addresses of
// images that are not in the letter, and redirections. All else stays byte for
// byte. Scripts and forms are the policy's business.
func inert(letter string) (string, error) {
	var out strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(letter))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				return "", fmt.Errorf("reading a letter's HTML: %w", err)
			}
			return out.String(), nil
		}
		raw := string(tokens.Raw())
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			out.WriteString(raw)
			continue
		}
		token := tokens.Token()
		if token.Data == "noscript" {
			tokens.NextIsNotRawText() // where scripts are off, it is read as HTML
		}
		if acts(&token) {
			raw = token.String()
		}
		out.WriteString(raw)
	}
}

// acts reports whether a tag would do something, and disarms it.
func acts(t *html.Token) bool {
	switch t.Data {
	case "base", "meta", "link":
		if t.Data == "meta" && !has(t, "http-equiv") {
			return false
		}
		t.Attr = nil
		return true
	}
	changed := false
	kept := t.Attr[:0]
	for _, a := range t.Attr {
		switch {
		case a.Key == "href" || a.Key == "ping" || strings.HasSuffix(a.Key, ":href"):
			changed = true
			if a.Key == "href" {
				kept = append(kept, html.Attribute{Key: "title", Val: a.Val})
			}
		case (a.Key == "src" || a.Key == "background" || a.Key == "poster") && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "data:"),
			a.Key == "srcset":
			changed = true
		default:
			kept = append(kept, a)
		}
	}
	t.Attr = kept
	return changed
}

func has(t *html.Token, key string) bool {
	for _, a := range t.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}
