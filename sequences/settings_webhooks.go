package sequences

import "net/url"

// Webhook is another system that steps may tell.
type Webhook struct {
	URL    string    `yaml:"url" jsonschema:"required" jsonschema_description:"write where to post, for example url: https://crm.example.com/hooks/seventh, or env:NAME"`
	Secret Reference `yaml:"secret" jsonschema_description:"where the secret is kept that signs what is posted (Standard Webhooks, whsec_…): env:NAME or file:PATH"`
}

func (s *Settings) checkWebhooks(d *decoder) {
	for _, name := range names(s.Webhooks) {
		d.name(d.keys["webhooks."+name], name)
		w := s.Webhooks[name]
		if w.URL == "" || outside(w.URL) {
			continue
		}
		if u, err := url.Parse(w.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			d.problem(d.spotOf("webhooks."+name+".url"), "%s is no address to post to: write it whole, for example https://crm.example.com/hooks/seventh", quoted(w.URL))
		}
	}
}
