package sequences

import (
	"regexp"
	"strconv"
)

// Hooks are the providers that tell what became of letters, by posting to
// /hooks/PROVIDER. One that is not here is answered with 404.
type Hooks struct {
	Generic  *GenericHook  `yaml:"generic" jsonschema_description:"mail servers and gateways of your own that post as Standard Webhooks"`
	SES      *SESHook      `yaml:"ses" jsonschema_description:"Amazon SES, which posts over Amazon SNS"`
	SendGrid *KeyHook      `yaml:"sendgrid" jsonschema_description:"Twilio SendGrid's signed event webhook"`
	Mailgun  *KeyHook      `yaml:"mailgun" jsonschema_description:"Mailgun's webhooks"`
	Postmark *PostmarkHook `yaml:"postmark" jsonschema_description:"Postmark's webhooks"`
}

// GenericHook checks Standard Webhooks.
type GenericHook struct {
	Secret Reference `yaml:"secret" jsonschema:"required" jsonschema_description:"write where the secret is kept that posts are signed with (whsec_…): env:SEVENTH_HOOK_GENERIC_SECRET or file:PATH"`
}

// SESHook names the topics of Amazon SNS that are ours: anybody can have a topic.
type SESHook struct {
	Topics []string `yaml:"topics" jsonschema:"required" jsonschema_description:"write the ARNs of the SNS topics that SES tells: [arn:aws:sns:eu-west-1:123456789012:seventh], or [env:SEVENTH_HOOK_SES_TOPIC]"`
}

// KeyHook checks posts with a key that the provider shows.
type KeyHook struct {
	Key Reference `yaml:"key" jsonschema:"required" jsonschema_description:"write where the provider's key is kept that its posts are checked with: env:NAME or file:PATH"`
}

// PostmarkHook checks the user and password in the address that Postmark was given.
type PostmarkHook struct {
	User     string    `yaml:"user" jsonschema:"required" jsonschema_description:"write the user in the address that Postmark posts to: https://USER:PASSWORD@…/hooks/postmark; or env:NAME"`
	Password Reference `yaml:"password" jsonschema:"required" jsonschema_description:"write where the password in that address is kept: env:NAME or file:PATH"`
}

var topicPattern = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]{3,32}:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)

func (h *Hooks) check(d *decoder) {
	if h.SES == nil {
		return
	}
	if h.SES.Topics != nil && len(h.SES.Topics) == 0 {
		d.problem(d.spotOf("hooks.ses.topics"), "this list is empty: write the ARN of the SNS topic that SES tells")
	}
	for i, topic := range h.SES.Topics {
		if !outside(topic) && !topicPattern.MatchString(topic) {
			d.problem(d.spotOf("hooks.ses.topics["+strconv.Itoa(i)+"]"), "%s is no topic of Amazon SNS: write its ARN, for example arn:aws:sns:eu-west-1:123456789012:seventh",
				quoted(topic))
		}
	}
}
