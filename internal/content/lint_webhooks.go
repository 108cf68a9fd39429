package content

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
)

// webhooks warns about addresses that anybody on the way can read, and about
// receivers who cannot tell who is speaking.
func (l *loading) webhooks() {
	hooks := l.folder.Settings.Webhooks
	for _, name := range slices.Sorted(maps.Keys(hooks)) {
		hook := hooks[name]
		line, column := l.placeOf(SettingsFile, name+":")
		if u, err := url.Parse(hook.URL); err == nil && u.Scheme == "http" && !isOurs(u.Hostname()) {
			l.warning(SettingsFile, line, column, fmt.Sprintf("the webhook %s goes over http, so others on the way can read it: write https://", name))
		}
		if hook.Secret == "" {
			l.warning(SettingsFile, line, column, fmt.Sprintf("the webhook %s has no secret, so its receiver cannot tell who speaks: add `secret: \"env:NAME\"`", name))
		}
	}
}

// isOurs tells whether a host is this machine.
func isOurs(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// placeOf finds a text behind the key webhooks.
func (l *loading) placeOf(file, text string) (line, column int) {
	source := string(l.folder.files[file].Data)
	from := max(0, strings.Index(source, "\nwebhooks:")+1)
	at := strings.Index(source[from:], text)
	if at < 0 {
		return 1, 1
	}
	at += from
	return strings.Count(source[:at], "\n") + 1, at - strings.LastIndex(source[:at], "\n")
}
