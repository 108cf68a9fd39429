package mail

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSPFIsRead(t *testing.T) {
	t.Parallel()
	got, err := ParseSPF("V=spf1 ip4:192.0.2.0/24 -ip4:192.0.2.7 ip6:2001:db8::/32 +A mx/24//64 a:Mail.example.com./28 include:_spf.example.net" +
		" ?exists:%{ir}.list.example.org ~ptr  exp=why.example.com x-new=1 redirect=_spf.example.org -all")
	if err != nil {
		t.Fatal(err)
	}
	want := SPF{Redirect: "_spf.example.org", Terms: []SPFTerm{
		{Qualifier: '+', Mechanism: "ip4", Net: netip.MustParsePrefix("192.0.2.0/24")},
		{Qualifier: '-', Mechanism: "ip4", Net: netip.MustParsePrefix("192.0.2.7/32")},
		{Qualifier: '+', Mechanism: "ip6", Net: netip.MustParsePrefix("2001:db8::/32")},
		{Qualifier: '+', Mechanism: "a", Bits4: 32, Bits6: 128},
		{Qualifier: '+', Mechanism: "mx", Bits4: 24, Bits6: 64},
		{Qualifier: '+', Mechanism: "a", Domain: "mail.example.com", Bits4: 28, Bits6: 128},
		{Qualifier: '+', Mechanism: "include", Domain: "_spf.example.net", Bits4: 32, Bits6: 128},
		{Qualifier: '?', Mechanism: "exists", Domain: "%{ir}.list.example.org", Bits4: 32, Bits6: 128},
		{Qualifier: '~', Mechanism: "ptr", Bits4: 32, Bits6: 128},
		{Qualifier: '-', Mechanism: "all", Bits4: 32, Bits6: 128},
	}}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenSPFIsToldWhy(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		"":                                       "must begin with v=spf1",
		"v=spf2 -all":                            "must begin with v=spf1",
		"v=spf1-all":                             "must begin with v=spf1",
		"v=spf1 -al":                             "-al: there is no such mechanism",
		"v=spf1 ipv4:192.0.2.1":                  "ipv4:192.0.2.1: there is no such mechanism",
		"v=spf1 ip4:192.0.2":                     "ip4:192.0.2: it is not an address",
		"v=spf1 ip4:192.0.2.0/33":                "it is not an address",
		"v=spf1 ip4:2001:db8::1":                 "of another kind than ip4",
		"v=spf1 ip6:192.0.2.1":                   "of another kind than ip6",
		"v=spf1 ip4":                             "it needs an address",
		"v=spf1 ip4: 192.0.2.1":                  "ip4:: it is not an address",
		"v=spf1 include":                         "it needs a domain",
		"v=spf1 include:":                        "a domain is missing",
		"v=spf1 include:a..b":                    "a domain is missing or malformed",
		"v=spf1 include:example.com/24":          "it needs a domain after a colon, and nothing else",
		"v=spf1 include:%{x}.example.com":        "% begins a macro that does not exist",
		"v=spf1 a/33":                            "from /0 to /32",
		"v=spf1 mx//129":                         "from //0 to //128",
		"v=spf1 mx/":                             "from /0 to /32",
		"v=spf1 ptr/24":                          "it takes no length",
		"v=spf1 all:example.com":                 "nothing may follow all",
		"v=spf1 redirect=a.example redirect=b.c": "redirect= stands twice",
		"v=spf1 exp=a.example exp=b.c":           "exp= stands twice",
		"v=spf1 redirect=":                       "a domain is missing",
		"v=spf1, a, mx":                          "must begin with v=spf1",
		"v=spf1 a, mx":                           "a,: it is neither",
		"v=spf1 \u200ball":                       "it is neither",
	} {
		if got, err := ParseSPF(record); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, error %v, want %q", record, got, err, want)
		}
	}
}

func TestDKIMRecordsAreReadAndCompared(t *testing.T) {
	t.Parallel()
	rsa, ed := rsaSigner(t), edSigner(t)
	_, p, _ := strings.Cut(rsa.Record(), "p=")
	for record, want := range map[string]struct{ fitsRSA, fitsEd, testing, revoked bool }{
		rsa.Record(): {fitsRSA: true},
		ed.Record():  {fitsEd: true},
		"p=" + p:     {fitsRSA: true},
		"v=DKIM1;p= " + p[:40] + " " + p[40:] + ";":                                                                {fitsRSA: true},
		"v=DKIM1; h=sha1:sha256; s=* ; t=s:y; n=a note; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=": {fitsEd: true, testing: true},
		"v=DKIM1; k=ed25519; p=AAAAAAAxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=":                                       {},
		"v=DKIM1; p=": {revoked: true},
	} {
		got, err := ParseDKIMRecord(record)
		if err != nil {
			t.Errorf("%s: %v", record, err)
		}
		if got.Fits(rsa) != want.fitsRSA || got.Fits(ed) != want.fitsEd || got.Testing != want.testing || got.Revoked != want.revoked {
			t.Errorf("%s: %+v, fits RSA %t, Ed25519 %t, want %+v", record, got, got.Fits(rsa), got.Fits(ed), want)
		}
	}
}

