package inbound

import "time"

// Sent is what is known of the letter of ours that an answer may belong to.
type Sent struct {
	// Subject is the one that we sent; '' if it is not known. Words of it say nothing about
	// whoever answers, so that "Re: Your compressor on vacation" is no absence.
	Subject string
	// At is when it left, in the clock that dates answers; zero if it is not known. An answer within
	// minutes is more likely a machine's.
	At time.Time
}

// maxAnswerText bounds the text of an answer in bytes.
const maxAnswerText = 4 << 10

// ReadAnswer reads a letter that answers one of ours. Its second result says that a
// machine wrote it: only then the answer has a return date and a substitute, and only
// otherwise may it ask for no more letters.
func ReadAnswer(l *Letter, sent Sent) (Answer, bool) {
	answer := Answer{
		From: l.From.Address, Name: l.From.Name, Subject: l.Subject, MessageID: l.MessageID,
		Text: clip(newText(l.Text), maxAnswerText),
	}
	if !automatic(l, sent) {
		answer.OptOut = optOut(answer.Text)
		return answer, false
	}
	answer.Back, _ = returnDate(foreignSubject(clip(l.Subject, 500), clip(sent.Subject, 500))+"\n\n"+answer.Text, l.Date)
	answer.Substitute = substitute(ownText(answer.Text), l)
	return answer, true
}
