package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// configuration checks the flags and variables.
func (d *doctor) configuration() check {
	if err := d.settings.validate(); err != nil {
		return fail("settings", "%s", oneLine(err))
	}
	if d.settings.sandbox() {
		return ok("settings", "this is the sandbox")
	}
	return ok("settings", "complete")
}

// dataFolder checks that state can be kept. It makes nothing that is not there yet.
func (d *doctor) dataFolder() check {
	dir := d.settings.Data
	existing := dir
	for {
		info, err := os.Stat(existing)
		if err == nil && !info.IsDir() {
			return fail("data", "%s is not a folder: name another one with SEVENTH_DATA", existing)
		}
		if err == nil {
			break
		}
		parent := filepath.Dir(existing)
		if !errors.Is(err, fs.ErrNotExist) || parent == existing {
			return fail("data", "%s: make the folder readable, or name another one with SEVENTH_DATA", oneLine(err))
		}
		existing = parent
	}
	probe, err := os.CreateTemp(existing, ".doctor-*")
	if err != nil {
		return fail("data", "%s is not writable for this user: give it to the user who runs seventh, or name another one with SEVENTH_DATA", existing)
	}
	probe.Close()
	os.Remove(probe.Name())
	if existing != dir {
		return ok("data", "%s will be made when it is needed", dir)
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o007 != 0 {
		return warn("data", "%s is open to every user of this machine and holds secrets: chmod 700 %s", dir, dir)
	}
	return ok("data", "%s is writable", dir)
}

// publicURL checks that the links of letters lead back here.
func (d *doctor) publicURL(ctx context.Context) check {
	const name = "public-url"
	base := d.settings.publicURL()
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return fail(name, "%q is not a URL: set SEVENTH_PUBLIC_URL=https://mail.example.com", base)
	}
	if u.Scheme != "https" {
		return fail(name, "%s is not https: put a proxy with a certificate in front of seventh and set SEVENTH_PUBLIC_URL=https://…", base)
	}
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
	if err != nil {
		return fail(name, "%q is not a URL: set SEVENTH_PUBLIC_URL=https://mail.example.com", base)
	}
	response, err := d.http.Do(request)
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return fail(name, "the certificate of %s is not trusted (%s): renew it, or send its intermediate certificates too", base, certificate.Err)
	case err != nil:
		return warn(name, "%s/healthz does not answer from here (%s): is `seventh serve` running, and does the proxy lead to it?", base, reason(err))
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	if response.StatusCode != http.StatusOK {
		return fail(name, "%s/healthz answers %s: the proxy must lead to `seventh serve` without logins and redirects", base, response.Status)
	}
	return ok(name, "%s answers", base)
}

// unsubscribe checks what List-Unsubscribe of every letter will look like (RFC 8058).
func (d *doctor) unsubscribe(domains []string) check {
	const name = "unsubscribe"
	u, err := url.Parse(d.settings.publicURL())
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fail(name, "List-Unsubscribe is no https link, so Gmail, Yahoo and Microsoft refuse letters to many: set SEVENTH_PUBLIC_URL=https://…")
	}
	host := strings.ToLower(u.Hostname())
	if address, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		if err == nil && isPublic(address) {
			return warn(name, "links point to an address without a name, which spam filters dislike: give it one and set SEVENTH_PUBLIC_URL")
		}
		return fail(name, "nobody outside reaches %s, so nobody can unsubscribe: set SEVENTH_PUBLIC_URL to a public name", host)
	}
	var others []string
	for _, domain := range domains {
		if organization(domain) != organization(host) {
			others = append(others, domain)
		}
	}
	if len(others) > 0 {
		return warn(name, "links lead to %s while letters come from %s: spam filters trust links to the sender's own domain more; give seventh a name such as go.%s",
			host, strings.Join(others, ", "), others[0])
	}
	return ok(name, "List-Unsubscribe leads to https://%s", u.Host)
}

// organization is the domain that somebody registered: example.co.uk of mail.example.co.uk.
func organization(domain string) string {
	registered, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return domain
	}
	return registered
}

func isPublic(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}

// reason is why a request failed, without the URL that the message holds already.
func reason(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return oneLine(err)
}

// oneLine puts an error of several lines on one, and says nothing twice.
func oneLine(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "; "), ":; ", ": ")
}
