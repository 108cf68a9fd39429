package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// bulkClients is how many clients a benchmark's round tells about, in requests of
// bulkLimit that come four at a time.
const bulkClients = 100_000

// BenchmarkBulkUpsert adds 100,000 clients, as lines of JSON, in each round.
//
//	TEST_DATABASE_URL=… go test ./api -run '^$' -bench BulkUpsert -benchtime 3x
func BenchmarkBulkUpsert(b *testing.B) {
	benchmarkBulk(b, ndjson, func(round int) int { return round })
}

// BenchmarkBulkUpsertArray is the same as an array.
func BenchmarkBulkUpsertArray(b *testing.B) {
	benchmarkBulk(b, "application/json", func(round int) int { return round })
}

// BenchmarkBulkUpsertUnchanged repeats what the CRM has said before.
func BenchmarkBulkUpsertUnchanged(b *testing.B) { benchmarkBulk(b, ndjson, func(int) int { return 0 }) }

func benchmarkBulk(b *testing.B, contentType string, base func(round int) int) {
	b.ReportAllocs()
	k := newKit(b)
	address := k.serve()
	rounds := make([][][]byte, b.N+1)
	for round := range rounds {
		for from := 0; from < bulkClients; from += bulkLimit {
			rounds[round] = append(rounds[round], bulkRequest(contentType, base(round)*bulkClients+from, bulkLimit))
		}
	}
	send := func(requests [][]byte) {
		l := newLoad(b, address, 4, requests)
		l.send(len(requests))
	}
	if base(1) == 0 {
		send(rounds[b.N])
		k.exec("VACUUM ANALYZE clients")
	}
	before := spentBy(b, k.db)
	b.ResetTimer()
	for _, requests := range rounds[:b.N] {
		send(requests)
	}
	b.StopTimer()
	before.perItem(b, k.db, bulkClients, "client")
}

// bulkRequest tells about clients as a CRM does, from a number on.
func bulkRequest(contentType string, from, n int) []byte {
	items := make([]string, n)
	for i := range items {
		id := from + i
		items[i] = fmt.Sprintf(`{"external_id":"crm-%d","email":"client.%d@customer-%d.example","first_name":"Иван","last_name":"Петров %d","company":"ООО Ромашка %d",`+
			`"category":%q,"stage":"interest","owner":"rep%d@levanto.example.com","locale":"ru","time_zone":"Europe/Moscow",`+
			`"attributes":{"industry":"food","power_kw":%d,"vip":true},"products":["compressor"],"source":"partner:ACME",`+
			`"last_purchase_at":"2025-03-01T00:00:00+03:00","consent":{"basis":"opt_in","source":"form","at":"2025-01-02T03:04:05+03:00","text_version":"2"}}`,
			id, id, id%5000, id, id%5000, string("ABCD"[id%4]), id%7, id%300)
	}
	body := strings.Join(items, "\n")
	if contentType != ndjson {
		body = "[" + strings.Join(items, ",") + "]"
	}
	return wire("POST", "/api/v1/clients/bulk", body, http.Header{"Content-Type": {contentType}, "Authorization": {"Bearer " + fullKey}})
}
