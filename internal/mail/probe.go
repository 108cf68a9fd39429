package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Probe is what a server showed of itself when it was connected to.
type Probe struct {
	Encrypted   bool
	TLS         string    // "TLS 1.3"; "" when not encrypted
	Expires     time.Time // when the server's certificate ends
	Untrusted   string    // why the certificate would not be accepted; "" when it would
	LoggedIn    bool      // AUTH succeeded
	OffersLogin bool
	Pipelining  bool
	Size        int64      // the largest letter in bytes; 0 when not said
	Addr        netip.Addr // where the server is
}

// Probe connects as Dial does, looks at what the server offers and leaves. The outcome is nil
// when letters could go.
func (s Server) Probe(ctx context.Context) (*Probe, *Outcome) {
	t := s.Timeouts.withDefaults()
	w, client, outcome := s.connect(ctx, t)
	if outcome != nil {
		return nil, outcome
	}
	p := &Probe{LoggedIn: s.User != ""}
	p.OffersLogin, _ = client.Extension("AUTH")
	p.Pipelining, _ = client.Extension("PIPELINING")
	if _, size := client.Extension("SIZE"); size != "" {
		p.Size, _ = strconv.ParseInt(strings.TrimSpace(size), 10, 64) // what is no number says nothing
	}
	if peer, err := netip.ParseAddrPort(w.RemoteAddr().String()); err == nil {
		p.Addr = peer.Addr().Unmap()
	}
	if state, ok := client.TLSConnectionState(); ok {
		p.Encrypted, p.TLS = true, tls.VersionName(state.Version)
		p.certificate(s, state)
	}
	c := &Conn{wire: w, text: client.Text, timeouts: t}
	_ = c.Close() // whatever the server says to QUIT, it has been seen
	return p, nil
}

// certificate looks at what the server showed. Where Opportunistic TLS took it as it came, it
// is checked here.
func (p *Probe) certificate(s Server, state tls.ConnectionState) {
	if len(state.PeerCertificates) == 0 {
		return
	}
	leaf := state.PeerCertificates[0]
	p.Expires = leaf.NotAfter
	if len(state.VerifiedChains) > 0 {
		return
	}
	config := s.tlsConfig()
	options := x509.VerifyOptions{DNSName: config.ServerName, Roots: config.RootCAs, Intermediates: x509.NewCertPool()}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := leaf.Verify(options); err != nil {
		p.Untrusted = clean(err.Error(), maxText)
	}
}