func TestBrokenDKIMRecordsAreToldWhy(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		"":                                   "it is empty",
		";":                                  "two semicolons",
		"v=DKIM1; k=rsa":                     "there is no p=",
		"v=DKIM2; p=AAAA":                    "v= must be DKIM1",
		"p=AAAA; v=DKIM1":                    "stand first",
		"v=DKIM1;; p=AAAA":                   "two semicolons",
		"v=DKIM1; p=AAAA; p=BBBB":            "p= stands twice",
		"v=DKIM1; p":                         `"p" is not of the form`,
		"v=DKIM1; p=not base64!":             "p= is not base64",
		"v=DKIM1; p=MIIBIjANBgkqhkiG9w0B":    "not an RSA key",
		"v=DKIM1; k=ed25519; p=MIIBIjANBg==": "an Ed25519 key has 32",
		"v=DKIM1; k=dsa; p=AAAA":             "k=dsa is not a kind",
		"v=DKIM1; h=sha1; p=AAAA":            "does not allow sha256",
		"v=DKIM1; s=tlsrpt; p=AAAA":          "does not allow e-mail",
		`"v=DKIM1; p=AAAA"`:                  "p= is not base64",
		"v=DKIM1; p=AA\u2014AA":              "not ASCII",
	} {
		if got, err := ParseDKIMRecord(record); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, error %v, want %q", record, got, err, want)
		}
	}
}

func TestDMARCIsRead(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]DMARC{
		"v=DMARC1; p=none": {Policy: "none", SubdomainPolicy: "none", Percent: 100},
		"v=DMARC1;p=Reject;sp=quarantine;adkim=s;aspf=S;pct=25;rua=mailto:a@example.com,mailto:b@example.net!10m;fo=1;": {
			Policy: "reject", SubdomainPolicy: "quarantine", StrictDKIM: true, StrictSPF: true, Percent: 25, Reports: true},
		"v=DMARC1; p=quarantine; np=reject; x=y": {Policy: "quarantine", SubdomainPolicy: "quarantine", Percent: 100},
	} {
		got, err := ParseDMARC(record)
		if err != nil || got != want || !IsDMARC(record) {
			t.Errorf("%s: %+v, error %v, want %+v", record, got, err, want)
		}
	}
}

func TestBrokenDMARCIsToldWhy(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		"":                                     "it is empty",
		"v=DMARC1":                             "there is no p=",
		"p=none":                               "must begin with v=DMARC1",
		"p=none; v=DMARC1":                     "must begin with v=DMARC1",
		"v=DMARC2; p=none":                     "must begin with v=DMARC1",
		"v=dmarc1; p=none":                     "must begin with v=DMARC1",
		"v=DMARC1; p=deny":                     "p=deny is no policy",
		"v=DMARC1; p=none; sp=":                "sp= is no policy",
		"v=DMARC1; p=none; adkim=strict":       "adkim=strict is no mode",
		"v=DMARC1; p=none; aspf=x":             "aspf=x is no mode",
		"v=DMARC1; p=none; pct=101":            "pct=101 is no percentage",
		"v=DMARC1; p=none; pct=half":           "pct=half is no percentage",
		"v=DMARC1; p=none; rua=a@example.com":  "rua=a@example.com is no address",
		"v=DMARC1; p=none; p=reject":           "p= stands twice",
		"v=DMARC1, p=none":                     "must begin with v=DMARC1",
		"v=DMARC1; p none":                     `"p none" is not of the form`,
		"v=DMARC1; p=none;; rua=mailto:a@b.co": "two semicolons",
	} {
		if got, err := ParseDMARC(record); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, error %v, want %q", record, got, err, want)
		}
	}
}

// FuzzRecords proves that no stranger's record stops the doctor.
func FuzzRecords(f *testing.F) {
	f.Add("v=spf1 a:%{d2r.-}.x/24//64 ip6:::1 redirect=y.z -all")
	f.Add("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=; t=y:s")
	f.Add("v=DMARC1; p=none; rua=mailto:a@b,mailto:c@d; pct=1")
	f.Fuzz(func(t *testing.T, record string) {
		if spf, err := ParseSPF(record); err == nil {
			for _, term := range spf.Terms {
				if strings.IndexByte("+-~?", term.Qualifier) < 0 || (term.Mechanism == "ip4" || term.Mechanism == "ip6") != term.Net.IsValid() || term.Bits4 > 32 || term.Bits6 > 128 {
					t.Errorf("%q has the term %+v", record, term)
				}
			}
		}
		if dkim, err := ParseDKIMRecord(record); err == nil && dkim.Revoked != (dkim.Key == nil) {
			t.Errorf("%q: %+v", record, dkim)
		}
		if dmarc, err := ParseDMARC(record); err == nil && (dmarc.Policy == "" || dmarc.SubdomainPolicy == "") {
			t.Errorf("%q: %+v", record, dmarc)
		}
	})
}
