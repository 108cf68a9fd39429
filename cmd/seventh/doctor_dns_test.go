package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"seventh/internal/mail"
)

// domainTest is a zone and what the doctor should say of it: "ok" and some words.
type domainTest struct {
	zone zone
	want string
}

// expect holds a check against "status: words".
func expect(t *testing.T, got check, want string) {
	t.Helper()
	status, words, _ := strings.Cut(want, ": ")
	if got.Status != status || !strings.Contains(got.Message, words) || strings.ContainsAny(got.Message, "\n\r") {
		t.Errorf("%s: %s: %s, want %s", got.Name, got.Status, got.Message, want)
	}
}

func doctorAt(t *testing.T, z zone) *doctor {
	t.Helper()
	return &doctor{settings: &Settings{}, dns: dnsAt(z.serve(t)), outbound: func() string { return "10.0.0.7" }}
}

// server is a mail server that was found at an address.
func server(host, address string, login bool) *mailServer {
	return &mailServer{name: "smtp", where: "SEVENTH_SMTP_URL", server: mail.Server{Host: host, TLS: mail.STARTTLS},
		probe: &mail.Probe{Addr: netip.MustParseAddr(address), LoggedIn: login}}
}

func TestDoctorReadsSPF(t *testing.T) {
	t.Parallel()
	var many, circle []string
	for i := range 11 {
		many = append(many, fmt.Sprintf("a:a%d.example.com", i))
	}
	circle = []string{"v=spf1 include:example.com ~all"}
	own := []*mailServer{server("mail.example.com", "198.51.100.1", false)}
	relay := []*mailServer{server("smtp.yandex.ru", "77.88.21.158", true)}
	unknown := []*mailServer{server("smtp.relay.example", "203.0.113.9", true)}
	addresses := zone{"mx.example.com A": {"198.51.100.1"}, "example.com MX": {"10 mx.example.com"}}
	for i := range 11 {
		addresses[fmt.Sprintf("a%d.example.com A", i)] = []string{"203.0.113.1"}
	}
	for name, test := range map[string]struct {
		records []string
		more    zone
		servers []*mailServer
		want    string
	}{
		"covers by mx":             {[]string{"v=spf1 mx ~all"}, nil, own, "ok: 1 of 10 lookups"},
		"covers by ip4":            {[]string{"v=spf1 ip4:198.51.100.0/24 -all", "other"}, nil, own, "ok: 0 of 10 lookups"},
		"covers by a with length":  {[]string{"v=spf1 a:web.example.com/24 -all"}, zone{"web.example.com A": {"198.51.100.77"}}, own, "ok: 1 of 10 lookups"},
		"covers by include":        {[]string{"v=spf1 include:_spf.example.net -all"}, zone{"_spf.example.net TXT": {"v=spf1 ip4:198.51.100.1 ?all"}}, own, "ok: 1 of 10"},
		"covers by redirect":       {[]string{"v=spf1 redirect=_spf.example.net"}, zone{"_spf.example.net TXT": {"v=spf1 ip4:198.51.100.1 -all"}}, own, "ok: 1 of 10"},
		"provider included":        {[]string{"v=spf1 redirect=_spf.yandex.net"}, zone{"_spf.yandex.net TXT": {"v=spf1 ip4:77.88.0.0/18 ~all"}}, relay, "ok: 1 of 10"},
		"unknown relay":            {[]string{"v=spf1 -all"}, nil, unknown, "ok: 0 of 10"},
		"depends on the letter":    {[]string{"v=spf1 exists:%{i}.list.example.com -all"}, nil, own, "ok: 1 of 10"},
		"ten lookups":              {[]string{"v=spf1 " + strings.Join(many[:10], " ") + " ip4:198.51.100.1 -all"}, nil, own, "ok: 10 of 10"},
		"does not cover":           {[]string{"v=spf1 ip4:203.0.113.0/24 -all"}, nil, own, "warn: does not name ip4:198.51.100.1"},
		"only fails cover":         {[]string{"v=spf1 ?ip4:198.51.100.1 -all"}, nil, own, "warn: does not name ip4:198.51.100.1"},
		"provider not included":    {[]string{"v=spf1 mx -all"}, nil, relay, "warn: does not name include:_spf.yandex.net"},
		"everybody":                {[]string{"v=spf1 +all"}, nil, own, "warn: lets everybody"},
		"no answer":                {[]string{"SERVFAIL"}, nil, own, "warn: the DNS does not answer"},
		"no answer further on":     {[]string{"v=spf1 include:_spf.example.net -all"}, zone{"_spf.example.net TXT": {"SERVFAIL"}}, own, "warn: the DNS does not answer"},
		"none":                     {[]string{"other"}, nil, own, `fail: add the TXT record "v=spf1 mx ip4:198.51.100.1 ~all" to example.com`},
		"none, known provider":     {nil, nil, relay, `fail: "v=spf1 mx include:_spf.yandex.net ~all"`},
		"two":                      {[]string{"v=spf1 mx -all", "v=spf1 a -all"}, nil, own, "fail: 2 SPF records"},
		"syntax":                   {[]string{"v=spf1 ipv4:198.51.100.1 -all"}, nil, own, "fail: there is no such mechanism"},
		"syntax further on":        {[]string{"v=spf1 include:_spf.example.net -all"}, zone{"_spf.example.net TXT": {"v=spf1 nonsense"}}, own, "fail: _spf.example.net: nonsense"},
		"eleven lookups":           {[]string{"v=spf1 " + strings.Join(many, " ") + " -all"}, nil, own, "fail: receivers need 11 lookups"},
		"circle":                   {[]string{"v=spf1 include:_spf.example.net -all"}, zone{"_spf.example.net TXT": circle}, own, "fail: lookups, and more than 10"},
		"names that do not exist":  {[]string{"v=spf1 a:no1.example.com a:no2.example.com mx:no3.example.com -all"}, nil, own, "fail: 3 names in it do not exist"},
		"include without a record": {[]string{"v=spf1 include:mx.example.com -all"}, nil, own, "fail: it includes mx.example.com, which has no SPF record"},
		"too many MX":              {[]string{"v=spf1 mx -all"}, zone{"example.com MX": mxOf(11)}, own, "fail: more than 10 MX"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z := addresses.with(zone{"example.com TXT": test.records}).with(test.more)
			expect(t, doctorAt(t, z).spf(t.Context(), "example.com", test.servers), test.want)
		})
	}
}

