package inbound

// moreOfMachines are more of machineRules: the sentences that autoresponders are delivered
// with, also in the languages of neighbours, and what is said of addresses and posts left.
var moreOfMachines = []answerRule{
	{"says that it is automatic", 8, phrases(`
сформирован*|создан*|подготовлен*|отправлен*|сгенерирован* .. системой|роботом|программой|автоматически|автоматом
письма|сообщения|ответы|письмо|сообщение|обращение|обращения .. автоматически
автоматически .. удаля*|регистриру*|обрабатыва*|помещ*|зарегистриров*|перенаправ*|пересыла*|занесен*|внесен*
не отвечайте|отвечать .. на это|данное|настоящее
сообщение|письмо .. не требует ответа
ответ|ответа|подтверждения .. не требуется|предусмотрен
processed|handled|answered|generated|sent|created by software|machine|system|computer|robot|our
do not|don't answer|reply|respond .. to|directly|this|email|message
no reply is|needed|required|necessary
this is|was .. automatic|automated|auto
message|messaggio|mensaje|mensagem|réponse|courriel automatique|automatico|automático|automática
merci de ne|pas .. répondre
si prega di non
nie odpowiadaj|odpowiadać
proszę nie odpowiadać
wygenerowan*|wysłan* automatycznie
automatycznie wygenerowan*
сформован*|створен*|надіслан* .. автоматично
не відповідайте на
автоматично .. сформован*|створен*|надіслан*
dies|diese ist|mail|nachricht|email .. automatisch*
automatisch* erstellt*|generiert*|versandt*|versendet*
bitte .. antworten sie nicht|darauf
nicht auf diese .. antworten`)},
	{isAway, 4, phrases(`
отсутствую|отсутствует|отсутствуем|отсутствовать
учебный|очередной|ежегодный|декретный|академический отпуск
на .. лечении|реабилитации|больничном|каникулах|карантине
беру|взял|взяла отгул|отгулы|отпуск|больничный
ушел|ушла|уйду|ухожу в отпуск|декрет
офис|офисы|мы|завод|предприятие|склад|компания|фабрика|цех|магазин|производство .. закрыт*|отдыха*|отдохн*
офис|офисы|мы|завод|предприятие|склад|компания|фабрика|цех|магазин|отдел .. не работа*
праздничные|выходные|нерабочие|каникулярные дни
на связи .. не буду
с понедельника|вторника|среды|четверга|пятницы|# .. на связи
буду|будем|буде недоступ*
недоступ* до|по|с|ориентировочно
уходит|уходим|ушли|ушло в|на .. отпуск|каникулы|ремонт|больничный|декрет
на .. ремонте|профилактике|инвентаризации|переезде
приступаю|приступлю|приступает|возвращаюсь|выхожу .. к|на работе|работу|службе|обязанностям
короткий|сокращенный|сокращенная|неполный|неполная день|неделя
^ работаем|открыты .. с|по|до
меня|нас нет совсем|сегодня|завтра|до
до этого|того .. меня|нас нет|не
выхожу|выйду|вернусь|возвращаюсь с|из|после отпуска|больничного|декрета|командировки|объекта|каникул|отгулов|моря|вахты
^ back on|in|at|monday|tuesday|wednesday|thursday|friday|the|next
^ home|returning the|on|#|monday|tuesday|wednesday|thursday|friday
store|shop|office|offices|we|plant .. open|opens|reopen|reopens .. again
office|büro|bureau .. erst
be|being back in|at the|my|work .. office|desk|work|on|from|#|next
be back on|from|#|monday|tuesday|wednesday|thursday|friday
wieder .. erreichbar|büro|besetzt|da
de retour le|lundi|mardi|mercredi|jeudi|vendredi|au|#
jury duty
bin|sind|ist .. nicht .. erreichbar|verfügbar|büro|haus
bin|sind|ist .. abwesend|verreist|unterwegs|elternzeit
betriebsurlaub|werksferien|brückentag
je suis|serai .. absent|absente|indisponible
ne serai|suis pas .. disponible|bureau|joignable
no estaré|estoy|estare .. disponible|oficina
non sarò|sono .. disponibile|ufficio|reperibile
jestem|będę .. nieobecn*|niedostępn*
nie będzie|ma mnie|nas
nie będę .. dostępn*|biurze
буду|я .. недоступн*|відсутн*
off sick|ill|work|duty
attending .. conference|training|workshop|seminar|fair|show|event|meeting|meetings|congress
сегодня|завтра|вчера|у|меня .. выходной|отгул
i work .. mondays|tuesdays|wednesdays|thursdays|fridays|mornings|afternoons
next working|business|office day
^ hospital|vacation|holiday|holidays|funeral|wedding|surgery|sick|leave|больница|роддом|болею
до встречи первого|второго|третьего|четвертого|пятого|шестого|седьмого|восьмого|девятого|десятого|одиннадцатого|двенадцатого|понедельника
closed .. monday|tuesday|wednesday|thursday|friday|saturday|today|tomorrow
short|reduced|part week|hours|time
no mail|meeting day
today|tomorrow travel|traveling|travelling|off|away|closed
without computers|computer|power|internet|phones
working .. from|only monday|tuesday|wednesday|thursday|friday .. only
в командировке|отъезде|поездке|роддоме|больнице|дороге|пути|рейсе
en mission|déplacement|formation
bureaux|usine|magasin .. fermé|fermés|fermée
in vacanza|ferie|viaggio|trasferta
uffici|ufficio .. chiuso|chiusi
biuro .. nieczynne|zamknięte
im|in|auf urlaub|elternzeit|dienstreise|mutterschutz|resturlaub|fortbildung
unser|unsere büro|büros|betrieb .. geschlossen
travelling|traveling on|for|with|to|in|abroad|this|until|till|through
in|at|attending meetings|training|workshop|workshops|conference|seminar|offsite|fair|show all|until|from|with|today|this|through|for|and
on .. leave|holiday|vacation|pto|furlough`)},
	{thanks, 2, phrases(`
thank|thanks you|for .. for|your .. message|email|inquiry|enquiry|note|request|interest|mail|contacting|writing|reaching|getting
спасибо|благодарим|благодарю .. за .. обращение
спасибо|благодарим|благодарю .. ваше|вашу|письмо|сообщение|обратились|написали|интерес|обращение
get|come|be back|touch .. you
we|team|someone|somebody|i .. will|shall|we'll|i'll be|get .. touch|back
свяжемся|ответим .. вам`)},
	{awayFor, 3, phrases(`
flight|flights|train|tickets booked
phone in|is .. drawer|off|locker`)},
	{standIn, 2, phrases(`
will|can|to .. look after|help you|out|with`)},
	{"has left", 6, phrases(`
сменил|сменила|поменял|поменяла .. место|работу|адрес|почту|должность
не трудится|служит|значится
больше|более не .. трудится|работает|работаю|является|занимается|служит
изменился|поменялся|сменился|изменилась .. почта|email|домен|ящик
изменился|поменялся|сменился|новый .. адрес .. @
ящик|адрес|почта .. закро*|закры*|удал*|отключ*|деактив*|недействит*
передал|передала|переданы .. дела|обязанности|полномочия|клиентов
have|has|i left .. as of|on
i|have|has|i've .. now|recently|since retired|left
i|have|has|i've moved .. to .. role|job|position|company|department|team .. contact|email
direct your .. mail|email|letters|messages|correspondence
retired .. after # years
^ mr|mrs|ms|our .. retired|left
^ mr|mrs|ms|dr|our .. retired|left
is your .. contact
have|has|i left|quit .. company|position|role|job|post
taken|taking|takes over .. my|his|her|from
passed|handed .. duties|role|responsibilities|accounts on|to|over
address|mailbox|email|inbox|account is|has|will .. retired|closed|deactivated|discontinued|disabled|abandoned|moved|changed|deleted
changed .. employer|jobs|roles|companies
new|another address|email|job|employer|role .. update|is|at|as|in
this address|one|mailbox|inbox|account dies|closes|expires|hibernates
does not|doesn't|don't use|follow|read .. electronic|email|mail|account|mailbox
quitté|quitte .. entreprise|société
lascia*|lavora .. più
verlassen .. unternehmen|firma
unternehmen verlassen`)},
	{"confirms that it came", 5, phrases(`
обработан*|рассмотрен* .. в порядке|очереди|течение|срок|ближайшее|течении
очень|важно|важен .. для нас
в случае .. заинтересованности|интереса|необходимости .. свяж*|ответим|мы|с
ответим|свяжемся в случае
ящик|почтовый .. переполнен
reached the mailbox|inbox|voicemail|office|desk of
please register|submit|apply .. portal|form|at|on|via|website|supplier
high|large volume|number|amount
may|might|can take .. days|longer|hours|weeks|while
awaits|awaiting|pending .. approval|moderation|review
could not be delivered
письмо|обращение|сообщение|заявка|документ .. сохранен*|доставлен*|попадет|занесен*|внесен*|помещен*|принят*|получен*
votre message|demande|courriel|mail .. parvenu|reçu|reçue|traité|traitée|enregistré|enregistrée
nous avons .. reçu votre
nous vous répondrons|recontacterons
vous répondrons|répondrai dans|dès
abbiamo ricevuto
le|la risponderemo|ricontatteremo
hemos|he recibido
le|te responderemos|contestaremos
potwierdzamy .. otrzymanie
dziękujemy za .. wiadomość|kontakt|zgłoszenie|email
odpowiemy najszybciej|wkrótce|w|niezwłocznie
лист|звернення|запит .. отримано|прийнято|зареєстровано
відповімо протягом|найближчим|якнайшвидше|вам
дякуємо за .. звернення|лист|повідомлення
wir haben ihre .. erhalten
ihre .. nachricht|anfrage|mail|email .. erhalten|eingegangen|bearbeitet|bearbeiten
wir melden|werden uns|uns
commercial|offers|offer|proposals|quotations|quotes|invoices are|not only .. through|via|accepted|considered|processed
предложения .. рассматриваются|принимаются|не .. через|рассматриваются|принимаются
acknowledges|confirms receipt .. your|of`)},
	{"sees letters seldom", 4, phrases(`
only .. check|read|monitor .. account|mailbox|inbox|email|mail|address
no .. mail|mails|email read|answered|checked
leave a message
телефон .. выключен|отключен|недоступен
no|not|won't .. mail|email|emails in|until|day|be|this .. january|february|march|april|may|june|july|august|september|october|november|december|monday|week|answered|checked
not able|unable to .. read|check|answer|reply .. mail|email|emails|messages
won't|not be reading|checking|answering
expect silence|delays|delay
eingeschränkt|keinen .. zugriff
accès limité`)},
}

