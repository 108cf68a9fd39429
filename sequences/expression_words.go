package sequences

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// lexemeKind is what a lexeme is.
type lexemeKind int

const (
	end     lexemeKind = iota
	word               // category, 7, 2026-12-31, ann@example.com
	inQuote            // "in quotes", without them
	sign               // = ( [ , …
)

// lexeme is one word or sign of an expression.
type lexeme struct {
	kind lexemeKind
	text string
	at   int // in characters from the start of the text
}

// keywords are the words that hold an expression together; as values they stand in quotes.
var keywords = []string{"and", "or", "not", "in", "is", "has", "any", "empty", "never", "within", "older", "than"}

// signs are those that the language has, longer ones before their beginnings.
var signs = []string{"!=", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ","}

// slips are signs of other languages, with what they are here; longer ones first.
var slips = []struct{ written, meant string }{
	{"&&", "and"}, {"||", "or"}, {"==", "="}, {"<>", "!="}, {"=<", "<="}, {"=>", ">="},
	{"&", "and"}, {"|", "or"}, {"≠", "!="}, {"≤", "<="}, {"≥", ">="}, {"~", "="},
	{"{", "("}, {"}", ")"}, {";", "and"},
}

// curly are the quotes that word processors make of straight ones.
const curly = "“”„«»‘’"

// lexemes splits an expression. Slips are told and read as what was meant, so that
// the rest is checked too.
func (p *expressionParser) lexemes(text []rune) []lexeme {
	var list []lexeme
	for i := 0; i < len(text); {
		start := i
		switch r := text[i]; {
		case r == '\n' || r == '\t' || unicode.Is(unicode.Zs, r): // blanks, those of word processors too
			i++
			continue
		case wordRune(r):
			for i < len(text) && wordRune(text[i]) {
				i++
			}
			list = append(list, p.wordAt(string(text[start:i]), start))
		case r == '"' || r == '\'' || strings.ContainsRune(curly, r):
			var l lexeme
			l, i = p.inQuotesAt(text, start)
			list = append(list, l)
		default:
			l, size := p.signAt(text[i:], start)
			if i += size; l.kind != end {
				list = append(list, l)
			}
		}
	}
	return append(list, lexeme{kind: end, at: len(text)})
}

// wordRune tells what words are made of: names, numbers, dates, addresses.
func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("_-.:@/+%#$*?", r)
}

func isWord(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) }) < 0
}

func (p *expressionParser) wordAt(text string, at int) lexeme {
	lower := strings.ToLower(text)
	if lower != text && slices.Contains(keywords, lower) {
		p.problem(at, "write %s in small letters: %s; if it is a value put it in quotes", quoted(text), lower)
		text = lower
	}
	return lexeme{word, text, at}
}

// inQuotesAt reads a text in quotes; \" and \\ stand for the character itself.
func (p *expressionParser) inQuotesAt(text []rune, start int) (lexeme, int) {
	closing := string(text[start])
	if strings.ContainsRune(curly, text[start]) {
		p.problem(start, `this is a quote of a word processor: write the straight one, "`)
		closing = curly
	}
	var b strings.Builder
	for i := start + 1; i < len(text); i++ {
		switch r := text[i]; {
		case strings.ContainsRune(closing, r):
			return lexeme{inQuote, b.String(), start}, i + 1
		case r == '\\' && i+1 < len(text) && strings.ContainsRune(`"'\`, text[i+1]):
			i++
			b.WriteRune(text[i])
		case forbidden(r):
			p.problem(start, "this quote is not closed on its line: add the closing quote")
			return lexeme{inQuote, b.String(), start}, i
		default:
			b.WriteRune(r)
		}
	}
	p.problem(start, "this quote is never closed: add the closing quote")
	return lexeme{inQuote, b.String(), start}, len(text)
}

// signAt reads a sign, and tells how long it is. A character that means nothing is left out.
func (p *expressionParser) signAt(text []rune, at int) (lexeme, int) {
	rest := string(text[:min(2, len(text))])
	for _, s := range slips {
		if !strings.HasPrefix(rest, s.written) {
			continue
		}
		p.problem(at, "%s is not known here: write %s", quoted(s.written), s.meant)
		kind := sign
		if isWord(s.meant) {
			kind = word
		}
		return lexeme{kind, s.meant, at}, len([]rune(s.written))
	}
	for _, s := range signs {
		if strings.HasPrefix(rest, s) {
			return lexeme{sign, s, at}, len(s)
		}
	}
	if text[0] == '!' {
		p.problem(at, `"!" is not known here: write not`)
		return lexeme{word, "not", at}, 1
	}
	if forbidden(text[0]) {
		p.problem(at, "an invisible control character (%U) stands here: remove it", text[0])
	} else {
		p.problem(at, "%s means nothing here: remove it, or put the text around it in quotes", quoted(string(text[:1])))
	}
	return lexeme{}, 1
}

// looksLikeNumber tells whether a value without quotes is a number: 75, -1.5.
func looksLikeNumber(s string) bool {
	whole, fraction, dot := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (!dot || digits(fraction)) && !math.IsInf(parsedNumber(s), 0)
}

func parsedNumber(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64) // infinite where it does not fit
	return f
}

// mustNumber is a number in the form of Expression.Values.
func mustNumber(s string) string { return numberText(parsedNumber(s)) }
