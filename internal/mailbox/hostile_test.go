package mailbox

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scripted is a server that lets everybody in without encryption and answers other
// commands as a test says: with what stands after the tag. It hangs up on "".
func scripted(t *testing.T, capabilities string, script func(w io.Writer, command string) string) Account {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprint(conn, "* OK ready\r\n")
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					tag, command, tagged := strings.Cut(lines.Text(), " ")
					answer := "OK done"
					switch {
					case strings.HasPrefix(command, "CAPABILITY"):
						fmt.Fprintf(conn, "* CAPABILITY IMAP4rev1 %s\r\n", capabilities)
					case strings.HasPrefix(command, "LOGIN"):
					default:
						if answer = script(conn, lines.Text()[len(tag)*btoi(tagged):]); answer == "" {
							return
						}
					}
					if answer != "-" {
						fmt.Fprintf(conn, "%s %s\r\n", tag, answer)
					}
				}
			}()
		}
	}()
	address := listener.Addr().(*net.TCPAddr)
	return Account{Host: "127.0.0.1", Port: address.Port, Plain: true, User: "ann", Password: "secret"}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func login(t *testing.T, a Account) *Conn {
	t.Helper()
	c, err := Open(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Whatever a server announces or sends, it costs little memory and comes to an end.
func TestHostileServersAreBounded(t *testing.T) {
	forever := func(w io.Writer, text string) {
		for {
			if _, err := io.WriteString(w, text); err != nil {
				return
			}
		}
	}
	for name, script := range map[string]func(w io.Writer) string{
		"a gigabyte is announced": func(w io.Writer) string { fmt.Fprint(w, "* 1 FETCH (UID 7 BODY[] {1073741824}\r\nFrom: x"); return "-" },
		"more than an int64":      func(w io.Writer) string { fmt.Fprint(w, "* 1 FETCH (BODY[] {99999999999999999999}\r\n"); return "-" },
		"a gigabyte comes": func(w io.Writer) string {
			fmt.Fprint(w, "* 1 FETCH (BODY[] {1073741824}\r\n")
			forever(w, strings.Repeat("x", 1<<16))
			return ""
		},
		"literals without an end": func(w io.Writer) string { fmt.Fprint(w, "* 1 FETCH ("); forever(w, "X {1}\r\na"); return "" },
		"a line without an end":   func(w io.Writer) string { forever(w, strings.Repeat("x", 1<<16)); return "" },
		"answers without an end":  func(w io.Writer) string { forever(w, "* OK still looking\r\n"); return "" },
		"letters without an end": func(w io.Writer) string {
			forever(w, "* 1 FETCH (UID 7 BODY[] {1000}\r\n"+strings.Repeat("x", 1000)+")\r\n")
			return ""
		},
		"garbage":                   func(w io.Writer) string { fmt.Fprint(w, "\x00\xff\xfe{}{}{\r\n"); return "OK" },
		"another's answer":          func(w io.Writer) string { fmt.Fprint(w, "s9 OK done\r\n"); return "-" },
		"an item without a value":   func(w io.Writer) string { fmt.Fprint(w, "* 1 FETCH (UID\r\n"); return "OK" },
		"a number that is none":     func(w io.Writer) string { fmt.Fprint(w, "* 1 FETCH (UID many BODY[] NIL)\r\n"); return "OK" },
		"half a literal":            func(w io.Writer) string { fmt.Fprint(w, "* 1 FETCH (UID 7 BODY[] {100}\r\nhalf"); return "" },
		"it hangs up with a reason": func(w io.Writer) string { fmt.Fprint(w, "* BYE come back tomorrow\r\n"); return "-" },
	} {
		t.Run(name, func(t *testing.T) {
			c := login(t, scripted(t, "", func(w io.Writer, _ string) string { return script(w) }))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			raw, err := c.Letter(7)
			runtime.ReadMemStats(&after)
			if err == nil && raw != nil {
				t.Errorf("the letter is %d bytes", len(raw))
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
				t.Errorf("it took %d bytes of memory", took)
			} else if took > 1<<20 {
				t.Logf("%d KiB, and then: %v", took>>10, err)
			}
		})
	}
}

// A server that says nothing is left when the wait is over, or the context.
func TestASilentServerIsLeft(t *testing.T) {
	t.Parallel()
	c := login(t, scripted(t, "IDLE", func(io.Writer, string) string { return "-" }))
	tag, err := c.begin(0, maxLine, "NOOP")
	if err == nil {
		err = c.conn.SetDeadline(time.Now()) // patience is over
	}
	if err == nil {
		err = c.finish(tag, nil)
	}
	if err == nil || !strings.Contains(err.Error(), "the server does not answer") {
		t.Errorf("a server that is silent: %v", err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // the connection is open, and nobody speaks
		conn, err := silent.Accept()
		if err == nil {
			defer conn.Close()
			cancel()
			_, _ = io.Copy(io.Discard, conn)
		}
	}()
	if _, err := Open(ctx, Account{Host: "127.0.0.1", Port: silent.Addr().(*net.TCPAddr).Port, Plain: true, User: "x"}); err == nil {
		t.Error("opened a mailbox on a silent server")
	}
}

func TestATokenStandsForThePassword(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		capabilities string
		good         bool
	}{"at once": {"AUTH=XOAUTH2 SASL-IR", true}, "when asked": {"AUTH=XOAUTH2", true}, "refused": {"AUTH=XOAUTH2 SASL-IR", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := base64.StdEncoding.EncodeToString([]byte("user=ann\x01auth=Bearer ya29.token\x01\x01"))
			var tag string
			account := scripted(t, test.capabilities, func(w io.Writer, command string) string {
				switch line := strings.TrimSpace(command); {
				case line == "AUTHENTICATE XOAUTH2":
					tag = "s2"
					fmt.Fprint(w, "+ \r\n")
					return "-"
				case strings.HasSuffix(line, want) && test.good:
					if tag != "" { // the line is no command, so it has no tag
						fmt.Fprintf(w, "%s OK in\r\n", tag)
						return "-"
					}
					return "OK in"
				case strings.HasPrefix(line, "AUTHENTICATE"):
					tag = "s2"
					fmt.Fprint(w, "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
					return "-"
				}
				fmt.Fprintf(w, "%s NO invalid credentials\r\n", tag) // after the empty line
				return "-"
			})
			account.Token, account.Password = "ya29.token", ""
			c, err := Open(t.Context(), account)
			if test.good != (err == nil) || !test.good && !errors.Is(err, ErrLogin) {
				t.Fatalf("Open: %v", err)
			}
			if err == nil {
				c.Close()
			}
		})
	}
}

// What servers say between commands is not lost.
func TestNewsBetweenCommandsEndsTheWait(t *testing.T) {
	t.Parallel()
	c := login(t, scripted(t, "IDLE", func(w io.Writer, command string) string {
		switch command = strings.TrimSpace(command); {
		case strings.HasPrefix(command, "EXAMINE"):
			fmt.Fprint(w, "* 1 EXISTS\r\n* OK [UIDVALIDITY 3] UIDs\r\n* OK [UIDNEXT 9] next\r\n")
		case strings.HasPrefix(command, "UID SEARCH"):
			fmt.Fprint(w, "* SEARCH 4 2\r\n* 2 EXISTS\r\n* SEARCH\r\n")
		case command == "IDLE":
			fmt.Fprint(w, "+ idling\r\n")
			return "-"
		case command == "DONE" || command == "":
			fmt.Fprint(w, "s7 OK idled\r\n")
			return "-"
		}
		return "OK done"
	}))
	folder, err := c.Examine("INBOX")
	if err != nil || folder != (Folder{3, 9}) {
		t.Fatalf("Examine = %+v, %v", folder, err)
	}
	if uids, err := c.Search(1, time.Time{}); err != nil || fmt.Sprint(uids) != "[2 4]" {
		t.Fatalf("Search = %v, %v", uids, err)
	}
	if err := c.Idle(time.Hour); err != nil {
		t.Fatal(err)
	}
}

func TestURLsAreReadAndMistakesToldWithoutThePassword(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"imaps://ann%40example.com:se%2Fcret@imap.example.com": "imaps://imap.example.com:993",
		"imap://ann:secret@imap.example.com:1143":              "imap://imap.example.com:1143",
		"imap://ann:secret@127.0.0.1?tls=none":                 "imap://127.0.0.1:143",
		"imap://ann:secret@imap.example.com?tls=none":          "wrong tls",
		"imaps://ann:secret@imap.example.com?tls=none":         "wrong tls",
		"imaps://ann:secret@imap.example.com?ca=/no/such/file": "reading the certificates",
		"imaps://ann:secret@imap.example.com?x=y":              "unknown parameter",
		"imaps://ann@example.com:secret@imap.example.com":      "imaps://imap.example.com:993",
		"imaps://ann:sec/ret@imap.example.com":                 "not readable",
		"smtp://ann:secret@imap.example.com":                   "unknown scheme",
		"imaps://imap.example.com":                             "lacks the host or the user",
		"imaps://ann:secret@imap.example.com:99999":            "port out of range",
	} {
		account, err := ParseURL(raw)
		got := account.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || strings.Contains(got, "secret") {
			t.Errorf("ParseURL(%s) = %s, want %s", raw, got, want)
		}
	}
}

func TestFolderNamesAreWrittenAsTheProtocolWants(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"INBOX": "INBOX", "Спам": "&BCEEPwQwBDw-", "R&D": "R&-D", "~peter/mail/台北/日本語": "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "😀": "&2D3eAA-",
	} {
		if got := encodeName(name); got != want {
			t.Errorf("encodeName(%s) = %s, want %s", name, got, want)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		"* 1 FETCH (UID 7 FLAGS (\\Seen \\Draft) RFC822.SIZE 12 BODY[HEADER]<0> {4}\r\nabcd)\r\ns1 OK\r\n", "* 1 FETCH (BODY[HEADER.FIELDS (A B)] \"x\\\"y\" UID 7)\r\ns1 OK\r\n",
		"* 2 FETCH (UID 7 BODY[] NIL ENVELOPE ((\"a\" {1}\r\nb)))\r\ns1 NO gone\r\n", "* SEARCH 1 2 3 (MODSEQ 9)\r\ns1 OK\r\n", "* OK [UIDNEXT 4294967296]\r\ns1 BAD\r\n", "+ {5}\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			_, _ = bufio.NewReader(server).ReadString('\n')
			_, _ = io.WriteString(server, said)
		}()
		c := newConn(t.Context(), client)
		defer c.Close()
		heads, err := c.Heads([]uint32{7})
		if err == nil && len(heads) > 1 {
			t.Errorf("one letter became %d", len(heads))
		}
		for _, head := range heads {
			if head.UID != 7 {
				t.Errorf("letter %s was not asked for", strconv.Itoa(int(head.UID)))
			}
		}
	})
}

