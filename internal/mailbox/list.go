package mailbox

import (
	"fmt"
	"strings"
)

// maxListed is how many folders are listed at most.
const maxListed = 100

// Folders are the folders that letters may arrive in, by the names that Examine takes:
// without those for sent letters, drafts and rubbish. Of a great many, only the first.
func (c *Conn) Folders() ([]string, error) {
	var names []string
	err := c.command(0, maxLine, func(a answer) error {
		if name, read := listed(a); read && len(names) < maxListed {
			names = append(names, name)
		}
		return nil
	}, `LIST "" "*"`)
	if err != nil {
		return nil, fmt.Errorf("listing folders: %w", err)
	}
	return names, nil
}

// listed is the folder of an answer to LIST (RFC 3501, 7.2.2), and whether letters may
// arrive in it: LIST (\HasNoChildren) "/" "Spam".
func listed(a answer) (name string, read bool) {
	rest, found := cutPrefixFold(a.text, "LIST (")
	attributes, rest, closed := strings.Cut(rest, ") ")
	if !found || !closed || len(a.literals) > 1 || notRead(attributes) || hasAttribute(attributes, `\noselect`, `\nonexistent`) {
		return "", false
	}
	if quoted, is := strings.CutPrefix(rest, `"`); is { // the separator: "/" or "\\" or NIL
		if len(quoted) > 0 && quoted[0] == '\\' {
			quoted = quoted[1:]
		}
		rest = quoted[min(1, len(quoted)):]
	}
	_, name, found = strings.Cut(rest, " ")
	switch {
	case !found:
		return "", false
	case len(a.literals) == 1:
		name = string(a.literals[0])
	case strings.HasPrefix(name, `"`):
		name = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(strings.TrimSuffix(name[1:], `"`))
	}
	name = clip(decodeName(name))
	return name, name != ""
}

// notRead reports whether a folder's attributes say that nothing comes back there
// (RFC 6154).
func notRead(attributes string) bool { return hasAttribute(attributes, `\sent`, `\drafts`, `\trash`) }

func hasAttribute(attributes string, any ...string) bool {
	for attribute := range strings.FieldsSeq(strings.ToLower(attributes)) {
		for _, name := range any {
			if attribute == name {
				return true
			}
		}
	}
	return false
}

func cutPrefixFold(text, prefix string) (rest string, found bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}
