package worker_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/tools/txtar"

	"seventh/internal/content"
	"seventh/internal/smtptest"
)

// settings is the built-in seventh.yaml with senders added and a text appended.
func settings(t *testing.T, senders, more string) txtar.File {
	t.Helper()
	body, err := fs.ReadFile(content.BuiltIn(), "seventh.yaml")
	must(t, err)
	text := strings.Replace(string(body), "\nsenders:\n", "\nsenders:\n"+senders, 1)
	return txtar.File{Name: "seventh.yaml", Data: []byte(text + more)}
}

// secret writes a value into a file of its own, as secrets are kept beside git.
func secret(t *testing.T, value string) (reference string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(path, []byte(value), 0o600))
	return "file:" + path
}

// A rep with a mailbox of his own in seventh.yaml writes from there, the others
// over the common server.
func TestRepWritesFromHisOwnMailbox(t *testing.T) {
	t.Parallel()
	common, own := smtptest.New(t, smtptest.Options{}), smtptest.New(t, smtptest.Options{})
	f := newMailing(t, 12, 3)
	sender := "  rep1: { email: rep1@firm.example.com, name: Rita Rep, smtp: '" + secret(t, own.URL()+"?tls=none&pool=2") + "' }\n"
	f.publish(append(archive(hello), settings(t, sender, "")))
	f.hire("worker", mailServer(t, common, 2))
	f.carryOn()
	f.wantCounts(map[string]int{"sent": 12})
	for server, want := range map[*smtptest.Server]int{common: 8, own: 4} {
		letters := server.Letters()
		if len(letters) != want {
			t.Errorf("%d letters arrived, want %d", len(letters), want)
		}
		for _, l := range letters {
			if mine := l.From == "rep1@firm.example.com"; mine != (server == own) {
				t.Errorf("a letter of %s went over the wrong server", l.From)
			}
		}
	}
}

// A mailbox whose settings cannot be read keeps its own letters waiting, with the
// reason, and nobody else's.
func TestMailboxWithoutSettingsWaits(t *testing.T) {
	t.Parallel()
	common := smtptest.New(t, smtptest.Options{})
	f := newMailing(t, 2, 2)
	f.publish(append(archive(hello), settings(t, "  rep1: { email: rep1@firm.example.com, smtp: 'env:SEVENTH_TEST_NO_SUCH_VARIABLE' }\n", "")))
	f.hire("worker", mailServer(t, common, 2))
	f.eventually("the other letter to go, and this one to say why it waits", func() (bool, string) {
		reasons := map[string]string{}
		for _, m := range f.letters("") {
			reasons[m.State] = m.Reason
		}
		why := reasons["planned"]
		return len(reasons) == 2 && reasons["sent"] == "" && strings.HasPrefix(why, "senders.rep1.smtp: ") && strings.Contains(why, "SEVENTH_TEST_NO_SUCH_VARIABLE is not set"),
			fmt.Sprint(reasons)
	})
}

// Letters of a domain with keys arrive signed, and their kept source is what
// arrived, signature and all.
func TestLettersAreSigned(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	key := secret(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	server := smtptest.New(t, smtptest.Options{})
	f := newMailing(t, 5, 1)
	f.publish(append(archive(hello), settings(t, "", "\ndkim:\n  firm.example.com: { selector: s1, key: '"+key+"' }\n")))
	f.hire("worker", mailServer(t, server, 2))
	f.carryOn()
	f.wantCounts(map[string]int{"sent": 5})
	for _, l := range server.Letters() {
		verified, err := dkim.VerifyWithOptions(bytes.NewReader(l.Raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
		}})
		if err != nil || len(verified) != 1 || verified[0].Err != nil || verified[0].Domain != "firm.example.com" {
			t.Errorf("the letter to %s is not well signed: %+v, %v", l.To, verified, err)
		}
		parsed, err := readLetter(l.Raw)
		must(t, err)
		id, err := parsed.messageID(f.links)
		must(t, err)
		wantStored(t, f, id, l.Raw)
	}
}
