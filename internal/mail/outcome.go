package mail

import (
	"errors"
	"net/textproto"
	"strconv"
	"strings"

	"seventh/internal/inbound"
)

// Verdict is what an attempt means for the letter.
type Verdict string

const (
	Sent          Verdict = "sent"           // 2xx to the final dot
	Deferred      Verdict = "deferred"       // 4xx, or acceptance is impossible: plan it again
	Failed        Verdict = "failed"         // 5xx for this recipient or this letter
	Unconfirmed   Verdict = "unconfirmed"    // the dot may have left and no numeric reply came: never send again by itself
	SenderProblem Verdict = "sender_problem" // our account or configuration: pause the sender, blame no client
)

// Phase is how far the dialogue had come. It decides what a failure means far more than
// the words of the error do.
type Phase string

const (
	PhaseDial     Phase = "dial"
	PhaseGreeting Phase = "greeting"
	PhaseEHLO     Phase = "ehlo"
	PhaseSTARTTLS Phase = "starttls" // any TLS handshake, smtps included
	PhaseAuth     Phase = "auth"
	PhaseMail     Phase = "mail"
	PhaseRcpt     Phase = "rcpt"
	PhaseData     Phase = "data"
	PhaseBody     Phase = "body" // before the final dot left
	PhaseDot      Phase = "dot"  // after it
)

// Outcome is how one attempt to send a letter, or to connect for it, ended.
type Outcome struct {
	Verdict  Verdict
	Phase    Phase
	Class    string // why: one of the Class constants; "" when the letter was accepted
	Code     int    // the basic reply code; 0 when no reply came
	Enhanced string // the enhanced status code (RFC 3463), such as "5.1.1"; may be ""
	Text     string // the server's words without the codes, no control characters, at most 500 bytes
	Err      error  // what went wrong when no reply came
}

// Response is the server's reply as one line, "550 5.1.1 no such user"; "" without one.
func (o Outcome) Response() string {
	if o.Code == 0 {
		return ""
	}
	words := []string{strconv.Itoa(o.Code)}
	for _, w := range []string{o.Enhanced, o.Text} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// Error describes any outcome, also a good one, in one line.
func (o Outcome) Error() string {
	line := string(o.Verdict) + " at " + string(o.Phase)
	if r := o.Response(); r != "" {
		line += ": " + r
	}
	if o.Err != nil {
		line += ": " + clean(o.Err.Error(), maxText)
	}
	return line
}

// Unwrap returns the error behind an outcome without a reply.
func (o Outcome) Unwrap() error { return o.Err }

// answered is the outcome of a numeric reply at a phase (RFC 5321 4.2.1; a refused AUTH or
// MAIL says nothing about the recipient).
func answered(phase Phase, code int, text string) Outcome {
	enhanced, words := inbound.SplitEnhanced(code, text)
	o := Outcome{Phase: phase, Code: code, Enhanced: enhanced, Text: clean(words, maxText)}
	switch {
	case code/100 == 2 && phase == PhaseDot:
		o.Verdict = Sent
	case code/100 == 4:
		o.Verdict, o.Class = Deferred, classify(phase, code, enhanced, o.Text)
	case code/100 == 5:
		o.Class = classify(phase, code, enhanced, o.Text)
		o.Verdict = refusal(phase, code, o.Class)
	case phase == PhaseDot:
		o.Verdict, o.Class = Unconfirmed, ClassProtocol
	default:
		o.Verdict, o.Class = Deferred, ClassProtocol
	}
	return o
}

// refusal is whose fault a 5xx is.
func refusal(phase Phase, code int, class string) Verdict {
	switch phase {
	case PhaseDial, PhaseGreeting, PhaseEHLO:
		return Deferred // the server is not in service, or not for us now
	case PhaseSTARTTLS, PhaseAuth, PhaseMail:
		return SenderProblem
	}
	switch code {
	case 530, 534, 535, 538: // authentication or encryption wanted (RFC 4954 6, RFC 3207 4)
		return SenderProblem
	}
	if class == ClassAccount {
		return SenderProblem
	}
	return Failed
}

// unanswered is the outcome when no reply came at a phase.
func unanswered(phase Phase, err error) Outcome {
	o := Outcome{Verdict: Deferred, Phase: phase, Class: ClassTemporary, Err: err}
	if phase == PhaseDot {
		o.Verdict = Unconfirmed
	}
	var malformed textproto.ProtocolError
	if errors.Is(err, errMalformed) || errors.Is(err, errFlood) || errors.As(err, &malformed) {
		o.Class = ClassProtocol
	}
	return o
}

// outcomeOf is the outcome of an error of go-mail's client, which holds the reply if one came.
func outcomeOf(phase Phase, err error) *Outcome {
	o := unanswered(phase, err)
	var r *textproto.Error
	if errors.As(err, &r) {
		o = answered(phase, r.Code, r.Msg)
	}
	return &o
}