func mxOf(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("10 a%d.example.com", i))
	}
	return list
}

func newSigner(t *testing.T, domain, selector string, key []byte) *mail.Signer {
	t.Helper()
	s, err := mail.ParseSigner(domain, selector, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rsaPEM(t *testing.T, bits int) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

// edSeed is the key of RFC 8463 A.2.
const edSeed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="

func TestDoctorComparesDKIMKeys(t *testing.T) {
	t.Parallel()
	ed, long, weak := newSigner(t, "example.com", "ed", []byte(edSeed)), newSigner(t, "example.com", "rsa", rsaPEM(t, 2048)), newSigner(t, "example.com", "weak", rsaPEM(t, 1024))
	published := zone{ed.Name() + " TXT": {ed.Record()}, long.Name() + " TXT": {long.Record()}, weak.Name() + " TXT": {weak.Record()}}
	for name, test := range map[string]struct {
		signers mail.Signers
		change  zone
		direct  bool
		lost    bool
		want    string
	}{
		"both published":     {signers: mail.Signers{long, ed}, want: "ok: signed with rsa._domainkey.example.com; signed with ed._domainkey.example.com"},
		"relay signs":        {want: "ok: the mail server should do it"},
		"nobody signs":       {direct: true, want: "warn: letters are not signed here"},
		"weak":               {signers: mail.Signers{weak}, want: "warn: RSA with 1024 bits is weak"},
		"test":               {signers: mail.Signers{ed}, change: zone{ed.Name() + " TXT": {ed.Record() + "; t=y"}}, want: "warn: only a test"},
		"no answer":          {signers: mail.Signers{ed}, change: zone{ed.Name() + " TXT": {"SERVFAIL"}}, want: "warn: the DNS does not answer"},
		"one of two missing": {signers: mail.Signers{weak, ed, long}, change: zone{ed.Name() + " TXT": nil}, want: "fail: the public key is not in the DNS, so every signature is broken: add the TXT record ed._domainkey.example.com \"v=DKIM1; k=ed25519"},
		"another key":        {signers: mail.Signers{long}, change: zone{long.Name() + " TXT": {weak.Record()}}, want: "fail: does not belong to our private key"},
		"revoked":            {signers: mail.Signers{long}, change: zone{long.Name() + " TXT": {"v=DKIM1; p="}}, want: "fail: is revoked"},
		"broken":             {signers: mail.Signers{long}, change: zone{long.Name() + " TXT": {long.Record()[:100]}}, want: "fail: is broken (p= is not"},
		"two records":        {signers: mail.Signers{ed}, change: zone{ed.Name() + " TXT": {ed.Record(), "x"}}, want: "fail: has 2 TXT records"},
		"key not loaded":     {lost: true, want: "fail: cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := server("mail.example.com", "198.51.100.1", !test.direct)
			m.domains = []string{"example.com"}
			s := &sending{keys: mail.Keyring{"example.com": test.signers}, servers: []*mailServer{m}, lost: map[string]bool{"example.com": test.lost}}
			expect(t, doctorAt(t, published.with(test.change)).dkim(t.Context(), "example.com", s), test.want)
		})
	}
}

func TestDoctorReadsDMARC(t *testing.T) {
	t.Parallel()
	parent := mail.Signers{newSigner(t, "example.co.uk", "ed", []byte(edSeed))}
	for name, test := range map[string]domainTest{
		"own record":      {zone{"_dmarc.mail.example.co.uk TXT": {"other", "v=DMARC1; p=reject; rua=mailto:a@example.com"}}, "ok: p=reject"},
		"of the parent":   {zone{"_dmarc.example.co.uk TXT": {"v=DMARC1; p=reject; sp=none"}}, "ok: p=none from _dmarc.example.co.uk"},
		"strict":          {zone{"_dmarc.example.co.uk TXT": {"v=DMARC1; p=none; adkim=s"}}, "warn: adkim=s wants a signature by mail.example.co.uk itself"},
		"for no letter":   {zone{"_dmarc.example.co.uk TXT": {"v=DMARC1; p=reject; pct=0"}}, "warn: pct=0"},
		"no answer":       {zone{"_dmarc.mail.example.co.uk TXT": {"SERVFAIL"}}, "warn: the DNS does not answer"},
		"none":            {zone{"_dmarc.co.uk TXT": {"v=DMARC1; p=none"}}, `fail: add the TXT record _dmarc.example.co.uk "v=DMARC1; p=none; rua=mailto:postmaster@example.co.uk"`},
		"two":             {zone{"_dmarc.example.co.uk TXT": {"v=DMARC1; p=none", "v=DMARC1; p=reject"}}, "fail: has 2 records"},
		"broken":          {zone{"_dmarc.example.co.uk TXT": {"v=DMARC1; p=all"}}, "fail: p=all is no policy"},
		"other text only": {zone{"_dmarc.example.co.uk TXT": {"v=spf1 -all"}}, "fail: there is no DMARC record"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, doctorAt(t, test.zone).dmarc(t.Context(), "mail.example.co.uk", parent), test.want)
		})
	}
}

