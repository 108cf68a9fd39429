package mail

import "seventh/internal/inbound"

// Classes of refusals: what a reply says about the address, the letter, the server or us.
// What each of them means for the letter, the client and the sender is decided by whoever
// reads the outcome; see Outcome.AddressIsDead for the client's part.
const (
	ClassInvalid    = inbound.ClassInvalid
	ClassDisabled   = inbound.ClassDisabled
	ClassDeadDomain = inbound.ClassDeadDomain
	ClassFull       = inbound.ClassFull
	ClassPolicy     = inbound.ClassPolicy
	ClassContent    = inbound.ClassContent
	ClassGreylist   = inbound.ClassGreylist
	ClassRate       = inbound.ClassRate
	ClassAccount    = inbound.ClassAccount
	ClassTemporary  = inbound.ClassTemporary
	ClassProtocol   = inbound.ClassProtocol
	ClassUnknown    = inbound.ClassUnknown

	// ClassUnsupported is an address SMTP can carry only with SMTPUTF8 or in quotes, which
	// this package does not send. No server was asked.
	ClassUnsupported = "unsupported_address"
)

// AddressIsDead reports whether nobody can be reached at this address any more, so that
// further letters to it would only harm the sender.
func (o Outcome) AddressIsDead() bool {
	return o.Class == ClassInvalid || o.Class == ClassDisabled || o.Class == ClassDeadDomain
}

// classify names the class of a 4xx or 5xx reply. The phase comes first: only from RCPT on
// does a reply speak of the recipient, and at AUTH and MAIL what is no policy is about our
// account.
func classify(phase Phase, code int, enhanced, text string) string {
	class := inbound.Classify(code, enhanced, text)
	switch phase {
	case PhaseRcpt, PhaseData, PhaseBody, PhaseDot:
		return class
	case PhaseAuth:
		if class != ClassProtocol {
			return ClassAccount
		}
	case PhaseMail:
		if code/100 == 5 && aboutRecipient(class) {
			return ClassAccount
		}
	}
	switch {
	case !aboutRecipient(class):
		return class
	case code/100 == 4:
		return ClassTemporary
	}
	return ClassUnknown
}

// aboutRecipient reports whether a class speaks of a recipient, who has not been named
// before RCPT, or of nobody.
func aboutRecipient(class string) bool {
	return class == ClassInvalid || class == ClassDisabled || class == ClassDeadDomain || class == ClassFull || class == ClassUnknown
}
