package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"seventh/internal/content"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/templates"
	"seventh/worker"
)

// letterChoice is which letter is looked at, and as whom.
type letterChoice struct {
	Template   string   `arg:"" help:"The letter's name, such as c/guide."`
	Dir        string   `arg:"" optional:"" type:"path" help:"Content folder; default: --content, or what is in force for --client, or the built-in content."`
	Locale     string   `placeholder:"LOCALE" help:"Language of the letter, or all. Default: the client's own, else en."`
	AllLocales bool     `help:"Every language that the letter is written in."`
	Client     string   `placeholder:"ID" xor:"client" help:"A client by the CRM's id, as he is in the database. Default: a sample client."`
	ClientFile string   `placeholder:"FILE" type:"existingfile" xor:"client" help:"A client in the API's form, JSON or YAML."`
	Product    []string `help:"What the client bought, by the names your CRM uses."`
	Offer      string   `placeholder:"NAME" help:"An offer that holds for a week from now."`
	Sequence   string   `placeholder:"NAME" help:"As this sequence sends the letter: its sender, offer and files. Default: the first that sends it."`
	Step       string   `placeholder:"ID" help:"As this step of --sequence sends it. Default: the first that does."`
}

// chosen is a letter with all that it is written with.
type chosen struct {
	folder  *content.Folder
	letters []*templates.Letter
	from    sequences.Sender
	to      string   // the client's address
	files   []string // that go with it

	source func(*templates.Letter) templates.Source
}

// preview is a letter as one client would get it.
type preview struct {
	letter   *templates.Letter
	rendered *templates.Rendered
	blanks   []templates.Problem
}

// choose finds the letter and the client.
func (c letterChoice) choose(p *process, s *Settings) (_ *chosen, err error) {
	var db *database
	if c.Client != "" {
		log, err := s.logger(p)
		if err != nil {
			return nil, err
		}
		if db, err = openDatabase(p, s, log); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, db.close()) }()
	}
	folder, err := c.content(p, s, db)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if db != nil {
		if now, err = store.Now(p, db.Pool); err != nil { // the sandbox has a clock of its own
			return nil, err
		}
	}
	l, err := c.recipient(p, db, folder.Settings, now)
	if err != nil {
		return nil, err
	}
	sequence, step, err := c.context(folder)
	if err != nil {
		return nil, err
	}
	chosen := &chosen{folder: folder, from: senderOf(folder.Settings, sequence, l), to: "sample@example.com", files: step.Attach}
	c.offer(l, step, folder.Settings, now)
	unsubscribe := s.publicURL() + "/u/sample"
	if l.Client != nil {
		l.From, chosen.to = chosen.from, l.Client.Email
		if len(c.Product) > 0 {
			l.Client.Products = c.Product
		}
		chosen.source = func(*templates.Letter) templates.Source { return worker.Preview(folder.Settings, l, unsubscribe) }
	} else {
		chosen.source = func(letter *templates.Letter) templates.Source { return c.sample(folder.Settings, letter, l, now) }
	}
	chosen.letters, err = c.variants(p, folder, l.Client)
	return chosen, err
}

// content is the folder that was named, else what is in force where a database is at
// hand, else the built-in one.
func (c letterChoice) content(p *process, s *Settings, db *database) (*content.Folder, error) {
	if db != nil && c.Dir == "" && s.Content == "" {
		folder, _, err := content.InForce(p, db.Pool)
		if !errors.Is(err, store.ErrNotFound) {
			return folder, err
		}
	}
	fsys, err := s.folder(c.Dir)
	if err != nil {
		return nil, err
	}
	folder, problems, err := content.Load(fsys)
	if err != nil {
		return nil, err
	}
	if folder == nil {
		report(p.stderr, problems)
		return nil, errReported
	}
	return folder, nil // `seventh check` shows what it warns of
}

// context is the sequence and step that were named, else the first that send the
// letter, else none.
func (c letterChoice) context(folder *content.Folder) (*sequences.Sequence, sequences.Step, error) {
	if c.Step != "" && c.Sequence == "" {
		return nil, sequences.Step{}, errors.New("--step needs --sequence: the sequence that the step is of")
	}
	var names []string
	for _, s := range folder.Sequences {
		names = append(names, s.Name)
		if c.Sequence != "" && s.Name != c.Sequence {
			continue
		}
		if c.Step != "" {
			step, found := s.Step(c.Step)
			if !found {
				return nil, step, fmt.Errorf("the sequence %s has no step %q", c.Sequence, c.Step)
			}
			return s, step, nil
		}
		for step := range s.All() {
			if slices.Contains(step.Email, c.Template) {
				return s, *step, nil
			}
		}
		if c.Sequence != "" {
			return s, sequences.Step{}, nil
		}
	}
	if c.Sequence == "" {
		return nil, sequences.Step{}, nil
	}
	return nil, sequences.Step{}, fmt.Errorf("there is no sequence %q in this folder%s There are: %s", c.Sequence,
		cmp.Or(sequences.DidYouMean(c.Sequence, names), "."), strings.Join(names, ", "))
}

// variants are the languages that were asked for.
func (c letterChoice) variants(p *process, folder *content.Folder, client *store.Client) ([]*templates.Letter, error) {
	if !folder.Letters.Has(c.Template) {
		names := folder.Letters.Names()
		return nil, fmt.Errorf("there is no letter %q in this folder%s There are: %s", c.Template,
			cmp.Or(sequences.DidYouMean(c.Template, names), "."), strings.Join(names, ", "))
	}
	if c.AllLocales || c.Locale == "all" {
		return folder.Letters.Variants(c.Template), nil
	}
	locale := c.Locale
	if locale == "" && client != nil {
		locale = client.Locale
	} else if locale == "" {
		locale = "en"
	}
	letter := folder.Letters.Letter(c.Template, locale)
	if letter.Locale != "" && locale != "" && letter.Locale != locale {
		fmt.Fprintf(p.stderr, "There is no variant for %q: clients with it get this one, %q.\n", locale, letter.Locale)
	}
	return []*templates.Letter{letter}, nil
}

// render writes each of the letters, and finds what is empty in it.
func (c *chosen) render() ([]preview, error) {
	files := c.folder.FS()
	var previews []preview
	for _, letter := range c.letters {
		source := c.source(letter)
		rendered, err := letter.Render(source)
		if err != nil {
			return nil, err
		}
		blanks, err := letter.Blanks(files, source)
		if err != nil {
			return nil, err
		}
		previews = append(previews, preview{letter, rendered, blanks})
	}
	return previews, nil
}
