package inbound

// maxPlainWords is how long a letter may be and still ask for nothing else.
const maxPlainWords = 80

// optOut tells whether a person asks in the new text of an answer not to be written again.
// It is plain only if a sentence says so without a condition, a topic or a time, and the
// one after it takes nothing back.
func optOut(text string) OptOut {
	words := wordsOf(tokens(ownText(text)))
	if (len(words) <= 4 && has(words, oneWordRule) || len(words) <= 2 && has(words, oneWordAlone)) && !has(words, stayRule) {
		return PlainOptOut
	}
	var sentences [][]token
	for i, word := range words {
		if i == 0 || word.sentence != words[i-1].sentence {
			sentences = append(sentences, nil)
		}
		sentences[len(sentences)-1] = append(sentences[len(sentences)-1], word)
	}
	found := NoOptOut
	for i, sentence := range sentences {
		if has(sentence, stayRule) {
			continue
		}
		plain := has(sentence, leaveRule)
		if !plain && has(sentence, likelyRule) {
			found = LikelyOptOut
		}
		if !plain {
			continue
		}
		found = LikelyOptOut
		always := has(sentence, alwaysRule)
		conditional := has(sentence, partRule) || has(sentence, timeRule) && !always
		takenBack := i+1 < len(sentences) && has(sentences[i+1], backRule) && !has(sentences[i+1], leaveRule)
		if !conditional && !takenBack && len(words) <= maxPlainWords {
			return PlainOptOut
		}
	}
	return found
}

// oneWordRule are answers that are plain if they are all that was written.
var oneWordRule = phrases(`
^ stop|стоп|unsubscribe|отписаться|отписка|abmelden|desuscribir|unsub
^ please stop|unsubscribe
stop please|it|this|now|mailing
opt out`)

// oneWordAlone are words that are plain alone, or with a "please", and else of an order.
var oneWordAlone = phrases(`
^ remove|удалить|удалите|cancel|отмена|отпишись|отпишите|отписать
^ не присылайте|шлите|пишите
^ please remove|cancel`)