func TestDoctorLooksWhereRepliesGo(t *testing.T) {
	t.Parallel()
	hosts := zone{"mx1.example.com A": {"198.51.100.1"}, "mx2.example.com AAAA": {"2001:db8::1"}}
	for name, test := range map[string]domainTest{
		"two":          {zone{"example.com MX": {"10 mx1.example.com", "20 mx2.example.com"}}, "ok: mx1.example.com, mx2.example.com"},
		"none":         {zone{"example.com A": {"198.51.100.2"}}, "warn: there is no MX"},
		"one lost":     {zone{"example.com MX": {"10 mx1.example.com", "20 gone.example.com"}}, "warn: gone.example.com has no address"},
		"no answer":    {zone{"example.com MX": {"SERVFAIL"}}, "warn: the DNS does not answer"},
		"no domain":    {zone{}, "fail: neither MX nor address"},
		"null MX":      {zone{"example.com MX": {"0 ."}}, "fail: takes no mail"},
		"all are lost": {zone{"example.com MX": {"10 gone.example.com"}}, "fail: gone.example.com has no address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, doctorAt(t, hosts.with(test.zone)).mx(t.Context(), "example.com"), test.want)
		})
	}
}

func TestDoctorLooksForTheNameOfOurAddress(t *testing.T) {
	t.Parallel()
	named := zone{"1.100.51.198.in-addr.arpa PTR": {"out.example.com"}, "out.example.com A": {"198.51.100.1"}}
	for name, test := range map[string]struct {
		change           zone
		server           *mailServer
		outbound, status string
	}{
		"leads back":      {nil, server("mail.example.com", "198.51.100.1", false), "", "ok: 198.51.100.1 is out.example.com"},
		"of this machine": {nil, server("localhost", "127.0.0.1", false), "198.51.100.1", "ok: 198.51.100.1 is out.example.com"},
		"behind a router": {nil, server("localhost", "127.0.0.1", false), "192.168.1.5", "ok: cannot be seen from here"},
		"no route":        {nil, server("localhost", "127.0.0.1", false), "", "ok: cannot be seen from here"},
		"none":            {zone{"1.100.51.198.in-addr.arpa PTR": nil}, server("mail.example.com", "198.51.100.1", false), "", "warn: 198.51.100.1 has no name"},
		"leads elsewhere": {zone{"out.example.com A": {"198.51.100.2"}}, server("mail.example.com", "198.51.100.1", false), "", "warn: does not lead back"},
		"no answer":       {zone{"1.100.51.198.in-addr.arpa PTR": {"SERVFAIL"}}, server("mail.example.com", "198.51.100.1", false), "", "warn: the DNS does not answer"},
		"somebody else's": {nil, server("smtp.relay.example", "198.51.100.1", true), "", ""},
		"not reached":     {nil, &mailServer{}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := doctorAt(t, named.with(test.change))
			d.outbound = func() string { return test.outbound }
			expect(t, d.reverse(t.Context(), test.server), test.status)
		})
	}
}