// Somebody reads the mailbox while we do: the server tells of his flags between its answers,
// with UIDs (RFC 3501, 6.4.8), and those are no letters.
func TestFlagsOfOthersHideNoLetter(t *testing.T) {
	c := login(t, scripted(t, "", func(w io.Writer, _ string) string {
		fmt.Fprint(w, "* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n* 1 FETCH (UID 7 FLAGS (\\Seen) RFC822.SIZE 9 BODY[] {9}\r\nSubject:x)\r\n* 1 FETCH (FLAGS () UID 7)\r\n")
		return "OK done"
	}))
	raw, err := c.Letter(7)
	if err != nil || string(raw) != "Subject:x" {
		t.Errorf("the letter is %q: %v", raw, err)
	}
	heads, err := c.Heads([]uint32{7})
	if err != nil || len(heads) != 1 || string(heads[0].Header) != "Subject:x" {
		t.Errorf("its head is %+v: %v", heads, err)
	}
}

// A letter that is there and cannot be had is not one that is gone.
func TestALetterThatIsWithheldIsAnError(t *testing.T) {
	c := login(t, scripted(t, "", func(w io.Writer, _ string) string {
		fmt.Fprint(w, "* 1 FETCH (UID 7 BODY[] NIL)\r\n")
		return "OK done"
	}))
	if raw, err := c.Letter(7); err == nil {
		t.Errorf("the letter is %q", raw)
	}
	gone := login(t, scripted(t, "", func(io.Writer, string) string { return "OK done" }))
	if raw, err := gone.Letter(7); err != nil || raw != nil {
		t.Errorf("the letter that is gone is %q: %v", raw, err)
	}
}

// Some servers repeat the command that they refuse: errors are logged, and shown on pages.
func TestErrorsDoNotRepeatSecrets(t *testing.T) {
	for name, answer := range map[string]func(command string) string{
		"refused":  func(command string) string { return "NO I do not know " + command },
		"bare":     func(string) string { return "NO wrong password: secret" },
		"nonsense": func(command string) string { return "WHAT " + command },
	} {
		_, err := Open(t.Context(), scripted(t, "AUTH=PLAIN SASL-IR", func(_ io.Writer, command string) string { return answer(command) }))
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), base64.StdEncoding.EncodeToString([]byte("\x00ann\x00secret"))) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "nonsense" && !errors.Is(err, ErrLogin) {
			t.Errorf("%s: %v is no refused login", name, err)
		}
	}
}
