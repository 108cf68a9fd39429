package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/sequences"
	"seventh/templates"
	"seventh/worker"
)

type renderCommand struct {
	Template string   `arg:"" help:"The letter's name, such as c/guide."`
	Dir      string   `arg:"" optional:"" type:"path" help:"Content folder; default: --content, or the built-in content."`
	Locale   string   `default:"en" help:"Language of the letter."`
	Product  []string `help:"What the sample client bought, by the names your CRM uses."`
	Format   string   `enum:"html,text,eml" default:"text" help:"html, text or eml (the source as it would be sent)."`
}

// Run writes one letter for a sample client.
func (c renderCommand) Run(p *process, s *Settings) error {
	fsys, err := s.folder(c.Dir)
	if err != nil {
		return err
	}
	folder, problems, err := content.Load(fsys)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		report(p.stderr, problems)
		return errReported
	}
	letter := folder.Letters.Letter(c.Template, c.Locale)
	if letter == nil {
		names := folder.Letters.Names()
		return fmt.Errorf("there is no letter %q in this folder%s There are: %s", c.Template,
			cmp.Or(sequences.DidYouMean(c.Template, names), "."), strings.Join(names, ", "))
	}
	if letter.Locale != "" && letter.Locale != c.Locale {
		fmt.Fprintf(p.stderr, "There is no variant for %q: clients with it get this one, %q.\n", c.Locale, letter.Locale)
	}
	data := templates.SampleData(letter.Locale, time.Now())
	data["company"] = worker.CompanyData(folder.Settings)
	if len(c.Product) > 0 {
		data["client"].(map[string]any)["products"] = c.Product
	}
	rendered, err := letter.Render(data)
	if err != nil {
		return err
	}
	switch c.Format {
	case "html":
		_, err = p.stdout.Write(rendered.HTMLBytes(letter))
	case "eml":
		err = writeSource(p, s, folder, letter, rendered)
	default:
		_, err = fmt.Fprintf(p.stdout, "Subject: %s\n\n%s\n", rendered.Subject, rendered.TextBytes(letter))
	}
	return err
}

func writeSource(p *process, s *Settings, folder *content.Folder, letter *templates.Letter, rendered *templates.Rendered) error {
	sender := folder.Settings.Senders[folder.Settings.FallbackSender]
	from := mail.Address{Name: sender.Name, Email: sender.Email}
	compiled, err := mail.Compile(letter)
	if err != nil {
		return err
	}
	personal, err := compiled.Compose(nil, mail.Header{
		From: from, ReplyTo: from, To: mail.Address{Email: "sample@example.com"}, MessageID: "sample@example.com",
		Date: time.Now(), Unsubscribe: s.publicURL() + "/u/sample",
	}, rendered)
	if err != nil {
		return err
	}
	raw, err := mail.Expand(nil, compiled.Fixed, personal)
	if err != nil {
		return err
	}
	_, err = p.stdout.Write(raw)
	return err
}
