package inbound

// peopleRules are what people say who answer, and machines do not.
var peopleRules = []answerRule{
	{"asks", -4, phrases(`
^ а .. можно|есть|будет|сколько|как
^ какой|какая|какие|сколько
уточните|поясните|подскажите|подтвердите|скажите
^ could|can|would|do|does|did|is|are|will you|it|there|that|we|your
^ how much|many|long|does|do|is|are|about
^ what is|are|does|do|about|would|kind`)},
	{"speaks of us together", -6, phrases(`
good|nice|great|lovely|pleasure to meet|see|hear|talk you|to|with
and to you
same to you
^ enjoy the|your break|holiday|holidays|weekend|evening|rest
speak|talk|meet in the new
action items
рад|рада|рады .. встрече|знакомству|познакомиться|слышать
и вас .. наступающим|праздником|праздниками
взаимно`)},
	{"does something for us", -6, phrases(`
я|мы .. его|её|ее|их ящик|почту|письма разбираю|читаю|веду|проверяю
адрес|телефон|контакт|контакты|номер дам|скину|сброшу|перешлю
шлите|пишите|присылайте сюда|сюда`)},
	{"asks for something", -5, phrases(`
пришлите|вышлите|скиньте|отправьте|направьте|перешлите|посчитайте|считайте|расскажите|скажите|объясните|опишите|приложите|позовите|включите|внесите|ответьте|рассчитайте|подготовьте|перезвоните|наберите|запишите|добавьте|приезжайте|заезжайте|сделайте|предложите|дайте|держите|оформите|выставьте|напомните|покажите|сообщите|приготовьте|свяжитесь|уточните|удалите|отпишите|уберите
давай|давайте
не|больше пишите|присылайте|звоните|шлите|беспокойте мне|больше|нам|пока
жду|ждем .. предложен*|кп|счет|расчет|цен*|звон*|прайс|чертеж|ответ
send|give|show|tell|quote|book|sign me|us|over|along
^ send it|the|a|your
send .. quote|price|offer
call me|us|him|again
let's|let us|me know
remove|unsubscribe|stop me|us|sending|emailing
i|we need|want|would|prefer|like
bitte .. schicken|melden|anrufen
envoyez
proszę przesłać|o`)},
	{"tells us to do something", -4, phrases(`
^ send|bring|quote|book|count|sign|show|explain|attach|add|remind|schedule|pencil|ping|convince|prove|lower|beat
please|just|and|but|so|then send|bring|quote|book|count|give|show|explain|attach|include|add|remind|schedule|ping|ring
^ call|phone|ring|tell|keep me|us
count|sign|put|include|add me|us
come by|over|round|wednesday|monday|tuesday|thursday|friday
works|suits me|fine|well|meet
meet me|us|at
sorry for late
i'd|we'd take|like|love|want|need|have|prefer|order|buy|go
^ приезжайте|заезжайте|приходите|везите|давай|высылайте|привозите|считайте`)},
	{"promises something", -4, phrases(`
see you monday|tuesday|wednesday|thursday|friday|tomorrow|there|at|then|next
let's|lets|will meet|talk|do|call|speak
meet on|at|you
monday|tuesday|wednesday|thursday|friday|tomorrow|that is|works|sounds|would fine|good|ok|okay|great|best|perfect
i'll|i|we'll will|call|come|visit|drop call|you|by|round|over
will call|come|visit you|today|tomorrow|by
i'll|we'll call|phone|ring|visit|come|pass|forward
forwarded|passed|handed to|on|it|this
talk|speak to
позвоню|перезвоню|наберу|приеду|подъеду|заеду|заскочу|передам|перешлю|переслал|переслала|изучу|изучим|рассмотрим
подтверждаю|подтверждаем|оплатил|оплатили|подписал|подписали|согласовал|согласовали|получил|получила|получили
жду|ждем вас|тебя .. в|во|на|к|офисе|цеху|заводе
этим|этими|данным занимается|занимаются|ведает
изучаем|думаем|считаем|согласуем|смотрим`)},
	{"speaks for itself", -2, phrases(`
мне|нам|мною|нами
хочу|хотим|хотел|хотела|хотели|хотелось|планируем|берем|возьмем|закажем|купили|покупаем|пользуемся|ставим|стоят|стоит|получил|получила|прочитал|прочитала|прочел|прочла|посмотрел|посмотрела|видел|видели|изучил|изучили
подрядчик|поставщик|поставщика|конкурент*|тендер|смета|договор|гарантия|модель|мощность|давление|наработка
we've|we'd|i'd|i've|i like|love|hate|doubt|wonder|guess|suppose|think
our|my compressor*|machine|machines|budget|supplier|contractor|unit|units|dryer
too|very|pretty|quite expensive|cheap|small|big|late|old|new
expensive|cheap|cheaper|overpriced|worth|warranty|specs|supplier|contractor|contract`)},
	{"denies that it is automatic", -9, phrases(`
не|no|not|isn't|ain't автоответ|робот|бот|автоответчик|automatic|automated|autoreply|robot|bot|autoresponder
no|not|isn't|ain't|never a|an|the automatic|automated|autoreply|robot|bot|autoresponder
i'm|am .. real one|person|human
я .. живой|живая человек
human here
despite|ignore|forget|disregard .. out|auto|ooo|autoreply`)},
	{"speaks of somebody else who is away", -4, phrases(`
наш|наша|наши|мой|моя|все|всё|ответственный|ответственная .. директор|руководитель|начальник|шеф|бухгалтер|инженер|энергетик|механик|снабженец|технолог|коллега|бригада|главный .. отпуске|командировке|больничном|болеет|отсутствует
директор|руководитель|начальник|шеф|бухгалтер|энергетик|механик|технолог .. в|на отпуске|командировке|больничном
our|my|the boss|director|manager|engineer|accountant|colleague|buyer|technician .. is|are on|away|out|off
his|her|their vacation|holiday|leave`)},
	{"was away", -4, phrases(`
был|была|были .. отпуске|командировке|больничном|отъезде
вышел|вышла|вернулся|вернулась|вернулись из|с отпуска|командировки|больничного|отпуска
только|уже|вчера|сегодня вернулся|вернулась|вышел|вышла
отпуск кончился|закончился|прошел
теперь вышел|вернулся
was|were|been|just .. on|out|away vacation|leave|holiday|of|sick
just|now|finally|already return|returned|back|got
i'm|i|am back now|already|today
just got|came|returned back|from
got back
got your out
your|ваш out|автоответ*`)},
	{"answers", -3, phrases(`
^ да|ок|ага|хорошо|согласен|согласна|супер|понял|поняла|договорились|интересно|конечно|заезжайте|добро|годится
^ нет спасибо|не|нам|у|интереса|мы|это
^ можно в|во|на|и|ли|по
^ спасибо .. за|но|не|нам|мы предложение|надо|нужно|интересно|наш*
неинтересно|неактуально
не интересно|актуально|нужно|надо|подходит|подойдет|требуется|готовы|планируем|рассматриваем
заеду|подъеду|переслал|переслала|перешлю|показал|покажу
обсудим|подумаем|обговорим|подумаю|решим|созвонимся
вернемся к этому|теме|вопросу|письму
вернусь к письму|вопросу|теме|этому
ваше|ваш|вашу|вашим расчет|кп|аудит|услуг*
кп|смет*|бюджет*|прайс*|дорого|скидк*|ндс
у нас|меня стоит|есть|свой|свои|своя
вы|вашу|вашего|вашей|вами|вам|ваши пишете|предлож*|презентац*|каталог*|статья|статью|расчет*
но|а|и .. кп|предложение|расчет|цену|прайс
^ ok|okay|sure|sounds|agreed|nope|yep|yeah|interesting
thanks|thank but|not|no
no thanks|thank|interest
not interested|relevant|needed
^ yes please|we|i|it|but|send|that|the|let's|sure|of
but yes|send|we|ok|sure
looks|sounds good|interesting|great|fine
quotation|budget|pricing|discount
we use|need|run|had|bought|switched
i'll|we'll discuss|talk|consider|decide|think
i|we will discuss|talk|consider|decide|think
your offer|audit|product|price|article|webinar|guide
^ ja|nein
kein interesse`)},
}
