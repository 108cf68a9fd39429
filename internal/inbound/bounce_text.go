package inbound

import (
	"regexp"
	"slices"
	"strings"
)

const maxFailed = 20 // recipients of a notice in plain words

var (
	daemon       = regexp.MustCompile(`(?i)^(mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|mdaemon|mail-?delivery[a-z-]*|microsoftexchange[0-9a-f]+|mail-system|undeliverable|nd[rn]|mta|dsn)([-+._].*)?@|^(mailer-daemon|postmaster)$`)
	robot        = regexp.MustCompile(`(?i)^(no-?_?reply|admin(istrator)?|support|service|postoffice|postman|mailmaster|e?mail|it|root|nobody|www-data|apache|webmaster|hostmaster|noc|mailman|listserv|majordomo|relay|mailgate|quarantine|security|mailbox|hosting|panel|spam|virus|undelivered|do-?not-?reply|robot|system|sys-?admin|notif[a-z]*|alerts?|e?mail-?(server|robot|er|admin|gate|gateway|filter)|smtp|mx|exchange|delivery|gateway|filter|anti-?spam|abuse|bounces?|daemon|server)([-+._0-9].*)?@|(^owner-[^@]*|-(bounces?|owner|request|admin))(\+[^@]*)?@`)
	daemonName   = regexp.MustCompile(`(?i)mail(er)? ?(delivery|daemon|server|robot|transport|gateway)|delivery (sub)?system|system administrator|mail administrator|postmaster|mail ?system|microsoft (outlook|exchange)|mailzustell|postamt|системный администратор|почтов(ый|ая|ое) (робот|сервер|система|служба|шлюз)|служба доставки|сервер почты|syst[èe]me de (messagerie|distribution)|sistema de correo|servizio postale`)
	returnedMail = regexp.MustCompile(`(?i)^\s*(undeliver(able|ed)( mail| message)?\b|returned mail|mail delivery (failed|failure)|delivery (status notification|failure|failed)|failure notice|unzustellbar|не уда[её]тся доставить|не удалось доставить|недоставлен|[éeÉE]chec de la remise|no se puede entregar|non recapitabile|não entregue|niedostarczone|onbestelbaar)\s*([:(.]|$)`)
	answering    = regexp.MustCompile(`(?i)^\s*(re|aw|fwd?|wg|tr|ответ|пер|sv|antw?)\s*:|automatic reply|auto-?(matic|mated)? ?-?(reply|respon)|out of (the )?office|автоответ|автоматический ответ|abwesen|réponse automatique|respuesta automática|risposta automatica|vacation|отпуск`)
	failure      = regexp.MustCompile(`(?i)undeliver|not (be |been |yet been |yet be )?deliver|n['’]t (be |been |able to )?deliver|(un|not )able to deliver|can(not|'t) deliver|deliver(y|ed|ing)?( of| to)?( your| the)?( mail| message| letter)?( has| have)? ?(was |is )?(fail|delayed|problem|error|incomplete|aborted|impossible)|fail(ed|ure)? to deliver|failed address|failed recipient|failure notice|mail failure|(mail|message) (was |has been )?(returned|bounced|rejected)|returned (mail|to sender|message)|return(ing|ed) (message|mail|letter)|delivery (status )?(notification|failure|report)|non-?delivery|permanent(ly)? (error|fail|fatal)|\[bounce|(message|mail|letter|post(ing)?) (was |is |has been |has )?(not )?(been )?(automatically )?(rejected|refused|discarded|returned)|bounced|status notification|delayed|` +
		`не (был[аои]? |может быть |могло быть |удалось |удаётся |удается )*достав|недостав|невозможно доставить|невозможность доставки|ошибка (при )?(доставк|отправк)|не дошл|возвра(т|щен|щён)|сбой|отклонен|отклонён|не принят|не выполнен|задерж|отложен|лист не|не доставлен|` +
		`unzustellbar|nicht zu(ge)?stell|zustell|non[- ](remis|livr|distribu)|n['’]a pas (pu|été)|échec|echec|retour(né)?|no se (pudo|ha podido|puede)|no entregad|devuelto|non (è stato |recapit|consegn)|mancata consegna|impossibile|não (foi )?(entreg|p[oô]de)|nao entregue|devolvid|niedor|nie (została|można|udało)|zwrot|nedoruč|nelze doručit|onbestelbaar|niet (worden )?(afge|be)lever|kunne ikke|inte levereras|退信|退回|退件|无法|無法|配信|届け|送信できません|エラー|반송|teslim`)
	// challenge asks whoever wrote to prove that he is a person; until then his letter waits.
	challenge = regexp.MustCompile(`(?i)(confirm|prove|verify|certify|show) (that )?(you|your|the sender|this (message|mail|email))[^.]{0,60}(human|person|robot|legitimate|real|spam|address|identity|sender|delivered|deliver|release)|not a (robot|machine)|(reply to|answer|click|follow|visit)[^.]{0,80}(and|so that|then|to (have|get|let|release))[^.]{0,40}(will be )?(delivered|released|deliver|accepted)|sender verification|(mailblocks|spam ?arrest|boxbe|tmda|challenge[-/ ]response)|` +
		`не робот|подтверд[^.]{0,80}(письм|адрес|отправ|человек)|ответьте на это письмо[^.]{0,60}(доставлен|дойд)|best[äa]tigen sie[^.]{0,80}(e-?mail|nachricht|absender|adresse|mensch)|kein roboter|(confirmez|veuillez confirmer)[^.]{0,80}(message|adresse|exp[ée]diteur)|pas un robot|confirm[ea][^.]{0,80}(mensaje|correo|remitente|direcci[óo]n|messaggio|mittente|mensagem|endere[çc]o)|no (es|eres) un robot|non sei un robot|não é um rob[ôo]|potwierd[^.]{0,80}(wiadomo|adres|nadawc)|不是机器人`)
	late       = regexp.MustCompile(`(?i)\bdelay(ed)?\b|warning:|still being retried|задерж|отложен|verzögert|retard[ée]|retrasad|ritardat|atrasad|opóźni|zpožd`) // of a subject
	retrying   = regexp.MustCompile(`(?i)warning only|still being retried|will (be )?retr|will (continue|keep|go on|try again)|continue to (try|retry)|(message|delivery|mail) (has been|is|was) delayed|temporary problem|not (yet been|been delivered yet|yet delivered)|more hours|delivery incomplete|do(es)? not need to (resend|do anything)|попытки (доставки )?(будут|продолж)|(сервер|доставк\S*|попытк\S*) (продолж|повтор|будет повтор|будут повтор|отложен|задерж)|ещ[её] не доставлен|verzögert|weiter(hin)? versuch|será reintentad|nouvelles tentatives|ulteriori tentativi`)
	permanent  = regexp.MustCompile(`(?i)permanent|given up|giving up|not going to try|will not (be )?(re)?tr|no longer try|too long|final|окончательн|прекращен|больше не буд|fatal`)
	success    = regexp.MustCompile(`(?i)^(\S+:\s*)?(delivered:|successful mail delivery|delivery status notification \(success\)|доставлено:|relayed:|expanded:|zugestellt:|remis\s?:|entregado:)`)
	copyBegins = regexp.MustCompile(`(?i)^[\s>]*([-=_*~+#]{2,}.*(copy|original|header|below|message|returned|следу|исходн|оригинал|сообщени|письм|kopie|ursprüng|copie|copia|kopia|元の|原).*|.*(message headers?|headers? of (the|your) (message|letter|mail)|original (message|letter|mail)|заголовки (письма|сообщения)|исходное (письмо|сообщение))( follow(s|ing)?| is (following|below))?\s*[:.]*\s*[-=_*]*)$`)
	anAddress  = regexp.MustCompile(`[^\s<>"\'()\[\],;:|/\\*=@]+@[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+`)
)

