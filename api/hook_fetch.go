package api

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	fetchPatience = 5 * time.Second
	fetchLimit    = 64 << 10 // bytes of an answer

	certificatesKept = 20
	certificateLife  = 24 * time.Hour
	// fetchesInMinute bounds what strangers can make us ask of Amazon.
	fetchesInMinute = 10
)

// hookClient asks only what inbound has found to be a provider's own address, and goes
// nowhere else from there.
func hookClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = fetchLimit
	return &http.Client{
		Timeout: fetchPatience, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get asks for an address and returns the beginning of what lies there.
func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New("the answer is " + response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, fetchLimit))
}

// confirm tells a provider that we want its posts.
func (h *hooks) confirm(ctx context.Context, address string) error {
	if _, err := get(ctx, h.client, address); err != nil {
		return fmt.Errorf("confirming a subscription: %w", withoutURL(err))
	}
	return nil
}

// certificates are fetched one at a time, rarely, and kept for a day.
type certificates struct {
	client *http.Client
	kept   *recent[string, certificate]

	mu      sync.Mutex
	minute  time.Time
	fetched int
}

type certificate = *x509.Certificate

var errTooOften = errors.New("certificates were asked for too often in this minute")

func (c *certificates) fetch(ctx context.Context, address string) (*x509.Certificate, error) {
	if known, ok := c.kept.get(address, time.Now()); ok {
		return known, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if known, ok := c.kept.get(address, now); ok {
		return known, nil
	}
	if now.Sub(c.minute) > time.Minute {
		c.minute, c.fetched = now, 0
	}
	if c.fetched == fetchesInMinute {
		return nil, errTooOften
	}
	c.fetched++
	body, err := get(ctx, c.client, address)
	if err != nil {
		return nil, withoutURL(err)
	}
	block, _ := pem.Decode(body)
	if block == nil {
		return nil, errors.New("there is no certificate at the address")
	}
	read, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	c.kept.put(address, read, now)
	return read, nil
}

// withoutURL is an error of the HTTP client without the address, which holds a token.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
