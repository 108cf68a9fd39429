package inbound

// somebody is how servers name whom a letter is for.
var somebody = []string{
	"user", "recipient", "rcpt", "mailbox", "mail box", "account", "address", "alias", "local part", "local-part", "person", "customer", "no one",
	"destinat", "utilisateur", "indirizzo", "konta", "konto", "adressat", "benutzer", "empf", "casilla", "usuario",
}

// rules are read from the top; the first that matches decides. What is about us comes
// before what is about the recipient: calling a blocked sender's client invalid would lose
// a good address for ever, calling a dead address blocked costs one more letter. For the
// same reason words about the recipient outrank a 5.7 code, but not words about the sender.
// internal/mail/testdata/replies holds real replies for nearly every line.
var rules = []rule{
	// Providers whose words or codes mean something else than they seem to.
	{class: ClassDisabled, kind: 5, words: []string{"policy rejection on the target address"}},                                 // Yandex
	{class: ClassInvalid, kind: 5, enhanced: []string{"5.4.1"}, words: []string{"recipient"}, also: []string{"access denied"}}, // Exchange Online
	{class: ClassGreylist, kind: 4, words: []string{"internal resource temporarily unavailable"}},                              // Mimecast
	{class: ClassRate, kind: 4, words: []string{"rate limited due to ip reputation"}},                                          // Outlook.com
	{class: ClassTemporary, kind: 4, words: []string{"queue quota exceeded"}},                                                  // Exchange Online
	{class: ClassRate, kind: 4, words: []string{"try again slower", "too much mail"}},                                          // Postfix
	{class: ClassPolicy, kind: 4, enhanced: []string{ // Gmail's rules for senders
		"4.7.23", "4.7.24", "4.7.25", "4.7.26", "4.7.27", "4.7.29", "4.7.30", "4.7.32", "4.7.40"}},

	{class: ClassContent, kind: 5, words: []string{"not rfc 5322 compliant", "messages missing a valid"}}, // Gmail
	{class: ClassGreylist, kind: 4, words: []string{"greylist", "graylist", "grey-list", "gray-list"}},

	// Our account, and how we connect.
	{class: ClassProtocol, words: []string{"starttls", "requires encryption", "requires tls", "encryption required", "must use tls"}},
	{class: ClassAccount, codes: []int{454, 534, 535, 538}},
	{class: ClassPolicy, codes: []int{530}, words: []string{"relay"}},
	{class: ClassAccount, codes: []int{530}},
	{class: ClassAccount, enhanced: []string{ // limits and bans of one's own account at Gmail and Microsoft
		"5.4.5", "5.1.90", "5.7.501", "5.7.502", "5.7.503", "5.7.705", "5.7.708", "5.7.750"}},
	{class: ClassAccount, words: []string{
		"sending limit", "daily limit", "daily sending quota", "relay limit exceeded", "invalid credentials", "mail sending denied", "sending for this account", "sending account",
		"not owned by", "not logged in", "auth failed", "authentication failed", "authentification requise", "smtp authentication in your", "smtp authentication turned on",
		"bad outbound sender", "mail relay denied", "address is not verified"}},

	// The sender's domain, server and reputation.
	{class: ClassRate, kind: 5, words: []string{"sent too many"}},
	{class: ClassPolicy, enhanced: []string{"5.1.7", "5.1.8"}},
	{class: ClassPolicy, words: []string{
		"sender", "mailfrom", "mail from", "from: domain", "from domain", "from:domain", "verification failed for", "dmarc", "spf ", "spf:", "spfbl", "dkim does not", "dkim authentication",
		"spamhaus", "spamcop", "sorbs", "barracudacentral", "blocklist", "block list", "blacklist", "black list", "dnsbl", " rbl", "[rbl", "rbl ", "rbls", "rtr:bl", "denyip", "black ip",
		"reputation", "reverse dns", "ptr record", "ptr resource", "your hostname", "helo command", "client host", "not authenticated", "your ip", "ip address is", "this ip ",
		"invalid ip", "banned send", "permanently deferred", "prison", "dialup",
		"relay access", "relaying", "relay not", "as a relay", "not a gateway", "deny relay", "denies relay", "unauthorized relay", "open relay", "relay traffic", "to relay", "allowed rcpthosts"}},

	// The mailbox.
	{class: ClassFull, enhanced: []string{"4.2.2", "5.2.2"}},
	{class: ClassFull, words: []string{
		"over quota", "overquota", "quota exceeded", "exceeds quota", "quota violation", "mailbox full", " is full", "mailbox size limit", "storage full", "exceeded storage", "storage space",
		"mailbox space", "allowed quota", "too many messages on the server"}},
	{class: ClassRate, kind: 5, enhanced: []string{"5.2.121", "5.2.122"}},
	{class: ClassRate, kind: 5, words: []string{"rate that prevents", "frequency limited", "exceeded their limit"}},
	{class: ClassInvalid, kind: 5, words: []string{"invalid/inactive", "not found or inactivated"}},
	{class: ClassDisabled, kind: 5, also: somebody, words: []string{
		"disabled", "inactive", "inactiv", "deactivated", "terminated", "suspend", " locked", "isblocked", "frozen", "closed", "expired", "expirado", "archived", "not activated", "not active",
		"longer accepts"}},
	{class: ClassDisabled, kind: 5, words: []string{"currently suspended", "mailbox is frozen", "receiving disabled", "now disabled"}},
	{class: ClassDeadDomain, kind: 5, words: []string{
		"host unknown", "domain not found", "invalid host name", "nonexistentdomain", "domain is not reachable", "does not accept mail", "nullmx", "null mx"}},
	{class: ClassInvalid, kind: 5, also: somebody, words: []string{
		"unknown", "not known", "not a known", "no such", "not found", "not be found", "was not found", "not available", "not exist", "no exist", "n't exist", "existent", "not present",
		"not listed in", "not in recipient", "not in my valid", "badrecipient", "badrcpt", "invalid", "is not valid", "not a valid", "not an active", "is wrong", "can't find", "cannot be verified",
		"no mailbox", "no mail box", "no account", "no longer", "not our customer", "not a member", "not local", "there is no one", "not have an account", "n't have a", "unavailable mail user",
		"bekannt", "inconnu", "sconosciut", "inesistente", "nie ma", "nie istnieje", "no existe"}},
	{class: ClassInvalid, kind: 5, words: []string{"unrouteable", "notfound", "is no longer valid"}},

	// The letter.
	{class: ClassContent, kind: 5, enhanced: []string{"5.3.4", "5.6."}},
	{class: ClassContent, kind: 5, words: []string{
		"uribl", "surbl", "spam url", "content", "virus", "infected", "attachment", "message size", "email size", "too large", "too long", "malformed", "rfc 5322", "rfc compliant",
		"from: header", "message-id: header", "mime/reject", "invalid data", "duplicate header", "hop count", "too many hops"}},

	// Later.
	{class: ClassTemporary, kind: 4, enhanced: []string{"4.1.1", "4.1.2"}},
	{class: ClassPolicy, kind: 4, words: []string{"nature of the content", "whitelist", "must resolve", "too many errors", "policy rejection", "access denied"}},
	{class: ClassRate, kind: 4, enhanced: []string{"4.5.4", "4.7.28"}},
	{class: ClassRate, kind: 4, words: []string{
		"rate limit", "ratelimit", "receiving mail", "too many", "too much mail", "too fast", "too quickly", "too frequent", "slow down", "slower", "throttl",
		"excessive volume", "max message per connection", "maximum number of concurrent", "[tss", "[gl01]", "unusual rate", "account service is temporarily unavailable"}},
	{class: ClassGreylist, kind: 4, words: []string{"try another server"}},
	{class: ClassGreylist, codes: []int{450, 451}, enhanced: []string{"4.7.1"}, words: []string{"again", "later"}},
	{class: ClassTemporary, kind: 4, enhanced: []string{"4.3.", "4.4."}},
	{class: ClassRate, codes: []int{421}, words: []string{"try again later (", "temporarily deferred"}},

	// What is left is decided by the enhanced code (RFC 3463, RFC 7372, RFC 7504), then by weaker words.
	{class: ClassDisabled, enhanced: []string{"5.7.13"}},
	{class: ClassPolicy, enhanced: []string{"5.7."}},
	{class: ClassPolicy, kind: 5, words: []string{
		"blocked", "spam", "junk", "policy", "policies", "banned", "is listed", "listed in", "not authorized", "not permitted", "not allowed", "access denied", "access for this", "no access",
		"access from", "mail refused", "mail data refused", "message filtered", "mail rejected", "mail is rejected", "message rejected", "user refused", "refused to receive", "user reject",
		"message not allowed", "spoof", "is rejected", "ip is ", "requires that"}},
	{class: ClassInvalid, enhanced: []string{"5.1.0", "5.1.1", "5.1.3", "5.1.6", "5.1.10"}},
	{class: ClassDeadDomain, enhanced: []string{"5.1.2", "5.4.4", "5.4.310"}},
	{class: ClassDisabled, enhanced: []string{"5.2.1"}},
	{class: ClassDeadDomain, codes: []int{521, 556}},
	{class: ClassInvalid, codes: []int{550, 551, 552, 553, 554}, words: []string{"mailbox unavailable", "recipient rejected", "does not exist", "doesn't exist"}},
	{class: ClassProtocol, enhanced: []string{"5.5."}},
	{class: ClassInvalid, codes: []int{501}, words: []string{"address"}},
	{class: ClassProtocol, codes: []int{500, 501, 502, 503, 504}},
	{class: ClassTemporary, enhanced: []string{"5.3."}},
	{class: ClassContent, codes: []int{552}},
}