// isNotice reports whether a letter comes from a mail server and tells of a failure of a
// letter that can be found. What people write, and machines in their name, may well speak
// of bounces.
func (n *notice) isNotice() bool {
	l := n.letter
	if len(n.refs()) == 0 {
		return false
	}
	media, params := mediaType(l.Header.Get("Content-Type"))
	if l.Header.Get("X-Failed-Recipients") != "" || media == "multipart/report" && params["report-type"] == "delivery-status" {
		return true
	}
	quotes := replyIn(n.report).code != 0
	fails := failure.MatchString(oneLine(l.Subject, maxParagraph) + " " + oneLine(n.report, maxNotice))
	listed := l.Header.Get("List-Id") != "" || strings.EqualFold(l.Header.Get("Precedence"), "list")
	submitted := strings.HasPrefix(strings.ToLower(l.Header.Get("Auto-Submitted")), "auto-")
	machine := submitted || strings.TrimSpace(l.Header.Get("Return-Path")) == "<>"
	switch {
	case !quotes && challenge.MatchString(l.Subject+"\n"+n.report):
		return false
	case daemon.MatchString(l.From.Address), daemonName.MatchString(l.From.Name), l.From.Address == "":
		return quotes || fails || len(n.recipients()) > 0
	case machine && fails && robot.MatchString(l.From.Address) && n.returnsOurs():
		return true // also a list that takes nothing from us
	case listed, !fails:
		return false
	case quotes && returnedMail.MatchString(l.Subject):
		return true
	case answering.MatchString(l.Subject), len(n.recipients()) == 0:
		return false
	}
	return machine && robot.MatchString(l.From.Address) || submitted && quotes || machine && quotes && failure.MatchString(l.Subject)
}