// leaveRule are requests not to be written again.
var leaveRule = phrases(`
отстаньте|отвяжитесь|отвалите|отцепитесь
в черный список
в бан|игнор
заявка|просьба|требую|требуем|прошу|просим .. отписать|отписки|удалить|исключить|прекратить|вычеркнуть .. меня|нас|адрес|почту|email|ящик|рассылку|писать|рассылки|базы|базу|списка
отмените|аннулируйте|снимите|отключите|отменить .. подписку|рассылку|рассылки
больше .. писем|рассылок|сообщений .. не надо|нужно
не|никогда подписывался|подписывалась|подписывались на
не давал|давала|давали .. согласия|согласие .. на .. обработк*|рассылк*|получение|реклам*
согласия|согласие .. на .. рассылк*|реклам*|обработк*|получение .. не .. давал|давала|давали
не нужны|интересны|нужна|интересна .. ваши|ваша|эти|эта письма|рассылка|рассылки
ваши|ваша|эти письма|рассылка|рассылки .. не нужны|нужна|интересны|интересна
кнопка|ссылка .. отписки|отписаться .. не работает
никогда больше не .. пишите|присылайте|шлите|звоните|беспокойте
вычеркивайте|убирайте|выписывайте|отписывайте .. меня|нас|адрес|почту|email
go away
get lost
bugger|sod|piss off
leave us|me be
cease and desist
never|didn't|not .. sign|signed|subscribe|subscribed|consent|consented|opt|opted up|to|for|in|this|these
i|we|i've|we've block|blocked|blocking you|sender
i|we|i've|we've block|blocked|blocking .. your|this .. address|email|domain|sender
no longer wish|want .. to .. receive|get|hear
don't|dont|not need|want .. your|ur|these|any .. emails|mails|letters|newsletter|messages
take|get|remove|delete|strike|scratch|drop me|us|address|email|name|her|him|this .. off|from|out .. list|lists|database
want|be|come off|from|out .. list|lists|database
off .. your|this|the mailing|email|distribution|contact list|lists
deregister
never .. email|mail|write|contact|message .. me|us|again|here|this
please|kindly remove|delete .. me|us
please|kindly remove|delete .. my|our|this .. address|email|contact|details|name
отпишите|отписать|отпиши|отпишись|отпишитесь .. меня|нас|адрес|от|почту|ящик
хочу|прошу|хотел|хотела|хотим|желаю|как .. отписаться
не пиши|пишите|пишете
больше не пишите|присылайте|беспокойте|шлите|тревожьте
больше не отправляйте|направляйте .. письма|рекламу|рассылку|мне|нам|сюда|предложения
больше не надо|нужно .. писем|рассылок|писать|присылать|слать|рассылки|рекламы
не присылайте|беспокойте|шлите|спамьте|спамить|тревожьте мне|нам|больше|сюда|меня|нас|ничего|никаких|эту|рассылку|рекламу|спам|письма|свои|ваши|пожалуйста|впредь
^ не беспокойте
писать|слать|беспокоить|присылать .. больше|мне|нам не надо|нужно|стоит
не надо|нужно|стоит|смейте .. писать|слать|беспокоить
не надо|нужно|стоит .. присылать|отправлять .. письма|рекламу|рассылку|предложения|мне|больше
прошу|просим|просьба|попрошу .. не писать|слать|беспокоить
прошу|просим|просьба|попрошу .. не|прекратить присылать|отправлять|направлять .. письма|рекламу|рассылку|рассылки|предложения|мне|сюда|сообщения|коммерческ*
больше не .. писать|присылать|слать|беспокоить
не хочу|желаю|хотим|желаем .. получать|видеть .. рассылку|письма|письмо|рекламу|писем|спам|их|это|рассылок|сообщения|предложения|ваши
удалите|удалить|уберите|убрать|исключите|исключить|вычеркните|вычеркнуть|снимите|выпишите|сотрите меня|нас
удалите|удалить|уберите|убрать|исключите|исключить|вычеркните|вычеркнуть|выпишите|сотрите .. меня|нас|адрес|почту|email|ящик|мейл|мыло|емейл
удалите|удалить|уберите|убрать|исключите|исключить|вычеркните|вычеркнуть|сотрите .. мой|мои|наш|наши|персональные .. контакт|контакты|данные
удалите|удалить|уберите|убрать|исключите|исключить|вычеркните|вычеркнуть|выпишите .. из .. базы|базу|рассылки|списка|списков|рассылок|баз
меня|нас|адрес|почту|email|ящик .. из .. рассылки|рассылок|списков|списка|базы убрать|удалить|исключить|вычеркнуть
прекратите|перестаньте|хватит|прекратить|завязывайте|кончайте .. писать|слать|присылать|рассылку|рассылки|спам|спамить|рассылать|беспокоить|отправлять
отзываю|отзываем .. согласие
отказываюсь|отказываемся от .. рассылки|рассылок|писем|получения
заблокирую|забанил|забаню|блокирую
я .. заблокировал|заблокировала
заблокировал|заблокировала вас|отправителя|ваш
жалоба|жалобу|пожалуюсь|жаловаться|заявление .. в|на .. фас|спам|роскомнадзор|прокуратуру
оставьте|оставите меня|нас|в .. покое|покой
забудьте .. адрес|почту|email
unsubscribe|unsub
remove|delete|strike|erase|purge|wipe|unlist me|us
remove|delete|strike|erase|purge|wipe .. my|our .. address|addresses|email|emails|details|name|data|contact|contacts
take|drop|leave|cut|scratch me|us .. off|out|from
remove|delete|erase|purge .. address|email|details|name from|off|in|of|completely|immediately
stop|quit|cease|discontinue sending|emailing|mailing|writing|contacting|spamming|messaging|bothering|pestering|these|them|spam|your|the .. me|us|emails|mails|letters|spam|newsletter|newsletters|completely|messages|mailings
stop|quit|cease emailing|mailing|spamming|contacting|bothering|pestering|messaging
stop|quit|cease sending .. me|us|these|this|those|them|your|emails|mails|letters|it
stop them|these|this completely|immediately|now|please|forever|coming|emails|mails
do|does|please not|never email|emails|mail|mails|contact|write|message|send .. me|us|again|anything|any|ever|anymore|emails|mails
don't|dont|never|not ever|you|please|to email|mail|contact|write|message|bother me|us|again|here|anymore|ever
don't|dont|never email|mail|contact|write|message|bother
don't|dont|not want .. mail|mails|email|emails|letters|newsletter|newsletters|messages|these
don't|dont|not wish|want|care to .. receive|get|hear
suppress .. address|email|domain|us|me
opt|opting me|us|out
opt out
no more mail|mails|email|emails|letters|messages|newsletters
cancel .. subscription
leave me|us alone
lose my|our|this address|email|number
forget my|our address|email
how|where .. turn|switch|opt|get .. these|this|your|them .. off|out
how|where .. opt out
withdraw .. consent
i|we|i'll|we'll|i've|we've|i'm|will .. reported|report|reporting|mark|marked|marking .. as|to .. spam|phishing|ico
abmelden|austragen|abbestellen
aus dem|ihrem|eurem verteiler|liste|newsletter
keine .. mails|emails|werbung|newsletter|nachrichten mehr
keine weiteren|weitere mails|emails|werbung|newsletter|nachrichten
löschen|streichen .. mich|adresse|daten
не шли|пиши|присылай ты .. мне
cease|stop all|any|further|your .. communication|communications|contact|correspondence|emails|mailings|messages|marketing
object .. to .. processing|marketing|mailings
no further .. messages|emails|mails|mailings
strike|remove|delete|erase this address|email
remove|delete|take|strike him|her|them from .. list|lists|mailing|database|records
don't|dont send .. more .. of .. these|mails|emails
retirer|retirez|supprimer|supprimez|désinscrire .. liste|base|fichier|diffusion
ne .. veux|souhaite|souhaitons|voulons plus|pas .. recevoir
usunąć|usunięcie|wykreślić .. adres|mnie|nas|bazy|dane
nie wysyłać|przysyłać|pisać|wysyłajcie|przysyłajcie .. więcej|żadnych|ofert|maili|wiadomości
desuscríbame|desuscribirme|elimine|eliminen|borrar .. de|mi|mis|lista|correo
cancellatemi|cancellate|rimuovete|rimuovetemi|disiscrivere|disiscrivetemi
désabonne*|désabonner|désinscri*
ne plus|m'écrivez recevoir|m'écrire|me|plus
retirez|supprimez .. moi|adresse|liste
baja de .. lista|boletín|newsletter|suscripción|correo|correos
darme|dar|deme|denme de baja
no me|nos escriban|envíen|manden|escriba|envíe .. más
wypisz*|wypisać|wypisanie
proszę .. usunąć|usunięcie|nie wysyłać|pisać|wysyłać
відпишіть|відписати
не пишіть|надсилайте|турбуйте
видаліть .. мене|адресу|пошту
жазбаңыз|жібермеңіз`)

