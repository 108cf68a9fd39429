package sequences

import "strings"

func checkCall(d *decoder, s *Step, path string) { d.scriptName(path+".call", s.Call) }

func checkTask(d *decoder, s *Step, path string) {
	if s.Script != "" {
		d.scriptName(path+".script", s.Script)
	}
}

// scriptName checks the name of a script: what a rep reads while he calls.
func (d *decoder) scriptName(path, s string) {
	switch at := d.spotOf(path); {
	case s == "":
	case strings.HasSuffix(s, ".md"):
		d.problem(at, "%s is a file: write the script's name without language and .md, for example c/follow-up", quoted(s))
	case !templatePattern.MatchString(s):
		d.problem(at, "%s cannot be a script: write its path in scripts/ in Latin letters, digits, -, _ and /, for example c/follow-up", quoted(s))
	}
}

func checkEnroll(d *decoder, s *Step, path string) {
	if s.Enroll != "" {
		d.name(d.spotOf(path+".enroll"), s.Enroll)
	}
}

func checkWebhook(d *decoder, s *Step, path string) {
	if s.Webhook == "" || d.settings == nil {
		return
	}
	if _, known := d.settings.Webhooks[s.Webhook]; !known {
		d.problem(d.spotOf(path+".webhook"), "%s", unknown("webhook", s.Webhook, names(d.settings.Webhooks)))
	}
}
