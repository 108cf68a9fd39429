package inbound

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReadText bounds what is looked at of a body, in bytes: people write the new above
// the old, and what is quoted below may be long.
const maxReadText = 64 << 10

// newText is what is new in a body: without the letter that it quotes, the line that
// introduces it, our own footer and disclaimers. Answers between quoted lines are kept,
// and so are signatures.
func newText(body string) string {
	lines := linesOf(body)
	var kept []string
	for i := 0; i < len(lines); {
		line := clean(lines[i])
		switch {
		case strings.HasPrefix(line, ">") || ourFooter(line):
			i++
		case divides(line) || headerBlock(lines[i:]) || len(line) > 30 && disclaimer.MatchString(line):
			return join(kept)
		default:
			n := introduces(lines[i:])
			if n > 0 && !quotedNext(lines[i+n:]) {
				return join(kept)
			}
			if n == 0 {
				kept = append(kept, line)
				n = 1
			}
			i += n
		}
	}
	return join(kept)
}

// linesOf are the lines of a body that are looked at.
func linesOf(body string) []string {
	lines := strings.Split(clip(body, maxReadText), "\n")
	return lines[:min(len(lines), 3000)]
}

func clean(line string) string {
	line = strings.ReplaceAll(line, "\u00a0", " ")
	return strings.TrimSpace(strings.Trim(line, "\u200b\u200e\u200f\ufeff"))
}

var blankLines = regexp.MustCompile(`\n{3,}`)