// stayRule are negations of such requests.
var stayRule = phrases(`
не отписывайте|отписывать|удаляйте|удалять|исключайте|исключать|убирайте|вычеркивайте
не хочу|хотел|хотела|собираюсь|собирался|просил|просила|думал .. отписываться|отписаться|отписывать|удалять
не отписывался|отписывалась|отписываюсь|отписались|отписался
don't|dont|not|never|didn't|didnt|won't|haven't .. unsubscribe|unsubscribed|unsubscribing|remove|delete|opt|stop
don't|dont|do not stop
without unsubscribing
keep sending|writing|them|emailing
you|why never|don't|didn't|not|did|do
stop by|in|over|at
попало|попали|попал|угодило|оказалось|лежало|упало|нашла|нашел|было .. в .. спам|спаме
found|was|went|landed|ended .. in|to|into .. spam|junk
на .. хватит
хватит на|до|нам|пока`)

// likelyRule are words after which a person should decide.
var likelyRule = phrases(`
стоп|хватит|достали|надоели|надоело|воздержитесь|приостановите|притормозите|притормозим|приостановим|завязывайте|спам|спама|спамите|рассылка|рассылку|рассылки|рассылок|отписка|отпишусь
не предлагайте|присылайте|шлите|беспокойте|звоните|отвлекайте|тревожьте
слишком|очень|так .. часто|много
часто пишете|присылаете|письма
реже|пореже|поменьше
паузу|перерыв в|между|с .. письм*|переписк*|рассылк*
без рассылок|рекламы|спама
писать|присылать|слать .. не надо|нужно|стоит|имеет
не надо|нужно|стоит|имеет .. писать|присылать|слать|смысла
откуда .. адрес|почта|почту|email|контакт|контакты
на каком основании
no more webinars|invites|invitations|brochures|offers|ads|advertising|marketing
may not receive
enough|spam|spamming|newsletter|newsletters|mailing|mailings
hold off|fire
no|not point|use|much|any|sense .. writing|mailing|sending|emailing
less often|frequent|frequently|mail|mails|emails
too|so many|often|much|frequent|frequently
cut down|back
rather not
not before|until|till
don't|dont|do not|stop|please write|send|email|mail|contact|sending|writing|emailing|mailing
больше не надо|нужно
blacklist|blacklisted
не тратьте|трать .. время|силы|бумагу
беспокоить|тревожить|отвлекать|звонить .. не надо|нужно|стоит|имеет
не надо|нужно|стоит .. беспокоить|тревожить|отвлекать
давайте|лучше без .. писем|рассылок|рассылки
остановитесь|остановись|притормозите .. с
save yourself|your .. effort|time|trouble|breath|stamp
prefer|rather not .. sold|emailed|mailed|contacted|bothered|hear
leave me|us out
stop with
knock it off
refrain from
fewer|less .. letters|mails|emails|messages
don't|dont|not need .. invitations|invites|mailings|mails|emails|offers|letters
pause this|these|it|the|your
pause|suspend|slow|ease .. letters|mails|emails|mailings|down|up
in peace
write|writing|letters|letter|email|emails|mails .. every day|week|month
once a quarter|month|year
unsolicited
zu viele|oft|viel
moins souvent
menos correos|emails`)

