package inbound

// The signs of an absence.
const (
	subjectAway = "subject: says that somebody is away"
	isAway      = "is away"
	awayFor     = "speaks of what people are away for"
	isBack      = "will be back"
	aDate       = "a date of return"
	ofMail      = "speaks of letters, hours or wishes"
)

const atOnceWeight = 4

// Other signs that are only hints.
const (
	standIn          = "names a substitute"
	somebodysAddress = "an address of somebody else"
	atOnce           = "answers at once"
	asBulk           = "asks other machines not to answer"
	thanks           = "thanks for the letter"
)

// answerRule is phrases with one meaning, and how much they say.
type answerRule struct {
	name   string
	weight int
	said   []pattern
}

// subjectRules are for what a subject says beyond ours.
var subjectRules = []answerRule{
	{"says that it is automatic", 8, phrases(`
автоответ*|автоответчик
автоматическ* ответ|сообщение|уведомление
automatic|auto|automated reply|response|answer
autoreply|autoresponse|autoresponder|autosvar
abwesenheitsnotiz|abwesenheit|abwesenheitsmeldung
automatische antwort
réponse|reponse automatique
respuesta automática|automatica
automatyczna odpowiedź
risposta automatica
resposta automática
автоматична відповідь
автовідповідь
автоматты жауап
read|delivered|прочтено|прочитано|доставлено`)},
	{"says that somebody is away", 6, phrases(`
отпуск|отпуске|отпуска|отсутствую|отсутствует|отсутствие|отсутствуем|командировка|командировке|больничный|больничном|декрет|декрете|декретный
не|нет в|на офисе|работе|месте
выходной|выходные|праздники|каникулы
режим работы
меня нет
меня не будет
vacation|ooo|oof|away|holiday|holidays|pto|leave|absence|absent|closed|closing
out of office
out of the office
not in|at office|work|the
season's greetings
urlaub|urlaubsnotiz|außer|betriebsferien
message|notification|avis d'absence
absence|absent|absente|congé|congés|vacances
fuera|ausente|vacaciones
nieobecność|nieobecny|nieobecna|urlop|poza
відпустка|відпустці|відсутній|відсутня
демалыс|демалыста`)},
	{"is of a ticket", 6, phrases(`
ticket|case|request|incident|inc|sr|заявка|обращение|запрос|тикет|инцидент|входящее|вх|номер #|№
ticket|case|request|incident id|number|no|created|received|opened
заявка|обращение|запрос|письмо принят*|получен*|зарегистр*|создан*
your enquiry|inquiry|request|message|email|ticket|case
we received|got your
we have received|got your
thank|thanks|danke|merci|gracias you|for|für .. contacting|your|reaching|ihre|nachricht|writing
auto
registration of
вы нам писали|написали
подтвердите
please confirm
confirm your
confirmation required
^ квитанция|подтверждение|acknowledgement|acknowledgment|receipt
accusé de réception
^ rfq intake`)},
}
