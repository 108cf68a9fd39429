package api

import (
	"fmt"
	"net/http"
	"testing"

	"seventh/internal/token"
)

// BenchmarkPixel loads pixels over 256 kept connections from a process of its own.
// Every hit is the first of its letter and committed before its answer.
//
//	TEST_DATABASE_URL=… go test ./api -run '^$' -bench Pixel -cpu 1
func BenchmarkPixel(b *testing.B) { benchmarkHits(b, token.Open, 1) }

// BenchmarkPixelAgain is for letters that have been opened before.
func BenchmarkPixelAgain(b *testing.B) { benchmarkHits(b, token.Open, 20) }

// BenchmarkClick follows links, each for the first time.
func BenchmarkClick(b *testing.B) { benchmarkHits(b, token.Click, 1) }

func benchmarkHits(b *testing.B, purpose token.Purpose, each int) {
	b.ReportAllocs()
	k := newKit(b)
	letters := b.N/each + 1
	k.letters(letters)
	requests := make([][]byte, letters)
	for i := range requests {
		requests[i] = wire("GET", k.link(int64(i+1), purpose, 0), "", http.Header{"User-Agent": {chrome}, "Accept-Language": {"ru"}})
	}
	l := newLoad(b, k.serve(), 256, requests)
	before := spentBy(b, k.db)
	b.ResetTimer()
	l.send(b.N)
	b.StopTimer()
	before.perItem(b, k.db, 1, "hit")
	if n := k.count("SELECT count(*) FROM hits"); n != b.N {
		b.Errorf("%d of %d hits are kept", n, b.N)
	}
}

// letters writes n letters with a link each, as if they had gone out.
func (k *kit) letters(n int) {
	k.t.Helper()
	k.exec(`INSERT INTO letters (hash, template, locale, fixed, destinations) VALUES ('\x01', 'c/guide', 'en', '', '{https://example.com/case}')`)
	k.exec(`INSERT INTO clients (external_id, email, address, consent_basis, category)
		SELECT 'c' || i, 'c' || i || '@example.com', 'c' || i || '@example.com', 'opt_in', 'C' FROM generate_series(1, $1) AS i`, n)
	k.exec(`INSERT INTO contents (subjects, recipients, letter_hashes, personals) VALUES ('{A guide}', '{ann@client.example}', '{"\\x01"}', '{"\\x00"}')`)
	k.exec(`INSERT INTO messages (enrollment_id, client_id, step, template, sender, state, due_at, not_after, at, sent_at, content_id, content_place, response)
		SELECT c.id, c.id, 'guide', 'c/guide', 'hello@levanto.example.com', 'sent', now(), now(), now(), now(), 1, 1, '250 ok' FROM clients c ORDER BY c.id`)
	k.exec("ANALYZE clients, messages")
	if got := k.count("SELECT max(id) FROM messages"); got != n {
		k.t.Fatal(fmt.Sprint("the last letter is ", got))
	}
}
