package inbound

import "slices"

const (
	// enoughForAutomatic is the sum of weights from which an answer counts as automatic, if one
	// of its signs is strong.
	enoughForAutomatic = 3
	// enoughHints is that sum without a strong sign: of at least two hints. It is higher, because
	// to take a person for a machine is worse: nobody would learn that a client answered.
	enoughHints = 6
)

// automatic tells whether a machine wrote an answer.
func automatic(l *Letter, sent Sent) bool {
	signs := Signs(l, sent)
	sum, hints := weigh(signs), 0
	for _, sign := range signs {
		if hint[sign.Name] {
			hints++
		}
	}
	return slices.ContainsFunc(signs, strong) && sum >= enoughForAutomatic || hints >= 2 && sum >= enoughHints
}

// strong tells signs that people's letters seldom have: what only an automatic answer says. How
// soon an answer came is none, since people answer at once too: "Thanks!"
func strong(s Sign) bool { return s.Name == isAway || s.Weight >= 4 && s.Name != atOnce }

// hint are the weaker signs of an absence. People name dates, addresses and fairs too.
var hint = map[string]bool{awayFor: true, isBack: true, aDate: true, standIn: true, somebodysAddress: true, atOnce: true}

// weigh adds the weights of signs up.
func weigh(signs []Sign) int {
	sum := 0
	for _, sign := range signs {
		sum += sign.Weight
	}
	return sum
}
