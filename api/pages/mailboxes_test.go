package pages

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"seventh/internal/content"
	"seventh/internal/store"
)

func TestTheSendersShowWhetherTheirMailboxesAreRead(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	publishMailboxes(t, s)
	mary := s.loggedIn(t, "mary@levanto.test")
	mary.get("/sequences").want(http.StatusOK, "Mailbox", "nobody has read it yet", "bounces@bounce.levanto.example.com").without("cannot be read")

	noon := time.Date(2031, 3, 3, 9, 0, 0, 0, time.UTC) // 12:00 in Moscow
	mailbox := func(name string) store.Mailbox {
		return store.Mailbox{Name: name, Address: name + "@levanto.example.com", Sends: name != "bounces"}
	}
	for name, missing := range map[string]string{"senders.ann": "", "senders.boris": "opening folder <i>Junk</i>: there is none", "bounces": ""} {
		_, err := store.ReadMailbox(t.Context(), s.pool, mailbox(name), missing, noon)
		must(t, err)
	}
	mary.get("/sequences").want(http.StatusOK, `read <time datetime="2031-03-03T12:00:00&#43;03:00">Mon 3 Mar 2031, 12:00</time>`, "opening folder &lt;i&gt;Junk&lt;/i&gt;: there is none").without("cannot be read", "nobody has read it yet", "<i>")

	for _, name := range []string{"senders.ann", "bounces"} {
		_, err := store.FailMailbox(t.Context(), s.pool, mailbox(name), "the server of "+name+" says <b>no</b>", noon.Add(time.Hour))
		must(t, err)
	}
	mary.get("/sequences").want(http.StatusOK,
		`<strong>cannot be read since</strong> <time datetime="2031-03-03T12:00:00&#43;03:00">Mon 3 Mar 2031, 12:00</time>`, "the server of senders.ann says &lt;b&gt;no&lt;/b&gt;", "the server of bounces says &lt;b&gt;no&lt;/b&gt;").without("<b>no")
}

// publishMailboxes gives Ann, Boris and the bounces mailboxes.
func publishMailboxes(t *testing.T, s *stage) {
	t.Helper()
	files := make(fstest.MapFS)
	must(t, fs.WalkDir(content.BuiltIn(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(content.BuiltIn(), name)
		files[name] = &fstest.MapFile{Data: body}
		return err
	}))
	settings := files[content.SettingsFile]
	settings.Data = []byte(strings.Replace(string(settings.Data), "\nfallback_sender: team\n", `
  ann: { email: ann@levanto.example.com, mailbox: { imap: "env:ANN_IMAP_URL" } }
  boris: { email: boris@levanto.example.com, mailbox: { imap: "env:BORIS_IMAP_URL", folders: [INBOX, Junk] } }
bounces: { address: bounces@bounce.levanto.example.com, mailbox: { imap: "env:BOUNCES_IMAP_URL" } }
fallback_sender: team
`, 1))
	folder, problems, err := content.Load(files)
	must(t, err)
	if folder == nil {
		t.Fatal(problems)
	}
	_, err = content.Publish(t.Context(), s.pool, folder)
	must(t, err)
}