// alwaysRule says that a time is no condition: "not now, not ever".
var alwaysRule = phrases(`
ever|never|anymore|completely|permanently|forever|altogether|later|again|immediately|at once
больше|никогда|вообще|совсем|навсегда|впредь|немедленно|полностью`)

// timeRule makes a request one for a time.
var timeRule = phrases(`
пока|раньше|временно|сейчас|летом|осенью|зимой|весной|до|месяц*|недел*|квартал*|года|году|рано|позже|потом
now|yet|until|till|before|while|moment|today|week|weeks|month|months|quarter|year|season|summer|winter|spring|autumn|later
vorerst|zurzeit|derzeit|momentan`)

// partRule makes a request one for a part: of letters, topics, addresses, ways.
var partRule = phrases(`
кроме|только|лучше|вместо|реже|часто|чаще|каждую|каждый|каждые|раз|если|чем|общих|массовых|шаблонных|разве
а вот|про|на|по|лучше|пишите|звоните
но .. пишите|присылайте|звоните|интересно|можно|готов|готовы|давайте|буду|будем
звоните|позвоните|наберите|перезвоните|whatsapp|телеграм|telegram|мессенджер
по вебинар*|этому|этой|данной|данному|факсу|почте|тендер*|масл*|акци*
пишите|присылайте|шлите на|по|про|о|об|ему|ей|им|туда
на|по|@ @
счет|счета|счетов|оригинал*|документ*|образц*|бумажн*|каталог*|прайс|прайсы|кп|вложени*|приглашен*|анонс*
but|only|except|instead|unless|rather|if|often|frequently|many|much|every|unlikely|though|however
about|from .. webinars|webinar|audit|newsletter|events|audits|parts|oil|it|that
event|events|webinar|webinars|invites|invitations|brochures|invoice|invoices|quote|sample|samples|attachment|attachments|offers
call|phone|ring|text me|us|instead|him|her`)

// backRule takes something back in the next sentence.
var backRule = phrases(`
^ но|а|лучше|только|зато|хотя
пишите|присылайте|шлите|звоните|давайте|позвоните|может
^ but|only|instead|however|though|maybe|just
yes|send|call|instead`)
