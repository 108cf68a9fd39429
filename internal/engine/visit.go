package engine

import (
	"context"
	"net/netip"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

// visited keeps that a provider saw a letter opened, or a link of it followed, as a hit
// like those on our own pixel and links: all of them are judged together.
func (e *Engine) visited(ctx context.Context, r Report) error {
	letter, err := store.ToldLetterByID(ctx, e.DB, r.MessageID)
	if err != nil {
		return err
	}
	at, _, err := e.dateOf(ctx, e.DB, r, &letter)
	if err != nil {
		return err
	}
	h := store.Hit{
		MessageID: r.MessageID, Purpose: string(r.Kind), Link: -1, At: at, UserAgent: cut(r.UserAgent, 500), Address: HitNetwork(r.Address), Said: r.Actor,
	}
	if r.Kind == inbound.Clicked {
		h.Link, err = store.LinkTo(ctx, e.DB, r.MessageID, r.URL)
		if isNotFound(err) {
			return nil // our own link, which has told us itself, or the provider's
		}
		if err != nil {
			return err
		}
	}
	return store.RecordReported(ctx, e.DB, h)
}

// HitNetwork is an address without the part that names a household: enough to see where
// hits come from, too little to know whose they are. ” for what is no address.
func HitNetwork(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := 48
	if ip.Is4() {
		bits = 24
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}
