package main

import (
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is what a DNS server of a test knows: "example.com MX" → "10 mx.example.com". A name
// that is not in it does not exist; the value SERVFAIL makes the server fail.
type zone map[string][]string

// with is the zone with changes; a nil value takes an entry out.
func (z zone) with(changes zone) zone {
	changed := maps.Clone(z)
	maps.Copy(changed, changes)
	maps.DeleteFunc(changed, func(_ string, values []string) bool { return values == nil })
	return changed
}

// serve runs a DNS server until the test ends, and gives its address.
func (z zone) serve(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-ended })
	go func() {
		defer close(ended)
		buf := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return // closed
			}
			var query dnsmessage.Message
			if query.Unpack(buf[:n]) != nil || len(query.Questions) != 1 {
				continue
			}
			answer := z.answer(t, query)
			packed, err := answer.Pack()
			if err != nil {
				t.Errorf("packing the answer to %v: %v", query.Questions[0], err)
				continue
			}
			conn.WriteTo(packed, from)
		}
	}()
	return conn.LocalAddr().String()
}

func (z zone) answer(t *testing.T, query dnsmessage.Message) dnsmessage.Message {
	question := query.Questions[0]
	name := strings.TrimSuffix(strings.ToLower(question.Name.String()), ".")
	answer := dnsmessage.Message{Questions: query.Questions}
	answer.ID, answer.Response, answer.RecursionAvailable, answer.RCode = query.ID, true, true, dnsmessage.RCodeNameError
	for entry := range z {
		if strings.HasPrefix(entry, name+" ") {
			answer.RCode = dnsmessage.RCodeSuccess
		}
	}
	for _, value := range z[name+" "+strings.TrimPrefix(question.Type.String(), "Type")] {
		if value == "SERVFAIL" {
			answer.RCode = dnsmessage.RCodeServerFailure
			break
		}
		header := dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: 60}
		answer.Answers = append(answer.Answers, dnsmessage.Resource{Header: header, Body: resource(t, question.Type, value)})
	}
	return answer
}

func resource(t *testing.T, kind dnsmessage.Type, value string) dnsmessage.ResourceBody {
	name := func(s string) dnsmessage.Name { return dnsmessage.MustNewName(strings.TrimSuffix(s, ".") + ".") }
	switch kind {
	case dnsmessage.TypeA:
		return &dnsmessage.AResource{A: netip.MustParseAddr(value).As4()}
	case dnsmessage.TypeAAAA:
		return &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(value).As16()}
	case dnsmessage.TypePTR:
		return &dnsmessage.PTRResource{PTR: name(value)}
	case dnsmessage.TypeMX:
		preference, host, _ := strings.Cut(value, " ")
		number, err := strconv.ParseUint(preference, 10, 16)
		if err != nil {
			t.Errorf("MX %q: %v", value, err)
		}
		return &dnsmessage.MXResource{Pref: uint16(number), MX: name(host)}
	case dnsmessage.TypeTXT:
		text := &dnsmessage.TXTResource{}
		for ; len(value) > 255; value = value[255:] {
			text.TXT = append(text.TXT, value[:255])
		}
		text.TXT = append(text.TXT, value)
		return text
	}
	t.Errorf("the test's DNS server knows no %s", kind)
	return &dnsmessage.UnknownResource{Type: kind}
}