// otherwise tells sentences that say whom to turn to instead: what they tell us to do, and who
// else is or does what in them, is no sign of a person.
var otherwise = phrases(`
если .. срочн*|горит|вопрос*|нужн*|важн*|ждать|терпит|ждет
при|по|в срочн*|экстренн*|неотложн*|всем|вопросам|вопросу
все|всё вопросы
срочн* вопрос*|случа*|дел*|связь
замещает|заменяет|подменяет|замещающ*|вместо меня
if .. urgent|need|needs|important|wait|pressing|immediate|matter|require|question|emergency
in|for|with|all|any .. urgent|emergency|emergencies|matters|queries|questions|enquiries|inquiries|absence|immediate|assistance
covering|covers|covered|deputising|deputises|standing|stands|filling for|in|by
will look|do|help|assist|take after|the|you|over|care|with
as soon as possible|practical
as|when|after i|we|my return|get
on|after|upon my return`)

// without is words less the sentences with one of some phrases.
func without(words []token, said []pattern) []token {
	var left []token
	for from := 0; from < len(words); {
		to := from
		for to < len(words) && words[to].sentence == words[from].sentence {
			to++
		}
		if !has(words[from:to], said) {
			left = append(left, words[from:to]...)
		}
		from = to
	}
	return left
}
