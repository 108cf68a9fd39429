package main

import (
	"context"
	"fmt"
	"strings"

	"seventh/internal/mail"
)

// dkim checks that the keys we sign with are the ones that the DNS publishes.
func (d *doctor) dkim(ctx context.Context, domain string, s *sending) check {
	name := "dkim:" + domain
	signers := s.keys.For(domain)
	if s.lost[domain] {
		return fail(name, "the key in seventh.yaml cannot be used: see above")
	}
	if len(signers) == 0 {
		for _, m := range s.serversOf(domain) {
			if m.direct() {
				return warn(name, "letters are not signed here, and a server without a login seldom does it: write a key under `dkim:` in seventh.yaml")
			}
		}
		return ok(name, "not signed here: the mail server should do it; a letter that arrived shows a DKIM-Signature with d=%s", domain)
	}
	worst := check{Name: name, Status: statusOK}
	var messages []string
	for _, signer := range signers {
		found := d.key(ctx, name, signer)
		if severity(found.Status) > severity(worst.Status) {
			worst.Status, messages = found.Status, nil // what is well need not be said beside what is not
		}
		if found.Status == worst.Status {
			messages = append(messages, found.Message)
		}
	}
	worst.Message = strings.Join(messages, "; ")
	return worst
}

func severity(status string) int { return map[string]int{statusWarn: 1, statusFail: 2}[status] }

// key checks one key.
func (d *doctor) key(ctx context.Context, name string, signer *mail.Signer) check {
	texts, err := d.texts(ctx, signer.Name(), func(string) bool { return true })
	if err != nil {
		return noAnswer(name, err)
	}
	publish := fmt.Sprintf("add the TXT record %s %q", signer.Name(), signer.Record())
	switch len(texts) {
	case 0:
		return fail(name, "the public key is not in the DNS, so every signature is broken: %s", publish)
	case 1:
	default:
		return fail(name, "%s has %d TXT records, and verifiers may take any: keep one", signer.Name(), len(texts))
	}
	record, err := mail.ParseDKIMRecord(texts[0])
	switch {
	case err != nil:
		return fail(name, "the record %s is broken (%s): %s", signer.Name(), oneLine(err), publish)
	case record.Revoked:
		return fail(name, "the key %s is revoked (p= is empty), so every signature is broken: use a new selector", signer.Name())
	case !record.Fits(signer):
		return fail(name, "the public key of %s does not belong to our private key, so every signature is broken: %s", signer.Name(), publish)
	case record.Testing:
		return warn(name, "%s says that it is only a test (t=y), so signatures count for nothing: remove t=y", signer.Name())
	case signer.Warning != "":
		return warn(name, "%s: %s", signer.Name(), signer.Warning)
	}
	return ok(name, "signed with %s", signer.Name())
}

// dmarc checks what receivers are to do with letters that nothing proves, and whether ours
// are proven in the way that it asks for. Our envelope sender is From, so SPF is always
// aligned (RFC 7489 3.1.2).
func (d *doctor) dmarc(ctx context.Context, domain string, signers mail.Signers) check {
	name := "dmarc:" + domain
	from := domain
	texts, err := d.texts(ctx, "_dmarc."+from, mail.IsDMARC)
	if err == nil && len(texts) == 0 && organization(domain) != domain {
		from = organization(domain)
		texts, err = d.texts(ctx, "_dmarc."+from, mail.IsDMARC)
	}
	switch {
	case err != nil:
		return noAnswer(name, err)
	case len(texts) == 0:
		return fail(name, "there is no DMARC record, and Gmail, Yahoo and Microsoft want one of who writes to many: add the TXT record _dmarc.%s %q",
			organization(domain), "v=DMARC1; p=none; rua=mailto:postmaster@"+organization(domain))
	case len(texts) > 1:
		return fail(name, "_dmarc.%s has %d records, which count as none: keep one", from, len(texts))
	}
	record, err := mail.ParseDMARC(texts[0])
	if err != nil {
		return fail(name, "the record _dmarc.%s is broken (%s), which counts as none: correct it", from, oneLine(err))
	}
	policy := record.Policy
	if from != domain {
		policy = record.SubdomainPolicy
	}
	if record.StrictDKIM && len(signers) > 0 && signers[0].Domain != domain {
		return warn(name, "adkim=s wants a signature by %s itself, and letters are signed by %s: write a key for %s in seventh.yaml, or use adkim=r",
			domain, signers[0].Domain, domain)
	}
	if policy != "none" && record.Percent == 0 {
		return warn(name, "p=%s is for 0 %% of letters (pct=0), which counts for nothing: remove pct=0", policy)
	}
	where := ""
	if from != domain {
		where = " from _dmarc." + from
	}
	return ok(name, "p=%s%s", policy, where)
}