func join(lines []string) string {
	return strings.TrimSpace(blankLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
}

// divider is a line that mail programs draw above the letter that is answered or passed on.
var divider = regexp.MustCompile(`(?i)^(?:\W*[-_—=*]{2,}\s*|begin )(original message|original nachricht|urspr[uü]ngliche nachricht|original appointment|forwarded (message|by)|forwarded message:|start of forwarded message|reply above this line|mensagem original|oorspronkelijk bericht|ursprungligt meddelande|oprindelig meddelelse|původní (zpráva|e-mail)|eredeti üzenet|özgün ileti|orijinal mesaj|reply message|` +
	`message d'origine|message transf[eé]r[eé]|mensaje original|mensaje reenviado|messaggio originale|wiadomo[sś][cć] oryginalna|oryginalna wiadomo[sś][cć]|weitergeleitete nachricht|` +
	`исходное сообщение|исходное письмо|первоначальное сообщение|пересылаемое сообщение|пересланное сообщение|перенаправленное сообщение|конец пересылаемого сообщения|` +
	`оригінальне повідомлення|вихідне повідомлення|переслане повідомлення|бастапқы хабарлама)`)

// divides tells whether a line is a divider. Most lines start with a letter and are none.
func divides(line string) bool {
	first, _ := utf8.DecodeRuneInString(line)
	return line != "" && (!unicode.IsLetter(first) && !unicode.IsDigit(first) || first == 'B' || first == 'b') && divider.MatchString(line)
}

// disclaimer starts the small print below a signature.
var disclaimer = regexp.MustCompile(`(?i)^\W*((this|the information (contained )?in this) (e-?mail|message|communication)\b.{0,80}\b(confidential|privileged|intended)|` +
	`(настоящее|данное|это) (электронное )?(сообщение|письмо).{0,80}(конфиденциальн|тайну|коммерческ)|информация, содержащаяся в (этом|данном|настоящем).{0,80}конфиденциальн|` +
	`уведомление о конфиденциальности|confidentiality notice|diese e-?mail.{0,80}vertraulich)`)

// fields are the words before the colons of a quoted header, from first (who wrote) to the others.
var (
	firstField = regexp.MustCompile(`(?i)^\W*(from|от|от кого|von|de|od|da|від|кімнен|expéditeur|van|från|fra|lähettäjä|feladó|kimden|de la|发件人|差出人|보낸 사람)\s*[:：]\s*\S`)
	otherField = regexp.MustCompile(`(?i)^\W*(sent|date|to|cc|subject|отправлено|дата|кому|копия|тема|gesendet|datum|an|betreff|envoyé|objet|à|enviado( el)?|fecha|para|asunto|` +
		`wysłano|data|do|temat|надіслано|тема|inviato|oggetto|жіберілді|кімге|тақырып|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne|lähetetty|vastaanottaja|aihe|odesláno|komu|předmět|küldve|címzett|tárgy|gönderilme( tarihi)?|kime|konu|enviada|assunto|trimis|către|subiect|发送时间|收件人|主题|日期|送信日時|宛先|件名|received|reply-to)\s*[:：]`)
)

// headerBlock tells whether lines start with a quoted header ("From: … Sent: … To: …").
func headerBlock(lines []string) bool {
	i := 0
	if drawnLine(lines[0]) && len(lines) > 1 {
		i = next(lines, 1)
	}
	if i >= len(lines) || !strings.ContainsAny(lines[i], ":：") || !firstField.MatchString(clean(lines[i])) {
		return false
	}
	found := 0
	for _, line := range lines[i+1 : min(len(lines), i+6)] {
		if otherField.MatchString(clean(line)) {
			found++
		}
	}
	return found >= 1
}

// drawnLine tells a line drawn of underscores or dashes.
func drawnLine(line string) bool {
	line = clean(line)
	return len(line) >= 5 && strings.Trim(line, "_-—=*") == ""
}

// next is the index of the first line that is not blank, from i.
func next(lines []string, i int) int {
	for i < len(lines) && clean(lines[i]) == "" {
		i++
	}
	return i
}

var (
	wrote  = regexp.MustCompile(`(?i)(^|[^\p{L}])(wrote|writes|quoting|zitat von|schrieb|schreibt|schreef|skrev|kirjoitti|pisze|napsal|napísal|írta|yazdı|a scris|escreveu|ha scritto|rašė|kirjutas|a écrit|escribió|scritto|napisał|napisał\(a\)|napisała|пишет|пишете|писал|писала|писали|написал|написала|написал\(а\)|написав|пише|жазды)([^\p{L}].*)?:?$`)
	framed = regexp.MustCompile(`(?i)^-{3,}.*(wrote|писал|написал|schrieb|пишет)\s*:?\s*-{2,}$`)
	whole  = regexp.MustCompile(`(?i)^(\p{L}+,? )?(\p{L}+\.?,? )?\d{1,2}[ ./](\d{1,2}|\p{L}+)\.?[ ./]\d{2,4}( г\.)?,?( в| at)? \d{1,2}:\d{2}.{0,80}:$`)
	dated  = regexp.MustCompile(`\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[./-]\d{1,2}`)
	email  = regexp.MustCompile(`[\p{L}\d._%+'-]+@[\p{L}\d-]+(\.[\p{L}\d-]+)+`)
)

// introduces tells whether lines start with what introduces a quoted letter, such as
// "On …, Ann Lee <ann@…> wrote:", and how many lines it takes; 0 if they do not.
func introduces(lines []string) int {
	n := introduction(lines)
	for i := 1; i < n && !opens.MatchString(clean(lines[0])); i++ {
		if introduction(lines[i:n]) > 0 {
			return 0 // what is new stands right above it
		}
	}
	return n
}

// opens is how an introduction starts that goes on in the next line.
var opens = regexp.MustCompile(`(?i)^(on|am|le|el|il|op|den|em|w dniu|дана|в|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|mon|tue|wed|thu|fri|sat|sun)([^\p{L}].{0,120})?$|^\d.{0,120}$`)

func introduction(lines []string) int {
	line := ""
	for n := 1; n <= min(3, len(lines)); n++ {
		part := clean(lines[n-1])
		if part == "" || strings.HasPrefix(part, ">") {
			return 0
		}
		line = strings.TrimSpace(line + " " + part)
		if len(line) > 300 {
			return 0
		}
		if !strings.HasSuffix(line, ":") && !strings.HasSuffix(line, "--") {
			continue
		}
		if strings.HasSuffix(line, ":") && dated.MatchString(line) && (wrote.MatchString(line) || email.MatchString(line)) {
			return n
		}
		if strings.HasSuffix(line, ":") && whole.MatchString(line) {
			return n
		}
		if strings.HasSuffix(line, ":") && wrote.MatchString(line) && (email.MatchString(line) || len(line) < 120 && n < len(lines) && quotedNext(lines[n:])) {
			return n
		}
		if framed.MatchString(line) {
			return n
		}
	}
	return 0
}

// quotedNext tells whether quoted lines follow.
func quotedNext(lines []string) bool {
	i := next(lines, 0)
	return i < len(lines) && strings.HasPrefix(clean(lines[i]), ">")
}

var leaveWords = regexp.MustCompile(`(?i)(unsubscribe|отписаться|вы получили это письмо|you (are receiving|received) this).*https?://|https?://\S+/u/`)

// ourFooter tells the line of a letter of ours that says how to leave.
func ourFooter(line string) bool {
	return strings.Contains(line, "://") && leaveWords.MatchString(line)
}

// quotes tells whether a body quotes a letter: something was cut that is longer than the
// small print below a signature.
func quotes(body string) bool {
	lines := linesOf(body)
	for i := range lines {
		line := clean(lines[i])
		if strings.HasPrefix(line, ">") || divides(line) || headerBlock(lines[i:]) || introduces(lines[i:]) > 0 || ourFooter(line) {
			return true
		}
	}
	return false
}

// clip cuts text to a number of bytes without splitting a character.
func clip(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}
