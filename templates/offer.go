package templates

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// A link takes up the letter's offer when its author says so where Markdown has the title of a link:
//
//	[Take it](https://example.com/spring "offer")
//
// Whoever follows it after the offer's deadline is told that the offer is over. All other links go on leading where they lead.

// offerMark is the title that marks a link.
const offerMark = "offer"

// takesOffer reports whether a link is marked; readers do not see the mark.
func takesOffer(link *ast.Link) bool {
	if string(link.Title) != offerMark {
		return false
	}
	link.Title = nil
	return true
}

// checkOffer reports a mark on a link that cannot be kept from leading on: nobody comes by us who follows it.
func (d *document) checkOffer(link *ast.Link) {
	raw := link.Destination
	if takesOffer(link) {
		d.file.problem(d.locateDestination(link, raw), "only a link to a web page can be marked as the offer's: remove \"offer\" from this one")
	}
}

// ShowsOffer reports whether the letter shows its client's offer, by a field or by a link that takes it up.
func (l *Letter) ShowsOffer() bool { return l.TakesOffer() || l.ShowsOfferField() }

// ShowsOfferField reports whether the letter uses a field of the offer.
func (l *Letter) ShowsOfferField() bool { return slices.ContainsFunc(l.Fields, isOffer) }

// TakesOffer reports whether a link of the letter takes up the offer.
func (l *Letter) TakesOffer() bool {
	return slices.ContainsFunc(l.Links, func(link Link) bool { return link.Offer })
}

func isOffer(field string) bool { return strings.HasPrefix(field, "offer.") }

// NeedsOffer reports whether the letter makes no sense to a client without an offer, who is s: a field of the offer would leave a
// hole, or there is a link that takes it up. What stands in a condition that does not hold is not missed. The letter is one of fsys.
func (l *Letter) NeedsOffer(fsys fs.FS, s Source) (bool, error) {
	blanks, err := l.Blanks(fsys, s)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(blanks, func(p Problem) bool { return strings.Contains(p.Message, ".offer.") }) {
		return true, nil
	}
	rendered, err := l.Render(linksByIndex{s, len(l.Links)})
	if err != nil {
		return false, err
	}
	text := string(rendered.TextBytes(l))
	for i, link := range l.Links {
		if link.Offer && strings.Contains(text, sampleClick(i)) {
			return true, nil
		}
	}
	return false, nil
}

// linksByIndex is a source with tracked links of its own.
type linksByIndex struct {
	Source
	links int
}

func (s linksByIndex) Field(path string) any {
	if path != "link.clicks" {
		return s.Source.Field(path)
	}
	clicks := make([]string, s.links)
	for i := range clicks {
		clicks[i] = sampleClick(i)
	}
	return clicks
}

func sampleClick(link int) string {
	return "https://click.example/" + strings.Repeat("x", link+1) + "/"
}
