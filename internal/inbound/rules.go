package inbound

import "slices"

// somebody is how servers name whom a letter is for.
var somebody = []string{
	"user", "recipient", "rcpt", "mailbox", "mail box", "account", "address", "alias", "local part", "local-part", "person", "customer", "no one", "nobody", "employee", "mail file", "member",
	"subscriber", "owner", "inbox", "handset", "login", "destinat", "utilisateur", "indirizzo", "konta", "konto", "adressat", "benutzer", "empf", "casilla", "usuario",
	"postfach", "kunde", "abonn", "ucet", "teilnehmer", "compte", "boite", "adresse", "cuenta", "buzon", "conta", "caixa", "direccion", "endereco", "utente", "casella", "skrzynk", "adres", "uzytkownik", "odbiorc",
	"uzivatel", "schrank", "prijemce", "kullanici", "alici", "gebruiker", "ontvanger", "postvak", "mottagar", "mottaker", "modtager", "bruker", "vastaanottaja", "felhasznalo", "cimzett",
	"пользовател", "адрес", "получател", "ящик", "сотрудник", "аккаунт", "учетн", "абонент", "владел", "клиент", "користувач", "скриньк", "одержувач", "отримувач",
	"staff", "student", "anyone", "anybody", "kayttaj", "mitarbeiter", "colleague", "hesap", "nutzer", "anvandar", "uzivatel", "kullanic", "收件", "utilizator", "destinatar", "потребител", "korisnik", "primatel", "primalac", "vartotoj", "gavej", "lietotaj", "kasutaja", "postafiok", "addressee", "παραληπτ", "χρηστ", "λογαριασμ", "διευθυνσ", "משתמש", "נמען", "כתובת", "المستخدم", "المستلم",
	"账户", "帐户", "帳戶", "賬號", "用户", "用戶", "收件人", "邮箱", "信箱", "账号", "帐号", "帳號", "地址", "アカウント", "ユーザ", "宛先", "受信者", "メールボックス", "アドレス", "사용자", "수신자", "계정",
}

// mailboxNouns are those of them that are no word for an IP address too.
var mailboxNouns = slices.DeleteFunc(slices.Clone(somebody), func(word string) bool {
	return slices.Contains([]string{"address", "adres", "adresse", "direccion", "endereco", "indirizzo", "адрес", "地址", "アドレス"}, word)
})

// nobodyThere is how servers say that there is no such recipient.
var nobodyThere = []string{
	"unknown", "not known", "not a known", "no such", "not found", "not be found", "was not found", "not available", "not exist", "no exist", "n't exist", "existent", "not present",
	"not listed in", "not in recipient", "not in my", "not in the list", "isn't in", "not on our", "not on my", "not ours", "is gone", "missing", "absent", "unable to locate", "failed to find", "did not find", "didn't find", "don't know", "do not know", "does not know", "doesn't know", "not aware", "we have no", "n't have any", "not have any", "not set up", "not defined", "undefined", "not configured", "not among", "isn't one", "ldap", "isn't a ", "is not a ", "no matching", "nothing found", "not here", "unknown to us", "isn't here", "tidak ditemukan", "tidak ada", "tidak dikenal", "khong tồn tại", "ne obstaja", "ไม่พบ", "ไม่มี", "typo ", "not ok", "illegal alias", "not registered in", "ошибка в", "не указан", "указан", "табылмад", "знойдз", "of ours", "not be matched", "unable to find", "can't locate", "cannot locate", "isn't valid", "aren't valid", "нет пользоват", "нет адресат", "нет получат", "нет абонент", "нет сотрудник", "нет клиент", "нет аккаунт", "сервере нет", "системе нет", "здесь нет", "нет на сервере", "нет в систем", "с таким имен", "с таким адрес",
	"kein benutzer", "keinen benutzer", "kein konto", "kein postfach", "kein empf", "keine mailbox", "kein nutzer", "keinen nutzer", "niemand", "pas de boite", "pas de compte", "ningun", "nessun", "nenhum", "brak ", "yok", "ingen ", "zde neni", "non presente", "間違", "错误", "有误", "錯誤", "有誤", "on file", "not a user", "isn't known", "no rows", "returned no", "not work here", "not work at", "not handled", "not part of", "not appear", "no person", "kennen", "ne connaissons", "pas trouve", "pas ete trouve", "sido encontr", "fue encontr", "foi encontr", "localizad", "nalezen", "loydy", "没有这", "没有该", "存在しない", "없는 ", "nem talal", "inexistent", "ne postoji", "nepoznat", "не съществ", "непознат", "neegzist", "nerast", "neeksist", "ei leitud", "puudub", "δεν υπαρχει", "αγνωστ", "δεν βρεθ", "לא קיים", "לא נמצא", "غير موجود", "لا يوجد", "nobody here", "no one here", "never heard", "not live here", "not belong", "badrecipient", "badrcpt", "invalid", "is not valid", "not a valid", "not an active", "is wrong", "can't find", "cannot be verified",
	"no mailbox", "no mail box", "no account", "no longer", "not our customer", "not a member", "not local", "there is no one", "not have an account", "n't have a", "unavailable mail user",
	"not on this", "not in our", "not registered", "never provisioned", "not provisioned", "never existed", "not recogni", "unrecogni", "of that name", "by that name", "of this name", "called that", "diesem namen", "never created", "directory", "not at this", "not there", "no alias", "no entry", "несуществ", "у нас нет", "aucun", "no es valid", "geen ", "ei loyd", "nu exista", "не е намерен", "не постои", "no local", "lookup failed", "с ошибк", "gibt es", "ei loydy", "いません", "could not find", "couldn't find",
	"cannot find", "unresolv", "not resolv", "unallocated", "not allocated", "unassigned", "not assigned", "no user", "bad recipient", "bad address", "bad destination", "bad mailbox", "mistyped", "misspel", "no record", "wrong", "not deliverable",
	"undeliverable", "not accepting mail for", "not our", "not one of our", "has no ", "no recipient", "incorrect", "not match", "no match", "nonexist", "non existent", "doesnt exist", "not hosted here", "n't hosted",
	"не найден", "не существ", "неизвест", "не известен", "не зарегистр", "нет такого", "нет такой", "такого", "такой", "не обнаружен", "неверн", "неправильн", "отсутству", "не значит", "не числит",
	"недействит", "ошибочн", "не заведен", "не знайден", "не існу", "невідом", "нема",
	"existiert nicht", "nicht vorhanden", "nicht gefunden", "gibt es nicht", "kein solch", "ungultig", "nicht registriert", "n'existe", "n existe", "introuvable", "invalide", "erron", "inexistant",
	"desconocid", "no encontr", "no se encontr", "nao existe", "desconhecid", "nao encontr", "non esiste", "non trovat", "non valid", "nieznan", "nie znalezion", "brak takie",
	"nieprawidlow", "neexistuj", "neznam", "nenalezen", "onbekend", "bestaat niet", "niet gevonden", "okand", "finns inte", "hittades inte", "ukjent", "ukendt", "findes ikke", "finnes ikke",
	"eksisterer ikke", "tuntematon", "ismeretlen", "nem letezik", "bulunamad", "bilinmeyen", "mevcut degil", "yoktur", "不存在", "未找到", "找不到", "无此", "没有此", "查無", "無此", "无效", "不正确",
	"存在しません", "見つかりません", "不明", "存在하지", "존재하지", "없습니다", "찾을 수 없",
	"bekannt", "inconnu", "sconosciut", "inesistente", "nie ma", "nie istnieje", "no existe",
}

