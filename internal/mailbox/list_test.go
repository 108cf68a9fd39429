package mailbox

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFoldersAreListedByTheirNames(t *testing.T) {
	t.Parallel()
	account := scripted(t, "IDLE", func(w io.Writer, command string) string {
		if !strings.HasPrefix(command, " LIST") {
			return "NO"
		}
		fmt.Fprint(w, `* LIST (\HasNoChildren) "/" INBOX`+"\r\n"+
			`* list (\HasNoChildren \Junk) "." "&BCEEPwQwBDw-"`+"\r\n"+
			`* LIST () NIL "a \"quoted\" \\name"`+"\r\n"+
			`* LIST () "\\" "R&-D"`+"\r\n"+
			`* LIST () "/" {7}`+"\r\nLiteral\r\n"+
			`* LIST (\Noselect \HasChildren) "/" "[Gmail]"`+"\r\n"+
			`* LIST (\HasNoChildren \Sent) "/" "[Gmail]/Sent"`+"\r\n"+
			`* LIST (\Trash) "/" Trash`+"\r\n"+
			`* LIST (`+"\r\n* LIST () \"\r\n* LIST ()\r\n* 3 EXISTS\r\n")
		return "OK"
	})
	names, err := login(t, account).Folders()
	if want := []string{"INBOX", "Спам", `a "quoted" \name`, "R&D", "Literal"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("Folders = %q, %v, want %q", names, err, want)
	}
}

func TestOfVeryManyFoldersTheFirstAreListed(t *testing.T) {
	t.Parallel()
	account := scripted(t, "", func(w io.Writer, _ string) string {
		for i := range 2000 {
			fmt.Fprintf(w, "* LIST () \"/\" \"folder %d\"\r\n", i)
		}
		return "OK"
	})
	if names, err := login(t, account).Folders(); err != nil || len(names) != maxListed {
		t.Errorf("%d folders, %v", len(names), err)
	}
}

func FuzzFolderNames(f *testing.F) {
	for _, seed := range []string{"INBOX", "Спам", "R&D", "&", "&BCEEPwQwBDw-", "&2AA-", "&AAAA", `LIST () "/" "x`, `LIST (\Sent) NIL x`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			if back := decodeName(encodeName(text)); back != text {
				t.Errorf("%q is %q, and that is %q", text, encodeName(text), back)
			}
		}
		if name, read := listed(answer{text: text}); read && (name == "" || strings.ContainsAny(name, "\r\n") || len(name) > 250) {
			t.Errorf("the folder of %q is %q", text, name)
		}
		decodeName(text)
	})
}
