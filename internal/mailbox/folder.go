package mailbox

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Folder is what a server says about a folder when it is opened.
type Folder struct {
	Validity uint32 // UIDVALIDITY: UIDs of another one are of other letters
	Next     uint32 // UIDNEXT; 0 if it does not say
}

// ErrNotRead says that a folder holds what we have sent, or what nobody has, or what was
// thrown away (RFC 6154): nothing comes back there.
var ErrNotRead = errors.New("the folder is for sent letters, drafts or rubbish, and is not read")

// NoFolder says that a folder is not to be opened, mostly because there is none of the
// name. The connection goes on, and the other folders may be there.
type NoFolder struct{ error }

func (e *NoFolder) Unwrap() error { return e.error }

// Examine opens a folder for reading only.
func (c *Conn) Examine(name string) (Folder, error) {
	var f Folder
	wrong := false
	encoded := quote(encodeName(name))
	err := c.command(0, maxLine, func(a answer) error {
		if rest, list := cutPrefixFold(a.text, "LIST ("); list {
			attributes, _, _ := strings.Cut(rest, ")")
			wrong = wrong || notRead(attributes)
		}
		return nil
	}, `LIST "" %s`, encoded)
	if err == nil && wrong {
		err = ErrNotRead
	}
	if err == nil {
		err = c.command(0, maxLine, func(a answer) error {
			f.Validity = code(a.text, "UIDVALIDITY", f.Validity)
			f.Next = code(a.text, "UIDNEXT", f.Next)
			return nil
		}, "EXAMINE %s", encoded)
	}
	c.news = false // that many there were when it was opened
	if err == nil && f.Validity == 0 {
		err = errors.New("the server gives no UIDVALIDITY")
	}
	if _, refused := errors.AsType[*Refused](err); refused || errors.Is(err, ErrNotRead) {
		err = &NoFolder{err}
	}
	if err != nil {
		return f, fmt.Errorf("opening folder %s: %w", name, err)
	}
	return f, nil
}

// code is the number of a response code: OK [UIDNEXT 17] …
func code(text, name string, otherwise uint32) uint32 {
	_, rest, found := strings.Cut(strings.ToUpper(text), "["+name+" ")
	if !found {
		return otherwise
	}
	digits, _, _ := strings.Cut(rest, "]")
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return otherwise
	}
	return uint32(n)
}

const (
	// searchLine holds the UIDs of a million and a half letters.
	searchLine = 16 << 20
	// imapDate is a date in a search.
	imapDate = "2-Jan-2006"
)

// Search finds the letters of the open folder from a UID on, in order, that are no
// drafts; with since only those that arrived on that day or later.
func (c *Conn) Search(from uint32, since time.Time) ([]uint32, error) {
	arrived := ""
	if !since.IsZero() {
		arrived = " SINCE " + since.UTC().Format(imapDate)
	}
	var found []uint32
	err := c.command(searchLine, searchLine, func(a answer) error {
		words, search := strings.CutPrefix(a.text, "SEARCH")
		if !search {
			return nil
		}
		for word := range strings.FieldsSeq(words) {
			uid, err := strconv.ParseUint(word, 10, 32)
			if err != nil {
				break // MODSEQ, of RFC 7162
			}
			if uid >= uint64(from) { // n:* is the last letter when there is none from n on
				found = append(found, uint32(uid))
			}
		}
		return nil
	}, "UID SEARCH UID %d:* UNDRAFT%s", max(1, from), arrived)
	if err != nil {
		return nil, fmt.Errorf("looking for letters: %w", err)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}
