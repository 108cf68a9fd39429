package inbound

// Classes of bounces, and of refusals while we send: what they say about the address, the
// letter, the server or us.
const (
	ClassInvalid    = "invalid"     // the address does not exist
	ClassDisabled   = "disabled"    // it did, and its owner or provider has closed it
	ClassDeadDomain = "dead_domain" // its domain takes no mail
	ClassFull       = "full"        // the mailbox is over its quota
	ClassPolicy     = "policy"      // reputation, blocklists, authentication of our domain; never the client's fault
	ClassContent    = "content"     // this letter: too big, malformed, a link or a file in it
	ClassGreylist   = "greylist"    // come back in some minutes
	ClassRate       = "rate"        // too fast, too many connections, a recipient who gets too much
	ClassAccount    = "account"     // our account: its password, its address, its daily limit
	ClassTemporary  = "temporary"   // the server's or the network's trouble
	ClassProtocol   = "protocol"    // not SMTP as we speak it: our configuration, or the server's
	ClassUnknown    = "unknown"     // a refusal that says nothing
)
