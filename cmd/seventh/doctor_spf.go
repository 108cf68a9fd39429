package main

import (
	"context"
	"errors"
	"net/netip"
	"strings"
)

// spfIncludes are the records that providers ask to include, by the host that letters are
// handed to. Their letters do not come from the address that takes them.
var spfIncludes = map[string]string{
	"yandex.ru": "_spf.yandex.net", "yandex.com": "_spf.yandex.net", "yandex.net": "_spf.yandex.net",
	"mail.ru": "_spf.mail.ru", "gmail.com": "_spf.google.com", "google.com": "_spf.google.com",
	"office365.com": "spf.protection.outlook.com", "outlook.com": "spf.protection.outlook.com",
}

// spf checks who may send for a domain, and whether our servers are among them.
func (d *doctor) spf(ctx context.Context, domain string, servers []*mailServer) check {
	name := "spf:" + domain
	w := &spfWalk{doctor: d, ctx: ctx, included: map[string]bool{}}
	record, text, err := w.load(domain)
	if errors.Is(err, errNoSPF) {
		return fail(name, "there is no SPF record, so letters look forged: add the TXT record %q to %s", suggestedSPF(servers), domain)
	}
	if err == nil {
		err = w.follow(domain, record)
	}
	var open *openQuestion
	switch {
	case errors.As(err, &open):
		return noAnswer(name, open.err)
	case err != nil:
		return fail(name, "%s: receivers take the record for broken; correct it", oneLine(err))
	case w.lookups > maxSPFLookups:
		return fail(name, "receivers need %d lookups, and more than %d make the record void: remove includes that are not used", w.lookups, maxSPFLookups)
	case w.voids > maxSPFVoid:
		return fail(name, "%d names in it do not exist, and more than %d make the record void: remove them", w.voids, maxSPFVoid)
	case w.everybody:
		return warn(name, "%q lets everybody send in this name: end it with ~all or -all", text)
	}
	if missing := w.missing(servers); missing != "" {
		return warn(name, "%q does not name %s: add it, unless its letters leave from elsewhere", text, missing)
	}
	return ok(name, "%q, %d of %d lookups", text, w.lookups, maxSPFLookups)
}

func suggestedSPF(servers []*mailServer) string {
	terms := []string{"v=spf1", "mx"}
	for _, m := range servers {
		switch include := spfInclude(m.server.Host); {
		case include != "":
			terms = append(terms, "include:"+include)
		case m.direct() && isPublic(m.probe.Addr):
			terms = append(terms, spfMechanism(m.probe.Addr))
		}
	}
	return strings.Join(append(terms, "~all"), " ")
}

func spfMechanism(a netip.Addr) string {
	if a.Is4() {
		return "ip4:" + a.String()
	}
	return "ip6:" + a.String()
}

func spfInclude(host string) string {
	for domain := strings.ToLower(host); domain != ""; _, domain, _ = strings.Cut(domain, ".") {
		if include := spfIncludes[domain]; include != "" {
			return include
		}
	}
	return ""
}

// missing is the first of our servers that the record surely does not let send. Of a server
// with a login that is no known provider's, nothing is known.
func (w *spfWalk) missing(servers []*mailServer) string {
	for _, m := range servers {
		if include := spfInclude(m.server.Host); include != "" {
			if !w.included[include] {
				return "include:" + include
			}
			continue
		}
		if w.open || !m.direct() || !isPublic(m.probe.Addr) || w.allows(m.probe.Addr) {
			continue
		}
		return spfMechanism(m.probe.Addr)
	}
	return ""
}
