package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/worker"
)

// sending is who letters come from, and over which servers they go.
type sending struct {
	servers []*mailServer
	domains []string // of From, in A-labels
	replies []string // domains that replies go to
	keys    mail.Keyring
	lost    map[string]bool // domains with a key that cannot be used
	checks  []check         // what could not be found out
}

// sending gathers the servers and domains of the settings in force, and those of the reps
// when letters go out in their names.
func (d *doctor) sending(ctx context.Context, folder *content.Folder, db *database) *sending {
	s := &sending{lost: map[string]bool{}}
	standard := &mailServer{name: "smtp", where: "SEVENTH_SMTP_URL"}
	var err error
	if standard.server, err = mail.ParseURL(d.settings.SMTPURL); err == nil {
		s.servers = append(s.servers, standard)
	} else {
		s.checks = append(s.checks, fail("smtp", "%s: set SEVENTH_SMTP_URL", oneLine(err)))
	}
	if folder == nil {
		return s
	}
	own := map[string]bool{} // addresses that have a server of their own
	for _, name := range slices.Sorted(maps.Keys(folder.Settings.Senders)) {
		s.sender(name, folder.Settings.Senders[name], standard, own)
	}
	if err := s.reps(ctx, folder, db, standard, own); err != nil {
		s.checks = append(s.checks, fail("reps", "%s", oneLine(err)))
	}
	if s.keys, err = worker.Keyring(folder.Settings); err != nil {
		s.checks = append(s.checks, fail("dkim", "%s", oneLine(err)))
	}
	for domain := range folder.Settings.DKIM {
		if domain = domainOf("@" + domain); len(s.keys[domain]) == 0 {
			s.lost[domain] = true
		}
	}
	for _, server := range s.servers {
		s.domains = append(s.domains, server.domains...)
	}
	s.domains = sortedUnique(s.domains)
	s.replies = sortedUnique(append(s.replies, s.domains...))
	return s
}

func (s *sending) sender(name string, sender sequences.Sender, standard *mailServer, own map[string]bool) {
	resolve := func(key, value string) string {
		text, err := content.Resolve(value)
		if err != nil {
			s.checks = append(s.checks, fail("sender:"+name, "%s: %s", key, oneLine(err)))
		}
		return text
	}
	email, replyTo, address := resolve("email", sender.Email), resolve("reply_to", sender.ReplyTo), resolve("smtp", sender.SMTP)
	server := standard
	if sender.SMTP != "" {
		own[strings.ToLower(email)] = true
		server = &mailServer{name: "smtp:" + name, where: "smtp of the sender " + name}
		var err error
		if server.server, err = mail.ParseURL(address); err != nil {
			if address != "" {
				s.checks = append(s.checks, fail(server.name, "%s: correct %s", oneLine(err), server.where))
			}
			return
		}
		s.servers = append(s.servers, server)
	}
	if domain := domainOf(email); domain != "" {
		server.domains = append(server.domains, domain)
	}
	if domain := domainOf(replyTo); domain != "" {
		s.replies = append(s.replies, domain)
	}
}

// reps adds the domains of those who write in their own names.
func (s *sending) reps(ctx context.Context, folder *content.Folder, db *database, standard *mailServer, own map[string]bool) error {
	inOwnName := slices.ContainsFunc(folder.Sequences, func(q *sequences.Sequence) bool { return q.Sender == sequences.Owner })
	if db == nil || !inOwnName {
		return nil
	}
	users, err := store.ListUsers(ctx, db.Pool)
	if err != nil {
		return err
	}
	for _, user := range users {
		if domain := domainOf(user.Email); user.Role == "rep" && domain != "" && !own[strings.ToLower(user.Email)] {
			standard.domains = append(standard.domains, domain)
		}
	}
	return nil
}

func (s *sending) serversOf(domain string) []*mailServer {
	return slices.DeleteFunc(slices.Clone(s.servers), func(m *mailServer) bool { return !slices.Contains(m.domains, domain) })
}

// domainOf is an address's domain in A-labels; "" when there is none.
func domainOf(email string) string {
	_, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return ascii
	}
	return domain
}

func sortedUnique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
