package worker

import "seventh/sequences"

// relay are lines of a letter's header for providers whose events do not name its
// Message-ID, or not always. They take them out again before the letter goes on.
func (w *Worker) relay(hooks sequences.Hooks, messageID int64) []string {
	if hooks.Postmark == nil && hooks.SendGrid == nil {
		return nil
	}
	mark := w.options.Links.MessageID(messageID)
	var lines []string
	if hooks.Postmark != nil {
		// https://postmarkapp.com/support/article/1125-custom-metadata-faq; without KeepID
		// Postmark puts a Message-ID of its own in the place of ours, and answers name that.
		lines = append(lines, "X-PM-Metadata-seventh: "+mark, "X-PM-KeepID: true")
	}
	if hooks.SendGrid != nil { // opens and clicks come without smtp-id
		lines = append(lines, `X-SMTPAPI: {"unique_args":{"seventh":"`+mark+`"}}`)
	}
	return lines
}
