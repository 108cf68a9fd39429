package inbound

import "slices"

const (
	// enoughForAutomatic is the sum of weights from which an answer counts as automatic, if one
	// of its signs is strong.
	enoughForAutomatic = 3
	// enoughHints is that sum without a strong sign: of hints of two kinds. It is higher, because
	// to take a person for a machine is worse: nobody would learn that a client answered.
	enoughHints = 6
)

// automatic tells whether a machine wrote an answer.
func automatic(l *Letter, sent Sent) bool {
	signs := Signs(l, sent)
	sum, kinds := weigh(signs), map[hint]bool{}
	for _, sign := range signs {
		if kind, is := hints[sign.Name]; is {
			kinds[kind] = true
		}
	}
	if slices.ContainsFunc(signs, strong) {
		return sum >= enoughForAutomatic
	}
	if !quotes(l.Text) && slices.ContainsFunc(signs, func(s Sign) bool { return s.Name == atOnce }) {
		sum -= atOnceWeight
	}
	return len(kinds) >= 2 && sum >= enoughHints
}

// strong tells signs that people's letters seldom have: what only an automatic answer says. How
// soon an answer came is none, since people answer at once too: "Thanks!"
func strong(s Sign) bool { return s.Name == isAway || s.Weight >= 4 && s.Name != atOnce }

// hint is a kind of weaker sign: a reason, a date, somebody else, courtesy. Each alone people have too.
type hint int

const (
	aReason hint = iota
	aTime
	anotherPerson
	courtesy
	aProgram
)

var hints = map[string]hint{awayFor: aReason, isBack: aTime, aDate: aTime, standIn: anotherPerson, somebodysAddress: anotherPerson, thanks: courtesy, asBulk: aProgram}

// weigh adds the weights of signs up.
func weigh(signs []Sign) int {
	sum := 0
	for _, sign := range signs {
		sum += sign.Weight
	}
	return sum
}
