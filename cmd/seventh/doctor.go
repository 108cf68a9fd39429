package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

type doctorCommand struct {
	JSON bool   `name:"json" help:"Print the checks as JSON."`
	DNS  string `name:"dns" hidden:"" placeholder:"HOST:PORT" help:"Ask this DNS server."`
}

// Run looks at everything that letters need, and says what is wrong and what cures it.
func (c doctorCommand) Run(p *process, s *Settings) error {
	dns := dnsAt(c.DNS)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Resolver: dns}).DialContext
	d := &doctor{settings: s, dns: dns, http: &http.Client{Transport: transport, CheckRedirect: dontFollow}, outbound: outbound}
	checks := d.examine(p)
	if c.JSON {
		if err := json.NewEncoder(p.stdout).Encode(map[string]any{"checks": checks}); err != nil {
			return fmt.Errorf("printing the checks: %w", err)
		}
	} else {
		printChecks(p.stdout, checks)
	}
	for _, check := range checks {
		if check.Status == statusFail {
			return errReported
		}
	}
	return nil
}

// doctorPatience bounds every question to another machine.
const doctorPatience = 15 * time.Second

// check is one line of the doctor's report.
type check struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Message string `json:"message"` // what was found; with warn and fail also what cures it
}

const (
	statusOK   = "ok"
	statusWarn = "warn" // letters go, but not as well as they could
	statusFail = "fail" // letters do not go, are lost or are refused
)

func ok(name, format string, args ...any) check {
	return check{name, statusOK, fmt.Sprintf(format, args...)}
}

func warn(name, format string, args ...any) check {
	return check{name, statusWarn, fmt.Sprintf(format, args...)}
}

func fail(name, format string, args ...any) check {
	return check{name, statusFail, fmt.Sprintf(format, args...)}
}

// doctor is one examination.
type doctor struct {
	settings *Settings
	dns      resolver
	http     *http.Client
	outbound func() string // the address that our letters seem to come from
}

// examine makes all checks, in the order in which their cures help: what is ours first,
// then what is asked of others, all of that at the same time.
func (d *doctor) examine(ctx context.Context) []check {
	checks := []check{d.configuration(), d.dataFolder()}
	found, db := d.database(ctx)
	checks = append(checks, found...)
	if db != nil {
		defer db.close()
	}
	found, content := d.content(ctx, db)
	checks = append(checks, found...)
	if d.captured() {
		return append(checks,
			ok("public-url", "%s: links work on this machine only, as letters stay here too", d.settings.publicURL()),
			ok("smtp", "the sandbox captures letters, so nothing about mail servers and the DNS was checked: set SEVENTH_SMTP_URL to check them"))
	}
	sending := d.sending(ctx, content, db)
	return append(checks, together(
		func() []check { return []check{d.publicURL(ctx), d.unsubscribe(sending.domains)} },
		func() []check { return d.mailServers(ctx, sending) },
		func() []check { return d.mailboxes(ctx, content, sending) },
	)...)
}

// captured reports whether letters stay on this machine.
func (d *doctor) captured() bool { return d.settings.sandbox() && d.settings.SMTPURL == "" }

// together makes checks at the same time; they come back in the order of the arguments.
func together(examinations ...func() []check) []check {
	found := make([][]check, len(examinations))
	var all sync.WaitGroup
	for i, examine := range examinations {
		all.Go(func() { found[i] = examine() })
	}
	all.Wait()
	var checks []check
	for _, f := range found {
		checks = append(checks, f...)
	}
	return checks
}

func printChecks(w io.Writer, checks []check) {
	width, count := 0, map[string]int{}
	for _, c := range checks {
		width = max(width, len([]rune(c.Name)))
		count[c.Status]++
	}
	for _, c := range checks {
		fmt.Fprintf(w, "%-4s  %-*s  %s\n", c.Status, width, c.Name, c.Message)
	}
	fmt.Fprintf(w, "%s, %s.\n", counted(count[statusFail], "failure"), counted(count[statusWarn], "warning"))
}

func dontFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// outbound is this machine's address on the way to the Internet. Nothing is sent: a UDP
// socket only picks its route.
func outbound() string {
	conn, err := net.Dial("udp", "192.0.2.1:9")
	if err != nil {
		return ""
	}
	defer conn.Close()
	host, _, _ := net.SplitHostPort(conn.LocalAddr().String())
	return host
}
