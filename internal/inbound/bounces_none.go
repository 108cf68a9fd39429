package inbound

// Bounces reads a bounce.
func Bounces(*Letter) []Event { return nil }

// Complaint reads a complaint.
func Complaint(*Letter) (Event, bool) { return Event{}, false }
