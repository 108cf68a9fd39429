// Package mail is the SMTP side: it turns rendered letters into bytes and bytes into
// outcomes.
//
// A letter becomes bytes in two steps. Compile, once for each template, has go-mail build
// the MIME frame and encodes everything that is the same for every client: the fixed
// parts. Compose, for each letter, adds only what is personal, as a compact stream that
// names the fixed parts by number. Expand puts both together into the exact bytes that go
// on the wire. So the database keeps the fixed parts once, by hash, and a short stream for
// each letter, and what was sent can be rebuilt byte for byte for ever.
//
//	compiled, err := mail.Compile(letter)
//	stream, err := compiled.Compose(nil, header, rendered)
//	raw, err := mail.Expand(nil, compiled.Fixed, stream)
//
// Bytes become outcomes over a Conn, which the worker keeps open and uses for many letters:
//
//	conn, refused := server.Dial(ctx)
//	refused = conn.Envelope(ctx, from, to)   // up to 354: still nothing is sent
//	outcome := conn.Body(ctx, raw)
//
// Every failure is an Outcome, decided by how far the dialogue had come and by the numeric
// reply, because nothing else tells a letter that can be planned again from one that may
// have arrived. SMTP has no exactly-once (RFC 1047): when the final dot may have left and
// no reply came, the outcome is Unconfirmed and this package never tries again.
package mail
