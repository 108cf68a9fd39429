package inbound

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var clock = regexp.MustCompile(`\b(\d{1,2})[:.](\d{2})(?::\d{2})?(?:\s?([ap])\.?m\b)?`)

// quotedAt is when the letter that a body quotes was written, as its introduction says, in the
// zone of the answer: that is where it was shown. It is zero if it does not say.
func quotedAt(body string, answered time.Time) time.Time {
	lines := linesOf(body)
	for i, line := range lines {
		lines[i] = strings.TrimLeft(clean(line), "> ")
	}
	for i := range lines {
		n := introduces(lines[i:])
		if n == 0 && headerBlock(lines[i:]) {
			n = min(7, len(lines)-i)
		}
		if n == 0 {
			continue
		}
		for j := i; j < i+n; j++ {
			line := lines[j]
			if n < 4 {
				line = strings.Join(lines[i:i+n], " ")
			}
			if at := writtenAt(line, answered); !at.IsZero() {
				return at
			}
		}
		return time.Time{}
	}
	return time.Time{}
}

// writtenAt is the date with a year and the time of day that a line names.
func writtenAt(line string, answered time.Time) time.Time {
	if !year.MatchString(line) {
		return time.Time{}
	}
	for _, m := range mentions(tokens(line), answered.AddDate(0, 0, -300)) {
		if !m.exact {
			continue
		}
		for _, found := range clock.FindAllStringSubmatch(line, 4) {
			hour, _ := strconv.Atoi(found[1])
			minute, _ := strconv.Atoi(found[2])
			if strings.EqualFold(found[3], "p") && hour < 12 {
				hour += 12
			}
			if hour < 24 && minute < 60 && !strings.Contains(line, found[0]+".") {
				return m.date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			}
		}
	}
	return time.Time{}
}

var year = regexp.MustCompile(`\b20\d\d\b`)
