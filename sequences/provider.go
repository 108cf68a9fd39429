package sequences

import (
	"maps"
	"slices"
	"strings"
)

// providerDomains are the mail providers whose domains count as one: they share
// servers, reputation and limits.
var providerDomains = map[string][]string{
	"mailru":    {"mail.ru", "bk.ru", "list.ru", "inbox.ru", "internet.ru", "xmail.ru", "mail.ua"},
	"yandex":    {"yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.uz", "yandex.ua", "yandex.com.tr", "narod.ru"},
	"gmail":     {"gmail.com", "googlemail.com"},
	"microsoft": {"outlook.com", "hotmail.com", "live.com", "msn.com", "live.ru", "outlook.de", "outlook.fr", "hotmail.co.uk", "hotmail.de", "hotmail.fr", "hotmail.it", "live.co.uk", "live.de", "live.fr", "passport.com"},
	"yahoo":     {"yahoo.com", "ymail.com", "rocketmail.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "yahoo.it", "yahoo.es", "yahoo.co.in", "aol.com"},
}

// publicDomains are those of other providers at which anybody gets an address, so
// that sharing one says nothing about working together.
var publicDomains = []string{
	"rambler.ru", "lenta.ru", "autorambler.ru", "myrambler.ru", "ro.ru", "rambler.ua", "qip.ru", "pochta.ru", "e1.ru", "ngs.ru", "tut.by", "mail.by",
	"ukr.net", "i.ua", "meta.ua", "bigmir.net", "mail.kz", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "pm.me", "gmx.com",
	"gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "mail.com", "zoho.com", "tutanota.com", "fastmail.com",
	"hey.com", "orange.fr", "free.fr", "laposte.net", "wanadoo.fr", "sfr.fr", "libero.it", "virgilio.it", "tiscali.it", "wp.pl", "o2.pl",
	"interia.pl", "onet.pl", "seznam.cz", "inbox.lv", "mail.ee", "comcast.net", "verizon.net", "att.net", "qq.com", "163.com", "126.com", "naver.com",
}

var providerOf = func() map[string]string {
	of := make(map[string]string)
	for provider, domains := range providerDomains {
		for _, domain := range domains {
			of[domain] = provider
		}
	}
	return of
}()

var public = func() map[string]bool {
	set := make(map[string]bool)
	for _, domain := range publicDomains {
		set[domain] = true
	}
	for domain := range providerOf {
		set[domain] = true
	}
	return set
}()

// Providers are the names of the mail providers known by name, in order.
func Providers() []string { return slices.Sorted(maps.Keys(providerDomains)) }

// ProviderOf is who takes letters to a normalised address: a provider known by
// name, or else the address's domain.
func ProviderOf(address string) string {
	domain := DomainOf(address)
	if provider, known := providerOf[domain]; known {
		return provider
	}
	return domain
}

// DomainOf is what follows the @.
func DomainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// PublicProvider reports whether anybody can get an address of the domain.
func PublicProvider(domain string) bool { return public[domain] }
