package smtptest

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"time"
)

// identity is a self-signed certificate for localhost, 127.0.0.1 and mail.test, and the
// pool that trusts it.
type identity struct {
	certificate tls.Certificate
	pool        *x509.CertPool
}

func newIdentity(lifetime time.Duration) (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "smtptest"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(cmp.Or(lifetime, 24*time.Hour)),
		IsCA:                  true,
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost", "mail.test"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return identity{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return identity{}, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return identity{
		certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf},
		pool:        pool,
	}, nil
}

// Certificate returns the server's certificate; nil without TLS.
func (s *Server) Certificate() *x509.Certificate { return s.identity.certificate.Leaf }

// Pool returns a pool that trusts the server's certificate; nil without TLS.
func (s *Server) Pool() *x509.CertPool { return s.identity.pool }

// TLSConfig returns a client configuration that trusts the server.
func (s *Server) TLSConfig() *tls.Config { return &tls.Config{RootCAs: s.identity.pool} }
