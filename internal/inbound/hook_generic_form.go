package inbound

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// genericForm is the kind and the data of a post. Unlike a provider, which tells more
// than concerns us, whoever writes to the generic hook has taught somebody to: what is
// not understood there is a mistake that he wants to hear of.
func genericForm(body value) (Kind, value, error) {
	if !body.isObject() {
		return "", value{}, fmt.Errorf("the body is no object: write %s", genericExample)
	}
	word, data := body.at("type").text(), body.at("data")
	kind, known := genericKinds[word]
	switch {
	case word == "":
		return "", value{}, fmt.Errorf("there is no type: write %s", genericExample)
	case !known:
		return "", value{}, unknownType(word)
	case !data.isObject():
		return "", value{}, fmt.Errorf("data is no object: write %s", genericExample)
	}
	for _, name := range genericTexts {
		if given := data.at(name); !given.missing() && !given.isText() {
			return "", value{}, fmt.Errorf("data.%s is no text", name)
		}
	}
	if given := data.at("permanent"); !given.missing() && !given.isBool() {
		return "", value{}, fmt.Errorf("data.permanent is neither true nor false: write it without quotes")
	}
	return kind, data, nil
}

const genericExample = `{"type": "bounced", "data": {"message_id": "…"}}`

// genericTexts are the names in data that hold a text, or a number in its place.
var genericTexts = []string{
	"message_id", "recipient", "at", "class", "status", "diagnostic", "actor", "user_agent", "address", "url", "from", "subject", "answer_id", "text",
}

// unknownType names the type that begins like the one that was written, and all there are.
func unknownType(word string) error {
	known := slices.Sorted(maps.Keys(genericKinds))
	nearest, most := "", 3 // four letters are no chance
	for _, name := range known {
		if n := inCommon(strings.ToLower(word), name); n > most {
			nearest, most = name, n
		}
	}
	meant := "."
	if nearest != "" {
		meant = fmt.Sprintf(", did you mean %q?", nearest)
	}
	return fmt.Errorf("unknown type %q%s Known: %s", oneLine(word, wordLimit), meant, strings.Join(known, ", "))
}

// wordLimit is how much of a word that nobody knows is quoted, in bytes.
const wordLimit = 40

// inCommon is how many bytes two words begin with alike.
func inCommon(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
