package main

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"seventh/internal/smtptest"
)

// scriptedServer is a command of scripts: `mailserver start` sets $MAILSERVER to the URL of one, and
// `mailserver letters` writes what it has taken into 1.eml, 2.eml and so on.
func scriptedServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mailserver start|letters")
	}
	switch args[0] {
	case "start":
		server, err := smtptest.Listen(smtptest.Options{})
		ts.Check(err)
		ts.Defer(server.Close)
		server.ReplyTo("gone@firm.example", 550, "5.1.1 no such user")
		ts.Setenv("MAILSERVER", server.URL()+"?tls=none")
		mailServers.Store(ts.Getenv("WORK"), server)
	case "letters":
		server, started := mailServers.Load(ts.Getenv("WORK"))
		if !started {
			ts.Fatalf("no mail server was started")
		}
		for i, letter := range server.(*smtptest.Server).Letters() {
			text := "MAIL FROM " + letter.From + "\nRCPT TO " + letter.To + "\n\n" + string(letter.Raw)
			ts.Check(os.WriteFile(ts.MkAbs(strconv.Itoa(i+1)+".eml"), []byte(text), 0o600))
		}
	}
}

// mailServers are those of the scripts, by their folders.
var mailServers sync.Map

// The scripts run the real binary as a person would; no database is needed.
func TestScripts(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"mailserver": scriptedServer},
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", filepath.Dir(path)+string(filepath.ListSeparator)+e.Getenv("PATH"))
			return nil
		},
	})
}
