package rehearsal

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"seventh/internal/inbound"
	"seventh/internal/store"
	"seventh/internal/token"
)

// reading is how long a person takes at least from a letter's arrival to a click.
const reading = time.Minute

// visitors are what asks for pixels and links: the rules about hits tell who is who.
var visitors = map[string]store.Hit{
	"opened human": {
		Method: "GET", UserAgent: "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.17628; ms-office; MSOffice 16)", Address: "198.51.100.0/24",
	},
	"clicked human": {
		Method: "GET", UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", Language: "ru,en;q=0.9", Address: "198.51.100.0/24",
	},
	"opened machine": {
		Method: "GET", UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0", Address: "66.249.84.0/24",
	},
	"clicked machine": {Method: "GET", UserAgent: "Barracuda Sentinel (EE)", Address: "209.222.82.0/24"},
}

// opens is that the client, or a machine, looks at a letter.
func (p *play) opens(ctx context.Context, step, client, actor string) error {
	l, m, err := p.letterOf(ctx, step, client)
	if err != nil {
		return err
	}
	t, err := p.link(l.html, "o", token.Open, 0)
	if err != nil {
		return err
	}
	return p.hit(ctx, "opened", m, t, -1, actor)
}

func (p *play) clicks(ctx context.Context, step, client, number, actor string) error {
	l, m, err := p.letterOf(ctx, step, client)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	t, err := p.link(l.html, "c", token.Click, n-1)
	if err != nil {
		return err
	}
	if _, err := store.DestinationOf(ctx, p.pool, m.ID, t.Index); err != nil {
		return err
	}
	return p.hit(ctx, "clicked", m, t, t.Index, actor)
}

// link is the n-th link of a kind in a letter, as it can be opened.
func (p *play) link(body, kind string, purpose token.Purpose, n int) (token.Token, error) {
	found, err := tokens(p.links, body, kind, purpose)
	if err != nil {
		return token.Token{}, err
	}
	if n < 0 || n >= len(found) {
		return token.Token{}, broken("the letter has %d such links", len(found))
	}
	return found[n], nil
}

// hit records that a link was followed, as the tracking route does, and goes on to when
// it is told who did it. A person reads the letter first.
func (p *play) hit(ctx context.Context, purpose string, m store.Message, t token.Token, link int, actor string) error {
	if t.Message != m.ID {
		return fmt.Errorf("a link of message %d belongs to message %d", m.ID, t.Message)
	}
	now, err := p.now(ctx)
	if err != nil {
		return err
	}
	if m.SentAt != nil && actor == inbound.Human && now.Before(m.SentAt.Add(reading)) {
		now = m.SentAt.Add(reading)
		if err := p.clock.To(ctx, now); err != nil {
			return err
		}
	}
	h := visitors[purpose+" "+actor]
	h.MessageID, h.Purpose, h.Link, h.At = m.ID, purpose, link, now
	if err := store.RecordHit(ctx, p.pool, h); err != nil {
		return err
	}
	return p.clock.To(ctx, now.Add(inbound.HitsSettle))
}