// returnsOurs reports whether the header of a letter of ours stands in the notice.
func (n *notice) returnsOurs() bool {
	return slices.ContainsFunc(messageIDs(n.ofReturned("Message-Id")), hasMark)
}

// fromText makes events of a notice in plain words.
func (n *notice) fromText() []Event {
	if success.MatchString(n.letter.Subject) && replyIn(n.report).code == 0 {
		return n.each(n.recipients(), func(string) Event { return Event{Kind: Delivered} })
	}
	delayed := late.MatchString(n.letter.Subject) || retrying.MatchString(n.report) && !permanent.MatchString(n.letter.Subject+"\n"+n.report) && replyIn(n.report).code/100 != 5
	return n.each(n.recipients(), func(recipient string) Event {
		told := n.reasonFor(recipient, "", !delayed)
		return Event{Kind: Bounced, Permanent: !delayed, Class: told.class, Status: told.enhanced, Diagnostic: told.text}
	})
}

func (n *notice) each(recipients []string, event func(string) Event) []Event {
	if len(recipients) == 0 {
		recipients = []string{n.addressee()}
	}
	var events []Event
	for _, r := range recipients {
		e := event(r)
		e.Recipient = r
		events = append(events, e)
	}
	return events
}

// recipients are the addresses that a notice in plain words says have failed: those of
// X-Failed-Recipients, or that begin a line, or the one that the returned letter was for,
// or the first that is spoken of.
func (n *notice) recipients() []string {
	var all []string
	add := func(address string) {
		address = strings.Trim(address, ".")
		if len(address) <= maxAddress && !n.isOurs(address) && len(all) < maxFailed && !slices.ContainsFunc(all, func(a string) bool { return strings.EqualFold(a, address) }) {
			all = append(all, address)
		}
	}
	for _, m := range mailboxes(n.letter.Header["X-Failed-Recipients"]) {
		add(m.Address)
	}
	if len(all) > 0 {
		return all
	}
	to := n.addressee()
	if to != "" && strings.Contains(strings.ToLower(n.report), strings.ToLower(to)) {
		add(to)
	}
	for line := range strings.Lines(n.report) {
		if a := leading(line); a != "" {
			add(a)
		}
	}
	if len(all) > 0 {
		return all
	}
	if to != "" {
		add(to)
		return all
	}
	for _, address := range anAddress.FindAllString(n.letter.Subject+"\n"+n.report, 20) {
		if add(address); len(all) > 0 {
			break
		}
	}
	return all
}

// leading is the address that a line begins with, or is given by a label before it
// ("Failed address: ann@example.com"); empty without one.
func leading(line string) string {
	if !strings.Contains(line, "@") {
		return ""
	}
	line = strings.TrimLeft(line, " \t<\"'*•-#>«")
	m := anAddress.FindStringIndex(line[:min(len(line), 400)])
	if m == nil {
		return ""
	}
	if m[0] == 0 {
		return line[:m[1]]
	}
	return ""
}

// cutCopy parts what a server says from the copy of our letter below it.
func cutCopy(text string) (report, within string) {
	at := 0
	for line := range strings.Lines(text) {
		trimmed := strings.TrimRight(line, "\r\n \t")
		if at > 0 && len(trimmed) < 200 && copyBegins.MatchString(trimmed) && fieldBelow(text[at+len(line):]) {
			return text[:at], strings.TrimLeft(text[at+len(line):], "\r\n")
		}
		switch fieldName([]byte(line)) {
		case "Return-Path", "Received", "Dkim-Signature":
			if at > 0 {
				return text[:at], text[at:]
			}
		}
		at += len(line)
	}
	return text, ""
}

// fieldBelow reports whether a header begins in the next lines.
func fieldBelow(text string) bool {
	number := 0
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if fieldName([]byte(line)) != "" {
			return true
		}
		if number++; number == 3 {
			return false
		}
	}
	return false
}
