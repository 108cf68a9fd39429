package mailbox

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	// MaxHeader is how much of a letter's header is read, in bytes.
	MaxHeader = 64 << 10
	// MaxLetter is how much of a letter is read, in bytes: what answers and bounces say
	// stands at their beginning, before the files they carry.
	MaxLetter = 1 << 20
)

// Head is the beginning of a letter.
type Head struct {
	UID    uint32
	Size   int64 // of the whole letter, in bytes
	Draft  bool
	Header []byte // nil if the server does not give it
}

// Heads reads the headers of letters of the open folder. Letters that are gone by now
// are left out.
func (c *Conn) Heads(uids []uint32) ([]Head, error) {
	var heads []Head
	err := c.fetch(uids, int64(len(uids))*MaxHeader, "UID FLAGS RFC822.SIZE BODY.PEEK[HEADER]<0."+strconv.Itoa(MaxHeader)+">", func(f fetched) {
		heads = append(heads, Head{UID: f.uid, Size: f.size, Draft: f.draft, Header: f.body})
	})
	return heads, err
}

// Letter reads a letter of the open folder, at most its first MaxLetter bytes; nil if it
// is gone.
func (c *Conn) Letter(uid uint32) ([]byte, error) {
	var letter []byte
	withheld := false
	err := c.fetch([]uint32{uid}, MaxLetter, "UID BODY.PEEK[]<0."+strconv.Itoa(MaxLetter)+">", func(f fetched) { letter, withheld = f.body, f.body == nil })
	if err == nil && withheld {
		err = errors.New("the server has a letter and does not give it")
	}
	return letter, err
}

// fetch asks for items of letters; each is called for those that come.
func (c *Conn) fetch(uids []uint32, bytes int64, items string, each func(fetched)) error {
	asked := make(map[uint32]bool, len(uids))
	set := make([]string, len(uids))
	for i, uid := range uids {
		asked[uid], set[i] = true, strconv.FormatUint(uint64(uid), 10)
	}
	err := c.command(bytes, maxLine, func(a answer) error {
		f, err := readFetch(a)
		if errors.Is(err, errOther) {
			return nil
		}
		if err != nil {
			return err
		}
		if asked[f.uid] {
			asked[f.uid] = false // a server that says something twice is heard once
			each(f)
		}
		return nil
	}, "UID FETCH %s (%s)", strings.Join(set, ","), items)
	if err != nil {
		return fmt.Errorf("reading %d letters: %w", len(uids), err)
	}
	return nil
}

// fetched is what a FETCH response says of a letter.
type fetched struct {
	uid   uint32
	size  int64
	draft bool
	body  []byte // of whatever section was asked for
}

// errOther says that an answer is no FETCH response, or one of flags only.
var errOther = errors.New("not about a letter that was asked for")

// readFetch reads "7 FETCH (UID 12 FLAGS (\Seen) BODY[HEADER]<0> {…})".
func readFetch(a answer) (fetched, error) {
	var f fetched
	number, rest, _ := strings.Cut(a.text, " ")
	list, isFetch := strings.CutPrefix(rest, "FETCH (")
	if _, err := strconv.ParseUint(number, 10, 32); err != nil || !isFetch {
		return f, errOther
	}
	s := scanner{text: list, literals: a.literals}
	answers := false // has the section, if only as NIL
	for {
		name, ok := s.word()
		if !ok {
			break
		}
		value, body, err := s.value()
		if err != nil {
			return f, err
		}
		switch name = strings.ToUpper(name); {
		case name == "UID":
			uid, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return f, fmt.Errorf("%w: UID %q", errGarbage, clip(value))
			}
			f.uid = uint32(uid)
		case name == "RFC822.SIZE":
			f.size, _ = strconv.ParseInt(value, 10, 64)
		case name == "FLAGS":
			f.draft = strings.Contains(strings.ToLower(value), `\draft`)
		case strings.HasPrefix(name, "BODY["):
			f.body, answers = body, true
		}
	}
	if f.uid == 0 || !answers { // somebody else reads, too, and has changed flags
		return f, errOther
	}
	return f, nil
}

// scanner takes a FETCH response apart.
type scanner struct {
	text     string
	literals [][]byte
}

// word is the next item's name; a section in brackets, which may hold spaces, is part of it.
func (s *scanner) word() (string, bool) {
	s.text = strings.TrimLeft(s.text, " ")
	end := strings.IndexAny(s.text, " )")
	if open := strings.IndexByte(s.text, '['); open >= 0 && open < end {
		if shut := strings.IndexByte(s.text, ']'); shut > end {
			end = shut + strings.IndexAny(s.text[shut:]+" ", " )")
		}
	}
	if end <= 0 {
		return "", false
	}
	word := s.text[:end]
	s.text = s.text[end:]
	return word, true
}

// value is what follows a name: a literal, a quoted string (body), a list in
// parentheses or an atom (text). NIL is no body.
func (s *scanner) value() (text string, body []byte, err error) {
	s.text = strings.TrimLeft(s.text, " ")
	if s.text == "" {
		return "", nil, fmt.Errorf("%w: an item without a value", errGarbage)
	}
	switch s.text[0] {
	case '{':
		shut := strings.IndexByte(s.text, '}')
		if shut < 0 || len(s.literals) == 0 {
			return "", nil, fmt.Errorf("%w: a literal that is none", errGarbage)
		}
		body, s.literals, s.text = s.literals[0], s.literals[1:], s.text[shut+1:]
		return "", body, nil
	case '"':
		body, s.text = unquote(s.text[1:])
		return "", body, nil
	case '(':
		end := s.list()
		text, s.text = s.text[:end], s.text[end:]
		return text, nil, nil
	}
	end := strings.IndexAny(s.text, " )")
	if end < 0 {
		end = len(s.text)
	}
	text, s.text = s.text[:end], s.text[end:]
	return text, nil, nil
}

// list is where the list that begins here ends. Literals within it, which nothing that
// is asked for has, are passed over.
func (s *scanner) list() int {
	depth := 0
	for i := range len(s.text) {
		switch s.text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		case '{':
			if len(s.literals) > 0 {
				s.literals = s.literals[1:]
			}
		}
	}
	return len(s.text)
}

// unquote reads a quoted string whose opening quote is gone.
func unquote(text string) (value []byte, rest string) {
	value = []byte{}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return value, text[i+1:]
		case '\\':
			if i++; i == len(text) {
				return value, ""
			}
		}
		value = append(value, text[i])
	}
	return value, ""
}