// us are words that name whoever sends, and his server.
var us = []string{
	"sender", "from", "your ", "you ", "with you", "filter", "protect", "content", "#4", " ip ", " ips ", "helo", "ehlo", "spf", "dkim", "dmarc", "spam", "black", "block list", "blocklist", "reputation", "reverse", "ptr", "dns", "relay", "client", "host", "server", "connect", "policy", "policies", "authenti", "verif", "certificate", " list", "listed", "outsid", "extern",
	"отправител", "ваш", " вас", " вам", " от ", "сервер", "спам", "absender", "ihr", "ihnen", " von ", "expediteur", "votre", "vous", "remitente", "remetente", "mittente", " su ", " seu ", "vostr", "nadawc", "odesilatel", "发件", "寄件", "您", "送信", "差出", "발신", "보낸",
}

// rules are read from the top; the first that matches decides. What is about us comes
// before what is about the recipient: calling a blocked sender's client invalid would lose
// a good address for ever, calling a dead address blocked costs one more letter. For the
// same reason words about the recipient outrank a 5.7 code, but not words about the sender.
// internal/mail/testdata/replies holds real replies for nearly every line.
var rules = []rule{
	// Servers whose words or codes mean something else than they seem to.
	{class: ClassInvalid, enhanced: []string{"5.1.1"}, words: []string{"account or domain may not exist", "or domain not found"}}, // Exim under cPanel; without the code it speaks of the sender
	{class: ClassInvalid, enhanced: []string{"5.1.1"}, words: []string{"suppression list"}},                                       // Amazon SES: letters to it have come back before
	{class: ClassDeadDomain, kind: 5, words: []string{"mail exchanger or ip"}},                                                    // qmail
	{class: ClassProtocol, kind: 5, words: []string{"helo/ehlo argument"}},                                                        // Gmail
	{class: ClassPolicy, kind: 5, words: []string{"permission to post"}},                                                          // Google Groups
	{class: ClassDisabled, kind: 5, words: []string{"has not logged in"}},
	{class: ClassTemporary, kind: 5, words: []string{"tls handshake"}},
	{class: ClassTemporary, codes: []int{454}, words: []string{"tls not available"}},                                           // RFC 3207 4
	{class: ClassDisabled, kind: 5, words: []string{"policy rejection on the target address"}},                                 // Yandex
	{class: ClassInvalid, kind: 5, enhanced: []string{"5.4.1"}, words: []string{"recipient"}, also: []string{"access denied"}}, // Exchange Online
	{class: ClassGreylist, kind: 4, words: []string{"internal resource temporarily unavailable"}},                              // Mimecast
	{class: ClassRate, kind: 4, words: []string{"rate limited due to ip reputation"}},                                          // Outlook.com
	{class: ClassTemporary, kind: 4, words: []string{"queue quota exceeded"}},                                                  // Exchange Online
	{class: ClassRate, kind: 4, words: []string{"try again slower", "too much mail"}},                                          // Postfix
	{class: ClassPolicy, kind: 4, enhanced: []string{ // Gmail's rules for senders
		"4.7.23", "4.7.24", "4.7.25", "4.7.26", "4.7.27", "4.7.29", "4.7.30", "4.7.32", "4.7.40"}},

	{class: ClassContent, kind: 5, words: []string{"not rfc 5322 compliant", "messages missing a valid"}}, // Gmail
	{class: ClassPolicy, kind: 5, words: []string{"this ip has been"}},
	{class: ClassPolicy, kind: 5, words: []string{"unknown sender", "sender unknown"}},
	{class: ClassContent, kind: 5, words: []string{"content"}, also: []string{"spam", "virus", "blocked because its"}}, // what is in the letter, not who sends it
	{class: ClassContent, kind: 5, words: []string{"multiple addresses in", "spam url", "eicar", "infected", "content examination", "spam message is detected", "duplicate header"}},
	{class: ClassRate, kind: 4, enhanced: []string{"4.5.4", "4.7.28"}},
	{class: ClassRate, kind: 4, words: []string{"too many sessions"}},
	{class: ClassRate, kind: 5, words: []string{"frequency limited."}}, // QQ
	{class: ClassGreylist, kind: 4, words: []string{
		"greylist", "graylist", "grey-list", "gray-list", "grey list", "gray list", "triplet", "серый список", "серые списки", "серого списка", "серых списк", "szara lista", "liste grise", "lista gris",
		"lista grigia", "graue liste"}},

	// The server has failed, or letters go in a circle between servers: nobody's address is meant.
	{class: ClassTemporary, kind: 5, words: []string{
		"internal error", "internal server", "internal software", "internal failure", "internal problem", "local error", "server error", "system error", "system failure", "system config", "system problem",
		"database error", "configuration error", "configuration problem", "i/o error", "disk full", "system resources", "insufficient system", "out of memory", "cannot fork", "local problem",
		"внутренняя ошибка", "внутренней ошибк", "внутрішня помилка", "ошибка сервера", "ошибка на сервере", "сбой сервера", "interner fehler", "internen fehler", "interner server", "serverfehler", "erreur interne",
		"erreur du serveur", "erreur serveur", "error interno", "error del servidor", "erro interno", "erro no servidor", "errore interno", "errore del server", "blad wewnetrzny", "blad serwera", "vnitrni chyb", "chyba serveru", "interne fout",
		"internt fel", "dahili hata", "内部错误", "內部錯誤", "内部エラー", "내부 오류"}},
	{class: ClassTemporary, kind: 5, words: []string{
		"hop count", "too many hops", "mail loop", "routing loop", "loop detected", "forwarding loop", "loops back", "too many received", "зациклив", "почтовая петля", "mailschleife", "boucle", "bucle"}},

	// Our account, and how we connect.
	{class: ClassProtocol, words: []string{"starttls", "requires encryption", "requires tls", "encryption required", "must use tls"}},
	{class: ClassAccount, codes: []int{454, 534, 535, 538}},
	{class: ClassPolicy, codes: []int{530}, words: []string{"relay"}},
	{class: ClassAccount, codes: []int{530}},
	{class: ClassAccount, enhanced: []string{ // limits and bans of one's own account at Gmail and Microsoft
		"5.4.5", "5.1.90", "5.7.501", "5.7.502", "5.7.503", "5.7.705", "5.7.708", "5.7.750"}},
	{class: ClassAccount, words: []string{
		"sending limit", "daily limit", "daily sending quota", "relay limit exceeded", "invalid credentials", "mail sending denied", "sending for this account", "sending account",
		"not owned by", "not logged in", "auth failed", "authentication failed", "authentification requise", "smtp authentication in your", "smtp authentication turned on",
		"bad outbound sender", "mail relay denied", "address is not verified"}},

	// A code and words that agree about the recipient, and nothing that names us.
	{class: ClassInvalid, kind: 5, enhanced: []string{"5.1.1", "5.1.10"}, not: us, words: []string{
		"user unknown", "unknown user", "no such user", "user not found", "user does not exist", "user doesn't exist", "recipient unknown", "unknown recipient", "no such recipient", "recipient not found", "does not exist", "doesn't exist", "not exist", "not found",
		"mailbox not found", "no such mailbox", "unknown mailbox", "no such account", "unknown account", "address unknown", "unknown address", "unknown", "invalid", "no longer", "no mailbox", "no account", "не найден", "не существ", "unbekannt", "existiert nicht", "inconnu", "desconocid", "sconosciut", "inexist", "nieznan", "nie istnieje", "不存在", "見つかりません"}},
	{class: ClassDisabled, kind: 5, enhanced: []string{"5.2.1"}, not: us, also: mailboxNouns, words: []string{"disabled", "inactive", "deactivated", "suspended", "closed", "locked", "expired", "terminated", "deleted", "blocked", "отключен", "заблокирован", "удален", "закрыт"}},
	{class: ClassDisabled, kind: 5, not: us, also: mailboxNouns, words: []string{ // why somebody's own mailbox is closed
		"by administrator", "by the administrator", "by admin", "by its owner", "by the owner", "by owner", "inactivity", "non-payment", "nonpayment", "not paid", "unpaid", "overdue", "неуплат", "неактивност", "владельцем", "администратором", "inaktivit", "nichtzahlung", "inactivit", "impaye", "falta de pago", "inactividad",
		"falta de pagamento", "inatividade", "inattivit", "mancato pagamento", "nieaktywno", "nezaplac", "wanbetaling"}},

	// Too much at once, which passes.
	{class: ClassRate, words: []string{
		"too many connections", "too many concurrent", "too many simultaneous", "too many parallel", "too many sessions", "too many messages from", "too many mails", "too many emails", "too many messages sent", "too many messages in", "too many messages per", "have sent more than",
		"rate that prevents", "slow down", "too fast", "too quickly", "too frequent", "sending rate", "message rate", "connection rate", " per hour", " per minute", " hourly ", "last hour", "in one hour", "connection limit",
		"слишком много пис", "слишком много сообщ", "слишком много соедин", "слишком много подключ", "слишком часто", "превышен лимит отправ", "превышен лимит сообщ", "превышен лимит пис", " в час ", " за час ", " в минуту ", "забагато", "zu viele nachrichten", "zu viele mails", "zu viele e-mails",
		"zu viele verbindungen", "pro stunde", "pro minute", "trop de messages", "trop de connexions", "trop de mails", "par heure", "par minute", "demasiados mensajes", "demasiadas conexiones", "demasiados correos", "por hora", "por minuto", "muitas mensagens", "muitas conexoes",
		"troppi messaggi", "troppe connessioni", "troppe mail", "all'ora", "al minuto", "za duzo wiadomosci", "za duzo polaczen", "na godzine", "na minute", "prilis mnoho", "te veel berichten", "te veel verbindingen", "per uur", "过于频繁", "過於頻繁", "频率", "送信数", "一時間", "1時間"}},

	// The sender's domain, server and reputation.
	{class: ClassRate, kind: 5, words: []string{"sent too many"}},
	{class: ClassPolicy, enhanced: []string{"5.1.7", "5.1.8"}},
	{class: ClassPolicy, enhanced: []string{ // RFC 3463 3.8, RFC 7372 and RFC 7505: of lists, encryption and authentication
		"5.7.2", "5.7.3", "5.7.4", "5.7.5", "5.7.6", "5.7.7", "5.7.8", "5.7.9", "5.7.10", "5.7.11", "5.7.12", "5.7.14", "5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27", "5.7.28", "5.7.29", "5.7.30"}},
	{class: ClassDisabled, enhanced: []string{"5.7.13", "5.7.17", "5.7.18"}}, // RFC 7293
	{class: ClassPolicy, words: []string{
		"closed to", "from field", "user in from", "domain in from", "user agent", "sending from", "send from", "write from", "writing from", "coming from", "your postmaster", "your mailbox", "your user", "your sender", "your reputation", "#4 unknown", "host #4", "host name for", "correspondent", "permission", "must authenticate", "authenticate first", "please authenticate", "over ipv", "relay for", "not relay", "to relay", "anti-spoof", "opted out", "has chosen", "open to #4", "reply address", "postmaster address", "abuse address", "send as", "permissions to send", "domain is blocked", "domain blocked", "domain has been blocked", "domain is banned",
		"sender", "mailfrom", "mail from", "from: domain", "from domain", "from:domain", "verification failed for", "dmarc", "spf", "dkim",
		"spamhaus", "spamcop", "sorbs", "barracudacentral", "blocklist", "block list", "blacklist", "black list", "dnsbl", " rbl", "[rbl", "rbl ", "rbls", "rtr:bl", "denyip", "black ip",
		"reputation", "reverse dns", "ptr record", "ptr resource", "your hostname", "helo command", "client host", "not authenticated", "your ip", "ip address is", "this ip ",
		"invalid helo", "invalid ehlo", "bad helo", "helo name", "helo:", "client ", "client's", "unknown client", "unknown host", "unknown server", "unknown network", "unknown system", "unknown correspond",
		"certificate", " ip ", " helo ", " ehlo ", " ptr ", "in dns", "to dns", "members only", "only members", "you are not a member", "member of the list", "member of this list", "subscribers only", "people only", "unknown[", "(unknown [", "envelope-from", "mail-from", "reply-to", "your mailer", "your mta", "your connection", "your reverse", "your certificate", "your link", "your account", "your organi", "your message looks",
		"your mail looks", "was identified", "classified as", "sending domain", "sending host", "sending server", "sending ip", "hostname", "unsubscribe", " bulk ", "newly registered", "your mail ", " arc ", "sent from", "send from",
		"its contacts", "their contacts", "your contacts", "no valid mx", "bounce address", "top-level domain", " tld ", "accept mail from", "accepts mail from", "accept messages from", "accept email from", "no mail from", " reverse ", "source address", "guest list", "contact list", "bypass list", "approved list", "return address", "dns check", "unknown ip", "from ip ", "ip [", "the ip ", "your address", "your email address", "your e-mail address", "allowed to send", "authorized to send", "authorised to send",
		"permitted to send", "permission to send", "only accepts m", "accepts mail only", "accept mail only", "only from", "spam", "junk", "unsolicited", "bulk mail", "mass mail", "blocked by", "blocked using",
		"blocked due", "blocked because", "blocked for", "black-list", "block-list", "denylist", "deny list", "deny-list", "quarantin", "your country", "geograph", "geoip", "dynamic ip", "dynamic host",
		"dynamic address", "residential", "envelope from", "from address", "return path", "return-path", "unauthenticated", "email authentication", "pass authentication", "fails authentication", "your server", "your mail server", "your domain", "your network", "your host", "your isp", "your provider", "ptr ", "rdns", "reverse lookup", "is listed at", "is listed in", "is listed on", "is listed by", "currently listed",
		"whitelist", "white list", "allow list", "allowlist", "phish", "backscatter", "bounce attack", "too many invalid", "too many unknown", "too many bad", "dictionary attack", "harvest",
		"invalid ip", "banned send", "permanently deferred", "prison", "dialup",
		"#4 is on", "#4 is in", "#4 is listed", "#4 is a", "#4 is not", "#4 is block", "#4 listed", "#4 on ", "#4 in ", "#4 found", "#4 was found", "#4 block", "#4 has ", "#4 reject", "#4 refused", "listed #4", "blocked #4", "blocks #4", "block #4", "blocking #4", "listing #4", "listing of #4",
		" bl.", "[bl.", "mailspike", "uceprotect", "abuseat", "spamrats", "senderscore", "senderbase", "sender score", "invaluement", "backscatterer", " xbl ", " sbl ", " pbl ", " cbl ", " psbl ", " sbrs ", "rspamd", "bayes", "blackhole", "black hole", "poor score", "bad neighbo",
		"you are not", "you're not", "you are block", "you are banned", "you are listed", "you have been", "you may not", "you do not have permission", "from you.", "from you ", "mail by you", "your subnet", "your range", "your tenant", "your company", "your sending", "your outgoing", "your outbound", "your smtp", "your ptr",
		"your spf", "your identity", "your region", "your newsletter", "your score", "your client", "your address block", "has blocked", "blocked you", "stranger", "only for ", "for members", "verification of failed", "return domain", "originating", " connecting ", "submitter", "rejected by the recipient", "rejected by recipient", "rejected by the user", "rejected by user", "too many failed", "too many rejected", "too many wrong", "too many non", "outside world", "outsider", "external email", "external mail", "external sender", "external e-mail", "from external", "from outside", "from the outside", "from the internet", "internal only", "internal mail only", "internal users only", "commercial", "user group", "closed group", "rejects this", "rejects mail",
		"rejects your", "reception from", "unknown people", "message-id", "of the author", "originator", "does not wish", "not wish to", "doesn't want", "does not want", "refuses mail", "refuses to", "preferences",
		"relay access", "relaying", "relay not", "as a relay", "not a gateway", "deny relay", "denies relay", "unauthorized relay", "open relay", "relay traffic", "to relay", "allowed rcpthosts"}},

	{class: ClassPolicy, kind: 5, words: []string{"unknown user", "unknown recipient", "user unknown", "invalid recipient", "bad recipient", "invalid user"}, also: []string{" rate ", " count ", "too high", "threshold", "ratio", "activity", "suspicio", "attack"}},
	{class: ClassPolicy, kind: 5, words: []string{ // in other languages; Latin without its accents
		"messages from", "mails from", "emails from", "email from", "e-mail from", "letters from", "delivery from", "connections from", "connection from", "спам", "отправител", "белом списк", "белый список", "белого списк", "списке разреш", "с неизвестн", "неизвестный сервер", "неизвестный хост", "неизвестного сервера", "сервер неизвест", "от неизвестн", "черн", "стоп-лист", "репутаци", "ваш сервер", "вашего сервер", "вашему сервер", "ваш ip", "вашего ip", "ip-адрес",
		"ip адрес", "ваш домен", "вашего домен", "вашему домен", "вашего адрес", "ваш адрес", "вашего хост", "ваш хост", "массов", "рассылк", "подозри", "обратн", "відправник", "чорн",
		"absender", "ihre ip", "ip-adresse", "ihr server", "ihrer ip", "ihre domain", "ihr mailserver", "ihres servers", "sperrliste", "blockliste", "expediteur", "emetteur", "indesirable", "votre ip", "votre serveur", "votre domaine",
		"adresse ip", "liste noire", "serveur inconnu", "host inconnu", "servidor descon", "host descon", "dominio descon", "host sconosc", "server sconosc", "server unbekannt", "host unbekannt", "remitente", "remetente", "lista negra", "no desead", "nao solicitad", "su ip", "seu ip", "su servidor", "seu servidor", "su dominio", "seu dominio", "direccion ip", "endereco ip", "ip listad",
		"mittente", "lista nera", "indirizzo ip", "vostro server", "vostro ip", "vostro dominio", "suo ip", "tuo ip", "nadawc", "czarnej li", "czarna li", "adres ip", "niechcian", "odesilatel", "cernem seznam", "cerne listin", "nevyzadan",
		"afzender", "zwarte lijst", "avsandar", "avsender", "afsender", "gonderen", "kara liste", "spamlist", "svartelist", "svartlist", "sortelist", "mustalist", "feketelist", "от вас", "вам запрещ", "вы не мо", "вы заблок", "вас заблок", "ваша сеть", "вашей сет", "вашей подсет", "вашей организ", "вашего провайдер", "ваша почта", "вашей почты", "сервера-отправ", "запретил", "відправ", "ваш сервер", "вашого",
		"ihr netz", "ihr provider", "ihr hostname", "von ihnen", "sie sind", "sie durfen", "vous n'etes", "vous etes", "votre reseau", "votre fai", "votre hote", "votre fournisseur", "su red", "su proveedor", "usted no", "vostra rete", "sua rede", "seu provedor", "voce nao", "twoj serwer", "twoja domena", "twoj ip", "panstwa serwer", "vas server", "vasi domen", "uw server", "uw domein",
		"sunucunuz", "такого сервера", "с этого домена", "с вашего", "на вас", "своих контакт", "списке контакт", "от контакт", "нет доступ", "не желает", "узел ", "незнайом", "незнаком", "unbekannter server", "unbekannter host", "unbekannte ip", "hote inconnu", "le serveur n'existe", "ses contacts", "sus contactos", "suoi contatti", "seus contatos", "solo de ", "solo da", "solo para", "brak dostep", "brak uprawn",
		"spoza ", "vasi adres", "vaseho server", "sizden", "kabul etm", "发信", "客户端", "ip地址", "ip位址", "送信ドメイン", "送信サーバ", "только от ", "только для ", "nur von ", "uniquement ", "solamente ", "tylko od ", "tylko z ", "pouze od ", "alleen van ", "с которого", "с которой", "ваш почтов", "вашего почтов", "хост ", "que envia", "en dns", "您的邮箱", "您的ip", "您的域名", "您的服务器", "您的地址", "您的账", "差出人", "보낸", "보내는", "垃圾", "黑名单", "黑名單", "发件人", "寄件", "信誉", "迷惑", "送信元", "送信者", "ブラックリスト", "스팸", "발신"}},

	// The mailbox.
	{class: ClassFull, enhanced: []string{"4.2.2", "5.2.2"}},
	{class: ClassFull, words: []string{"quota"}, also: append([]string{"exceed", "over", "violation", "full", "reach", "allowed", "depass"}, somebody...)},
	{class: ClassFull, words: []string{
		"over his limit", "over their limit", "over its limit", "over the limit", "out of space", "storage exhausted", "space exhausted", "no free space", "not enough space", "nincs eleg hely", "megtelt", "espacio insuf", "sin espacio", "espace insuff", "spazio esaurit", "spazio insuff", "sem espaco", "geen ruimte", "ingen plads", "erschopft", "overquota", "mailbox full", " is full", "mailbox size limit", "storage full", "exceeded storage", "storage space",
		"mailbox space", "mailbox limit", "mailbox exceeds", "mailbox has exceeded", "mailbox is over", "mailbox over", "of its allowance", "inbox full", "no space left in", "exceeded the limit", "no more room", "no room", "is out of storage",
		"переполнен", "квот", "превышен лимит ящика", "превышен размер ящика", "нет места", "нет свободного места", "место кончил", "недостаточно места", "ящик полон", "заполнен", "переповнен",
		"postfach voll", "ist voll", "uberfullt", "speicherplatz", "boite pleine", "est pleine", "saturee", "llena", "lleno", "cuota", "esta cheia", "caixa postal cheia",
		"caixa cheia", "lotada", "e piena", "casella piena", "przepelnion", "pelna", "brak miejsca", "je plna", "preplnen", "vol postvak", "postvak vol", "is vol", "ar full", "er fuld", "dolu", "kotas",
		"已满", "已滿", "空间不足", "容量", "いっぱい", "용량", "too many messages on the server"}},
	{class: ClassRate, kind: 5, enhanced: []string{"5.2.121", "5.2.122"}},
	{class: ClassInvalid, kind: 5, words: []string{"invalid/inactive", "not found or inactivated", "unbekannt oder"}},
	{class: ClassInvalid, kind: 5, words: []string{"address syntax", "syntax of address", "syntax error in address", "syntax error in recipient", "malformed address", "malformed recipient"}},
	{class: ClassDisabled, kind: 5, also: mailboxNouns, words: []string{ // beside any enhanced code
		"terminated", "close the account", "close this account", "close the mailbox", "close their", "inactive mailbox", " closed", " locked", "former employee", "account disabled", "mailbox disabled", "account is disabled", "mailbox is disabled", "account suspended", "account is suspended",
		"mailbox suspended", "deactivated", "longer accepts"}},
	{class: ClassDisabled, kind: 5, also: somebody, unless: []string{"5.7."}, words: []string{
		"disabled", " locked", "inactive", "inactiv", "deactivated", "terminated", "suspend", "account is blocked", "account blocked", "account has been blocked", "mailbox is blocked", "mailbox blocked", "mailbox has been blocked", "user is blocked", "user blocked", "out of service", "longer used", "obsolete", "frozen", "closed", "expired", "expirado", "archived", "not activated", "not active",
		"longer accepts", "left the company", "longer with", "longer work", "longer employed", "former employee", "retired", "shut down", "on hold", "cancelled", "canceled", "dormant", "abandoned",
		"deprovisioned", "revoked", "has ended", "for deletion", "no active", "put to rest", "не активир", "истек", "удалил", "nicht mehr", "n'est plus", "caducad", "wygas", "过期", "過期", "退会", "廃止", "탈퇴", "passed away", "deceased", "уволил", "прекращен", "ликвидир", "decommissioned", "discontinued", "moved away", "has left", "left the", "mailbox ended", "lapsed", "switched off", "turned off", "purged", "hibernat", "longer read", "не использ", "выбыл", "abgemeldet", "opgezegd",
		"отключен", "приостановлен", "уволен", "больше не", "деактивир", "не активен", "неактив", "не оплач", "заморожен", "выключен", "расторг", "вимкнен",
		"gekundigt", "deaktiviert", "geloscht", "stillgelegt", "abgeschaltet", "inaktiv", "desactiv", "resili", "clotur",
		"inhabilit", "deshabilit", "cancelad", "de baja", "encerrad", "desativ", "suspens", "excluid", "inativ", "sospes", "disattiv", "disabilit", "cessat",
		"scadut", "usuniet", "nieaktywn", "zawieszon", "wylaczon", "zrusen", "deaktivovan", "neaktivni", "smazan", "uitgeschakeld",
		"opgeheven", "avslutat", "nedlagt", "devre disi", "askiya", "ausgeschieden", "停用", "禁用", "注销", "冻结", "凍結", "停止", "锁定", "解約", "閉鎖", "정지", "휴면", "해지"}},
	{class: ClassDisabled, kind: 5, also: mailboxNouns, unless: []string{"5.7."}, words: []string{ // they may as well speak of an IP address
		"isblocked", "deleted", "removed", "заблокирован", "закрыт", "ограничен", "удален", "gesperrt", "geschlossen", "ferme", "bloque", "cerrad", "eliminad", "chius", "bloccat", "eliminat", "zablokowan", "zamkniet", "zablokovan", "geblokkeerd", "gesloten", "stangt", "kapatil", "видален", "supprim", "in use", "ausgeschieden"}},
	{class: ClassDisabled, kind: 5, words: []string{"longer accepts mail", "longer accepts e", "has left the company", "left our company", "user moved", "currently suspended", "mailbox is frozen", "receiving disabled", "now disabled"}},
	{class: ClassDeadDomain, kind: 5, words: []string{
		"domain mentioned in", "unroutable domain", "host unknown", "bad destination system", "domain not found", "invalid host name", "nonexistentdomain", "domain is not reachable", "does not accept mail", "nullmx", "null mx",
		"no mail host", "non-existent host", "nonexistent host", "points to local host", "no data record", "no mx record", "has no mx", "no mail exchanger", "domain is expired", "domain has expired",
		"domain expired", "domain does not exist", "domain doesn't exist", "domain name not found", "no such domain", "nxdomain", "unable to look up host", "host not found", "could not find host", "any host named", "host by that name",
		"handles no mail", "handle no mail", "takes no mail", "accepts no mail", "do not host", "don't host", "not hosting", "parked", "can't find any host", "cannot find any host", "unknown domain", "unrouteable mail domain",
		"domain unknown", "domain no longer", "domain is gone", "is the local host", "treat it as local", "longer hosted", "domain suspended", "domain is suspended", "bad domain", "invalid domain", "domain lookup failed", "domain deleted", "domain has been", "domain is not configured", "serve this domain", "домен закрыт", "домен снят", "домен удален", "domain is not hosted", "домен получателя не", "не делегир", "all mx hosts", "no mx or", "mail exchanger", "no smtp service", "domain does not resolve", "домен не сущ", "домен не найден", "домен не обслуж", "нет mx", "mx-запис", "keine e-mail", "domain existiert nicht", "domaine inexistant", "domaine inconnu", "dominio no existe",
		"dominio inesistente", "domena nie istnieje"}},
	{class: ClassDeadDomain, words: []string{"no mx for"}}, // KumoMTA
	{class: ClassContent, kind: 5, words: []string{"attachment", "attached file", "archives", "password-protected", "file type", "file extension", "dateityp", "типы файлов", "тип файла", "вложени", "вкладен", "anhang", "piece jointe", "pieces jointes", "adjunto", "anexo", "allegat", "zalacznik", "priloh", "bijlage", "bilaga", "附件", "添付"}},
	{class: ClassPolicy, kind: 5, words: []string{
		"policy", "policies", "selector", "signature", " tls ", "политик", "richtlin", "politique", "politica", "polityk", "beleid", "策略", "ポリシー", "정책",
		"не разрешен", "нет прав", "не имеет права", "не авториз", "запрещ", "фильтр", "nicht berechtigt", "nicht autorisiert", "nicht erlaubt", "keine berechtigung", "zugriff verweiger", "non autoris", "acces refuse", "no autorizad", "acceso denegad", "non autorizz", "accesso negato", "nao autorizad", "acesso negado", "niedozwolon", "nieautoryz",
		"odmowa dostepu", "neopravn", "neni opravnen", "toegang geweigerd", "ikke tillatt", "ikke tilladt", "inte tillat", "izin veril"}},
	{class: ClassInvalid, kind: 5, words: []string{ // beside any enhanced code
		"user unknown", "unknown user", "no such user", "user not found", "user does not exist", "user doesn't exist", "recipient unknown", "unknown recipient", "no such recipient", "recipient not found",
		"recipient does not exist", "recipient doesn't exist", "invalid recipient", "mailbox not available", "mailbox not found", "mailbox does not exist", "mailbox doesn't exist", "no such mailbox",
		"unknown mailbox", "invalid mailbox", "mailbox unavailable or", "mailbox name not allowed", "account does not exist", "no such account", "unknown account", "address does not exist",
		"unknown address", "address unknown", "unknown local part", "userunknown", "unknownuser", "nosuchuser", "recipnotfound", "recipientnotfound", "account unavailable", "bad recipient", "bad-recipient",
		"bad_recipient", "no entry for", "invalid-recipient", "not in recipient", "marked as invalid", "no mailbox here", "validrcptto", "badrcptto", "badrecipientto", "recipient verify failed", "recipient verification failed", "no such id", "missing home dir",
		"пользователь не найден", "такого пользовател", "получатель не найден", "такого получател", "адресат не найден", "такого адрес", "не существует", "такого ящика", "неизвестный получатель",
		"неизвестный пользователь", "неизвестный адресат", "адресат неизвестен"}},
	{class: ClassPolicy, kind: 5, words: []string{"message refused", "mail refused", "account refused"}, also: []string{"unknown", "invalid", "not found"}},
	{class: ClassPolicy, kind: 5, words: []string{
		"not authorized", "not authorised", "unauthori", "not permitted", "access denied", "access for this", "no access", "access from", "user refused", "refused to receive", "user reject",
		"prohibit", "restrict", "forbidden", "disallow", "not wanted", "not welcome", "unwanted", "trust", "malicious", "threat", "flood", " score ", "inappropriate", "suspici", "abuse", "complain", "firewall", "security", "forged", "spoof", "unverified"}},
	{class: ClassInvalid, kind: 5, also: somebody, unless: []string{"5.7."}, words: nobodyThere},
	{class: ClassInvalid, kind: 5, also: mailboxNouns, enhanced: []string{"5.7.0", "5.7.1"}, not: us, words: nobodyThere},
	{class: ClassInvalid, kind: 5, unless: []string{"5.7."}, words: []string{"no such ", "is not registered in", "mailbox unavaiable", "нет ящика", "нет почты", "такой почты", "there is nobody", "unrouteable", "unroutable", "notfound", "is no longer valid", "deliver mail for", "not in our users list", "no mail-box", "addresses were unknown", "name is not found", "accept user"}},

	{class: ClassDeadDomain, kind: 5, also: []string{"domain", "домен", "domini", "domaine", "domein", "domena", "域名", "ドメイン", "도메인"}, unless: []string{"5.7."}, words: []string{
		"existent", "illegal", "no records", "has no ", "not delegated", "not valid", "misspel", "not be resolved", "failed to resolve", "n't resolve", "n't exist", "does not resolve", "not hosted", "not served", "not handled", "not configured", "unregistered", "lapsed", "not accept", "no mail", "closed", "deleted", "gone", "нет почт", "закрыт", "удален", "просроч", "unbekannt", "gibt es nicht", "inconnu", "desconocid", "sconosciut", "nieznan", "neznam", "onbekend", "ukjent", "okand",
		"not exist", "not receive", "no longer", "not registered", "not found", "not resolv", "unresolv", "cannot resolve", "unable to resolve", "expired", "nicht registriert", "existiert nicht", "no esta registr", "no existe", "non esiste", "nao existe", "n'existe", "nie istnieje", "neexist", "introuvable", "истек", "не существ", "не зарегистр", "не найден", "no mx", "不存在", "存在しません", "見つかりません", "존재하지"}},
	{class: ClassDeadDomain, kind: 5, words: []string{"domain must exist", "illegal host", "no mail server", "mx record of", "for this domain", "mx lookup failed", "mx not found", "mx missing", "mx record does not", "mx records do not", "no mx record", "name error", "no mail servers", "no records for", "no a record", "no dns record", "no dns entry", "without mx", "no address record", "not a mail domain", "mail server not found", "domain is unknown", "domain is for sale", "нет почтового сервера", "почтовый сервер домена", "найти домен", "unable to resolve mx", "name or service not known"}},
	{class: ClassInvalid, enhanced: []string{"5.1.3"}},

	// Nobody could be reached, and whoever tried has given up.
	{class: ClassTemporary, kind: 5, words: []string{
		"not respond", "no answer from", "cannot connect", "can't connect", "connection to", "unable to reach", "maintenance", "down for", "не отвеча", "не удалось подключ", "не удалось соедин", "antwortet nicht", "repond pas", "no responde", "non risponde", "nao responde", "nie odpowiada", "network error", "connection error", "connect error", "retry timeout", "retry time not", "timed out", "timeout", "connection refused", "connection reset", "lost connection", "no route to host", "network is unreachable", "could not connect",
		"unable to connect", "establish an smtp connection", "in the queue too long", "message expired", "delivery expired", "delayed too long", "too long in"}},

	// The letter.
	{class: ClassContent, kind: 5, enhanced: []string{"5.3.4", "5.6."}},
	{class: ClassContent, kind: 5, words: []string{
		"uribl", "surbl", "spam url", "content", "virus", "infected", "attachment", "message size", "email size", "too large", "too long", "malformed", "rfc 5322", "rfc compliant",
		"from: header", "message-id: header", "message is bigger", "bigger than", "bare lf", "bare cr", "line length", "вложени", "размер письма", "размер сообщения", "слишком больш", "вирус", "anhang", "zu gross", "taille du message", "piece jointe",
		"tamano del", "tamanho da", "allegato", "内容", "附件", "添付",
		"mime/reject", "invalid data", "duplicate header"}},

	// Later.
	{class: ClassTemporary, kind: 4, enhanced: []string{"4.1.1", "4.1.2"}},
	{class: ClassPolicy, kind: 4, words: []string{"nature of the content", "whitelist", "must resolve", "too many errors", "policy rejection", "access denied"}},
	{class: ClassRate, kind: 4, words: []string{
		"rate limit", "ratelimit", "receiving mail", "too many", "too much mail", "too fast", "too quickly", "too frequent", "slow down", "slower", "throttl",
		"excessive volume", "max message per connection", "a minute at most", "per minute", "per hour", "слишком много", "слишком часто", "zu viele", "trop de", "demasiad", "troppi", "maximum number of concurrent", "[tss", "[gl01]", "unusual rate", "account service is temporarily unavailable"}},
	{class: ClassGreylist, kind: 4, words: []string{
		"try another server", "sqlgrey", "postgrey", "first time", "come back in", "come back after", "впервые", "первый раз", "подождите", "zum ersten mal", "premiere fois", "primera vez", "primeira vez", "prima volta", "pierwszy raz", "poprve", "eerste keer", "初めて", "首次"}},
	{class: ClassGreylist, codes: []int{450, 451}, enhanced: []string{"4.7.1"}, words: []string{"again", "later"}},
	{class: ClassTemporary, kind: 4, enhanced: []string{"4.3.", "4.4."}},
	{class: ClassRate, codes: []int{421}, words: []string{"try again later #4", "temporarily deferred"}},

	// What is left is decided by the enhanced code (RFC 3463, RFC 7372, RFC 7504), then by weaker words.
	{class: ClassPolicy, enhanced: []string{"5.7."}},
	{class: ClassPolicy, kind: 5, words: []string{
		"blocked", "spam", "junk", "policy", "policies", "banned", "is listed", "listed in", "not authorized", "not permitted", "not allowed", "access denied", "access for this", "no access",
		"access from", "mail refused", "mail data refused", "message filtered", "mail rejected", "mail is rejected", "message rejected", "user refused", "refused to receive", "user reject",
		"message not allowed", "spoof", "is rejected", "ip is ", "requires that", "not accept delivery", "will not accept", "can not accept", "cannot accept", "not accepted", "declin", " aup ", "unacceptable", "inappropriate", "delivery of this message", "restrict", "forbidden", "disallow", "not wanted", "unwanted", "not welcome", "trust", "violat", "suspici", "abuse", "complain", "firewall", "security", "forged", "unverified",
		" score ", "flood", "excessive", "threat", "malicious", " risk ", "prohibit", "denied", "verweiger", "политик", "запрещ", "заблокир", "фильтр", "filter", "richtlin", "politique", "politica", "策略", "ポリシー", "no acepta", "n'accepte", "non accetta", "nao aceita", "neprijima", "nie przyjmuje", "не принимает", "не приймає", "accepteert geen", "拒收", "拒绝接收", "拒絕", "拒否", "수신 거부", "수신거부", "차단"}},
	{class: ClassInvalid, enhanced: []string{"5.1.0", "5.1.1", "5.1.6", "5.1.10"}},
	{class: ClassDeadDomain, enhanced: []string{"5.1.2", "5.4.4", "5.4.310", "5.4.312"}},
	{class: ClassDisabled, enhanced: []string{"5.2.1"}},
	{class: ClassDeadDomain, codes: []int{521, 556}},
	{class: ClassInvalid, codes: []int{550, 551, 552, 553, 554}, words: []string{"mailbox unavailable", "recipient rejected", "rejected recipient", "does not exist", "doesn't exist"}},
	{class: ClassProtocol, enhanced: []string{"5.5."}},
	{class: ClassProtocol, codes: []int{500, 501, 502, 503, 504}},
	{class: ClassTemporary, enhanced: []string{"5.3."}},
	{class: ClassContent, codes: []int{552}},
}
