package inbound

// machineRules are what machines, and the people who set them up, say in the new text.
var machineRules = []answerRule{
	{"says that it is automatic", 8, phrases(`
автоответ|автоответчик|автоответа|автоответчика
автоматическ* ответ|ответы|сообщение|уведомление|письмо|рассылка
автоматически сформирован*|создан*|отправлен*
сформирован*|создан*|отправлен* автоматически
это|вам|отвечает|пишет .. робот|бот|автосекретарь|автоответчик
автосекретар*|автоинформатор*
не|нет нужно|надо|необходимости отвечать на это|данное
на это|данное письмо|сообщение отвечать не|нет
automatic|automated|auto|automatically reply|response|generated|message|answer|email|acknowledgement|notification|sent
autoreply|autoresponse|autoresponder|autoresponse
this|i'm .. bot|robot
mailbox|inbox|account|address .. replies|answers|responds automatically
mailbox|inbox|account .. is answering|replying for me|us
confirmation|notification|acknowledgement|reply is sent once
receiving this notification|message|mail|confirmation because
do not|don't reply|respond to this
please do not reply
this mailbox|inbox|address is not|no monitored|longer|read|in
is|are not monitored
unmonitored
only notification you will
automatisch|automatische generiert|antwort|nachricht|erstellt
réponse automatique
respuesta|mensaje automática|automático|automatico
automatyczna odpowiedź
wiadomość automatyczna
автоматична відповідь|повідомлення
автоматты`)},
	{isAway, 4, phrases(`
в|во очередном|ежегодном|отпуске|отпуск|командировке|командировку|декретном|декрете|декрет|отъезде|разъездах
ухожу|ушел|ушла|уходим|нахожусь|находимся|нахожусь .. отпуске|отпуск|командировке|больничном|декрет|декретном|каникулы
на больничном|выезде|учебе|обучении|сессии|сборах|конференции|выставке|форуме|семинаре|объекте|море|даче|вахте|рыбалке|праздниках|каникулах|карантине|стажировке|лечении|операции
^ отпуск|командировка|декрет|больничный|конференция|выставка|каникулы|рыбалка|выходные|праздники|обучение|учеба
отпуск с|до|по|#|на|у
командировка|командировки в|до|по|с|на|#
меня|нас|его|ее|сотрудника не будет
меня|нас нет|нету в|на|до|по|с
отсутствую|отсутствует|отсутствуем|буду отсутствовать
буду|будем отсутствовать|недоступ*|вне|в отпуске|командировке
не в|на офисе|работе|месте|рабочем
вне|без офиса|связи|сети|интернета
праздничный|нерабочий|выходной день
офис|компания|предприятие|склад|отдел|мы|завод .. закрыт*|отдыха*|не работа*
заболел|заболела|приболел|приболела|болею|лежу
загораю|отдыхаю|отдыхаем|гуляю|гуляем|рыбачу|рожаю|лечусь|путешествую|странствую|кочую
уехал|уехала|уезжаю|улетел|улетела|улетаю|укатил|укатила|сбежал|умотал
медовый месяц|отпуск
каждому свое время
вахта|межвахта|межвахтовый|сенокос|посевная|уборочная|переезд
праздники|каникулы|выходные
не ищите|теряйте меня
on|taking|from vacation|holiday|holidays|leave|pto|sabbatical|sick|maternity|paternity|parental|annual|furlough|jury|honeymoon
out of office|the|town|country|my
ooo|oof
i'm|i|am|currently|be|is|are .. away|out|offline|unavailable|absent|traveling|travelling|abroad
^ away|out|off|traveling|travelling|gone|closed|offline|ooo|sick
gone fishing|sailing|hiking|camping|skiing|hunting|to|for|away
bank|public|national|school|skiing|summer|winter|company|christmas|easter holiday|holidays|break
on site|retreat|tour|course|call|maneuvers|safari|cruise|assignment|training|strike|sabbatical|standby|stage
at sea|court
at a|the|my .. conference|fair|show|expo|exhibition|congress|hospital|funeral|wedding|beach|cabin
in court|hospital|surgery|transit|training|labour|labor
on|taking|from|my day|days|week|weeks|time off
half|spring|fall|mid term|break|semester
in and out
down for
i'm|is .. stocktaking|vacationing
long|race|bank weekend
not in|at the|my|office|work|desk
office|offices|plant|shop|factory|are|is|be|remain|remains .. closed|shut
we|office|offices|plant|shop|factory close|closes|shut|shuts .. for|from|until|till
closed|shut|closing for|from|until|till|between|over|this|next|today|tomorrow
will not be .. available|office|reading|checking
away until|till|from|for|through|on
off|out until|till|through
^ off|out for|on|from
nicht|außer im|haus|büro|zu
im|in|auf urlaub|elternzeit|dienstreise|mutterschutz
urlaub bis|vom|von
abwesend|krankgeschrieben|betriebsferien
en|in congé|congés|vacances|déplacement|vacaciones|ferie|viaje
absent|absente|assente|ausente
fuera de|del la|oficina|despacho
nie ma mnie|nas
na urlopie|zwolnieniu|delegacji|macierzyńskim
poza biurem
jestem|będę nieobecn*|poza
у|в відпустці|відрядженні
на лікарняному
відсутній|відсутня
op|met vakantie|verlof|zakenreis
afwezig|vakantie|kantoor .. gesloten
semester|föräldraledig|bortrest|ferie|ferien|permisjon|syg|borte
lomalla|poissa
dovolená|dovolenej|dovolené
szabadságon
em férias|viagem
estoy|estaré fuera|ausente|de
демалыста*|іссапарда*|еңбек`)},
	{awayFor, 3, phrases(`
урок|уроке|уроки|лекции|лекция|эфире|эфир|репетиции|репетиция|театре|диссертацию|совещании|совещание|заседании|дежурстве|дежурство|смене|зимовке|раскопках
абонент|временно недоступ*|вне
без почты|связи|интернета|телефона|света
отключили|отключен*|сломал*|чинят|авария
переехали|переезжаем
teaching|lecturing|driving|performing|rehearsing|touring|deployed|dissertation|thesis|exams|exam|class|classroom|meetings|rotation|onboard|seminar
in the field|air|lab|studio|theatre|theater|classroom|operating|workshop|greenhouse|cellar|dark|woods|bush|garden|desert|sky|mine|pit
bad|poor|patchy|spotty|no reception|coverage|signal|connection|network|internet|wifi
свадьба|свадьбе|свадьбу|свадебное|роддом|роддоме|роды|родилась|родился|родили|пополнение|юбилей|похороны|похоронах|траур|субботник
море|моря|горы|горах|лес|лесу|тайга|тайге|поход|походе|байдарка|сплав|экспедиция|экспедиции|рейс|рейсе|плавание|круиз|пляж|пляже|дача|дачу|огород|картошка|картошку|баня|сауна
рыбалка|рыбалку|охота|охоту|охоте|грибы|ягоды|лыжи|лыжах|шашлыки|самолет|самолете|перелет|роуминг|роуминге|отель|турция|сочи|таиланд|крым|алтай|байкал
операция|операции|больница|больнице|госпиталь|госпитале|реабилитация|карантин|карантине|грипп|ковид|орви|температура|температурой|перелом|гипс|простуда|зуб|врача|врачу|санаторий|санатории|лечение
сборы|сборах|военкомат|армия|армии|сессия|экзамен|экзамены|диплом|курсы|курсах|учеба|стажировка|тренинг|форум|конгресс|гастроли|гастролях|съемки|съемках|соревнования|турнир|олимпиада
инвентаризация|инвентаризации|переезд|переезжаем|переехали|субботник|учет|санитарный|ремонт|остановочный|планово-предупредительный|технический перерыв|день|ремонт
вахта|вахте|вахту|смена|смены|сменный|график|буровой|буровая|полигон|полигоне
новый|новогодние|новогодний|майские|рождество|рождественские|пасха|масленица|сабантуй|курбан|наурыз|рамадан|навруз год|каникулы|праздники
день победы|народного|россии|защитника|строителя|металлурга|рыбака
праздник|праздника|праздником|праздники|праздничные|каникулы|отгул|отгулы|отгуле|выходной|выходные|выходных
декрет|декрете|декретный|пенсия|пенсии
wedding|honeymoon|baby|newborn|funeral|surgery|hospital|jury|graduation|birthday|anniversary|christening|bereavement|recovering|flu|covid|fever|dentist|clinic|ward
beach|sea|lake|mountains|mountain|island|islands|forest|cabin|cottage|camping|hiking|trekking|skiing|sailing|fishing|hunting|surfing|diving|cruise|safari|caravan|tent|sauna|pilgrimage|retreat|caribbean|alps|spain|greece|italy|hawaii|bali
harvest|lambing|calving|milking|shearing|haymaking|sowing|stocktake|stocktaking|inventory|relocation|relocating|moving|shutdown|outage|turnaround|retooling|refit|maintenance
holiday|holidays|vacation|vacationing|sabbatical|leave|furlough|easter|christmas|thanksgiving|xmas|diwali|eid|ramadan|carnival|passover|hanukkah|shabbat|sabbath|midsummer|juneteenth|ferragosto|halloween|halloween's|solstice
labor|labour|memorial|independence|presidents|presidents'|veterans|columbus|boxing|new|national|constitution|liberation|victory|republic|st|saint|children's|mother's|father's day|year|year's|years
half|spring|summer|winter|autumn|fall|school|lunar|chinese|golden|ski term|break|closure|recess|holiday|week|festival
strike|storm|hurricane|flood|snow|blizzard|snowed|power|evacuated|earthquake cut|outage|day|in|watch|prep
reserve|army|military|guard|navy|conscription duty|service|training|exercise|exercises
part time
shift|shifts|nights|rota|roster
fishin'|huntin'|outta|off-grid|offgrid|unplugged|airplane|plane|flight|aboard|airborne
urlaub|ferien|krank|kur|messe|fortbildung|schulung|feiertag|feiertage|fasching|weihnachten|ostern|pfingsten|inventur|umzug
vacances|congés|férié|pâques|noël|grève|formation|salon|maternité
vacaciones|puente|festivo|navidad|semana santa
vacaciones|feria|baja|festivo|navidad
urlop|majówka|święta|wielkanoc|chorobowe|szkolenie|delegacja
ferie|påske|jul|sommerferie|fellesferie|juhannus|loma|hiihtoloma|lomalla|semester|midsommar
dovolená|svátek|szabadság|tatil|bayram|izin|vakantie|pasen|koningsdag|ferragosto|pasqua|férias|feriado
відпустка|свято|лікарняний|великдень|мереке|наурыз|демалыс`)},
	{ofMail, 1, phrases(`
дома|офисе|офис|офиса|кабинете|магазин|склад|цех|цеху|контора|конторе|секретарь|дежурный|сменщик|напарник
неделя|неделю|недели|неделе|выходные|лето|лета|осень|зима|весна|утром|вечером|ночью|днем
дети|ребенок|сын|дочь|дочка|сына|дочки|мама|муж|жена|семья|кот|собака
спит|спим|сплю|пьем|поем|танцуем|сажаем|копаем|красим|чиним|строим|считаем|празднуем|отмечаем|болеем|скоро|тихо|тишина|пусто
office|desk|home|store|shop|plant|crew|team|staff|colleague|kids|family|daughter|son|wife|husband|dog|cat
week|weeks|summer|winter|autumn|spring|morning|evening|night|noon|dawn|days
asleep|sleeping|resting|celebrating|mourning|praying|painting|digging|planting|building|counting|singing|dancing|quiet|silence|empty
wir|nous|estamos|jesteśmy|woche|semaine|semana|tydzień
сегодня|завтра|временно|скоро|вскоре|позже|после|пока
портал|сайт|форму|форме|общий|дежурный|дежурная|приемной|связь|связи|интернет|интернета
today|tonight|tomorrow|shortly|soon|temporarily|later|meanwhile|portal|website|form|duty|reception|signal|internet|wifi|phone|mobile
почта|почту|почте|почтой|ящик|ящика|ящике|письмо|письма|письмам|писем|сообщение|сообщения|обращение|обращения|корреспонденция|корреспонденцию|канцелярия|приемная|секретарь
отвечу|ответим|ответ|ответы|отвечаем|отвечаю|ответит|ответят|перезвоню|перезвоним|свяжусь
понедельник|понедельника|понедельникам|вторник|вторника|вторникам|среда|среду|средам|четверг|четверга|четвергам|пятница|пятницу|пятницам|выходным|будни|будням
никого|никто|некому|терпение|терпения|ждите|наберитесь|потерпите
хорошего|хорошей|удачного|доброго|прекрасного дня|недели|лета|настроения|вечера|отдыха
увидимся|услышимся|спишемся|до скорого|скорой|встречи|связи
часы|время|режим|график приема|работы
mail|mails|email|emails|inbox|mailbox|message|messages|letters|post|correspondence|voicemail
answer|answers|reply|replies|respond|response|responses
monday|tuesday|wednesday|thursday|friday|mondays|tuesdays|wednesdays|thursdays|fridays|weekdays|weekend|weekends
nobody|nothing|patience|patient|eventually|meanwhile|till|until|emergencies|emergency|urgent|urgently
happy|merry|enjoy|cheers|bear with
see you soon|then|on|in|again
hours|open|closed|shut
nachricht|anfrage|réponse|message|mensaje|correo|wiadomość|poczta`)},
	{isBack, 2, phrases(`
снова|опять с|на вами|связи|месте|работе|здесь|в
до встречи
hear from me|us
pick this|it up
we|i|normal|regular|store|shop|hours .. resume|resumes|begin|open|opens|answer|reopen|rise
yours|working|open|opens|around|in again
again on|from
first day back
home|docking|landing on|the|#|january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday
in|in. on monday|tuesday|wednesday|thursday|friday
properly in
at the earliest
kehre zurück
nazaj|terug|tilbake|tilbage|tillbaka|takaisin|zpět
вернусь|возвращаюсь|выхожу|выйду|вернемся|вернется|возвращение|возвращения|возвращении|вернус
буду на|в|снова|доступ*|связи
на связи|работе|месте .. с|снова
снова на|в|здесь
дата выхода
отвечу|ответим|отвечаю|свяжусь|прочту|разберу
по возвращении
надеюсь быть
back on|in|at|monday|tuesday|wednesday|thursday|friday|the|#|next|after|to|from|tomorrow
be back
^ back
return*|returning|reopen*|resumes
will|i'll respond|reply|answer|get|read|be
wieder|zurück|rückkehr
de retour|retour|reviens
vuelvo|regreso
wracam|wrócę|powrót
повернусь|повертаюсь
оралам*`)},
	{"sees letters seldom", 4, phrases(`
доступ* к|в почте|почту|интернету|сети ограничен*
ограничен* доступ*
почту .. редко|нерегулярно|урывками|раз|не
почта|почту|письма урывками|нерегулярно|редко
связь плохая|нестабильн*|ограничен*
связи нет
отвеча* с|медленно|возможна|возможны|могу задерж*|задержк*|не
не|больше читаю|проверяю|смотрю почту|письма
читаю|проверяю|смотрю|разбираем|проверяем|разбираю .. почту|ящик|ее|его|письма .. раз|по|дважды|редко
limited|no|little|intermittent|sporadic|restricted access|connectivity|internet|email|wifi|signal
check|checking|read|monitor|monitoring .. email|emails|mail|mailbox|inbox|messages .. irregularly|rarely|occasionally|once|twice|only|intermittently|infrequently|sporadically
my response|replies|reply|responses may|will be delayed|slow|slower
slow to respond|reply
limited access
kein zugriff`)},
	{"has left", 6, phrases(`
moved on to
в|у .. не состою|числюсь
уже не в|на|у|работ*
теперь в|на другом|другой|другом|пенсии
больше не|здесь работает|работаю|пользуется|является
не работает|работаю больше|в|у
не работает|работаю в|у больше|нашей|компании|нас|данной
уволен|уволился|уволилась
покинул|покинула|оставил|оставила компанию|должность|пост|организацию
переведен|переведена|перешел|перешла в|на
ящик|адрес|почта .. не используется|обслуживается|действует|читается|проверяется
почтой .. не пользуется
no longer working|works|work|with|employed|employee|at|in|part|monitored|used|use|active|valid|exists|exist|available|checked|read|handle|handles|manage|responsible|responsible|here|member|represent|associated
isn't|not .. any longer|more
left us
^ mr|mrs|ms|dr|our .. passed away
скончался|скончалась|умер|умерла
ушел|ушла на|от|из пенсию|нас|компании|организации
новая|новой|новый почта|почту|почте|email|ящик
новый адрес .. @
адрес|почта|домен сменил*|изменил*|поменял*|переехал*|больше
new|my address|email|mailbox is
has moved|changed|retired
^ retired
i retired
i have|am|'ve retired
changed roles|jobs|job
has|have left the|our|us|company
is|am retired
nicht mehr im|bei|für|tätig|in
ne travaille plus
ya no trabaja
nie pracuje
більше не працює`)},
	{"confirms that it came", 5, phrases(`
ваш|ваша|ваше .. в обработке|очереди|работе
заявка|обращение|тикет|запрос # открыт*|создан*|принят*|закрыт*
адрес|ящик|почту .. разбирают|читают|читает|разбираем|просматривают
рассматривает|рассматриваем|рассматриваются|принимает|принимаются .. только|через
we|we've got it|your|this
human|person|someone|somebody .. will look|read|reply|answer
in line|queue
read by
are|is handled by|through|via
we'll|i'll|will|shall|someone|somebody .. answer|reply|respond soon|shortly|in
inbox is
line is|open
this|your note|message|email was generated|received|logged
written matters
ihre|ihr .. eingegangen|erhalten
ваше|ваш|ваша|ваши .. получен*|принят*|зарегистрирован*|доставлен*|передан*|задержан*|поступил*|будет|направлен*|рассматрива*|поставлен*|попал*
обращение|заявка|запрос|письмо|сообщение .. получен*|принят*|зарегистрирован*|доставлен*|передан*|задержан*|поступил*|создан*|попало
письму|обращению|заявке|запросу присвоен*
мы|нами получили|получено ваше|письмо
с вами свяж*
наш|наши менеджер|специалист|сотрудник|оператор|менеджеры|специалисты .. свяж*|ответ*
мы|специалист свяжемся|ответим вам|с|в|на
исполнитель будет назначен
принято|принята|взято в работу
спасибо что написали|обратились
обязательно|скоро|вскоре ответим|свяжемся|прочитаем|прочтем|разберем
ожидайте|очередь|очереди|номер обращения|заявки|талон
message|mail|email|request|enquiry received|accepted|queued
someone|somebody|team .. will|from|shall|reads
we|i read|have .. every|your message|mail|email
important to us
support team
in the queue
документ|обращение|письмо .. поступил*|ожидает|зарегистр*
срок рассмотрения|ответа
в ближайшее время
время|часы|график|режим работы
подтвердите .. что|отправку|письмо|адрес
перейдите по ссылке
your .. received|registered|assigned|logged|delivered|held|queued|noted|hold
have|has received|got your
we received|got your
has been received|logged|created|registered|assigned
ticket number|id|#|no|has|was
case|reference|request number
will|shall|we'll|i'll be|get|respond|reply|come|answer .. shortly|soon|within|hours
will|shall|we'll|i'll be|get|respond|reply|come|answer .. as soon
within .. hours|business|working|days|day
in touch|contact shortly|soon
we're on it
opening|office|business|working hours
click|follow .. to|once|link|here deliver*|confirm|verify|it|once
are not read
register at
vielen dank für ihre
ihre anfrage|nachricht|ticket
merci de nous avoir
votre message|demande .. reçu|reçue|enregistrée
gracias por contactar|su|ponerse
hemos recibido`)},
	{standIn, 2, phrases(`
срочн*|экстренн*|неотложн*|аварийн*|авария|аварии
urgent|urgently|urgencies|emergency|emergencies|urgence|dringend|urgente|pilne
срочное|срочно|горит|неотложное
кому срочно|невтерпеж|горит
найдите|ищите|спросите|спрашивайте
за все|меня отвечает|остается|остался|осталась|рулит
ask for
in a hurry
is|are covering|minding|holding|standing|looking|on standby|in|after|the
holds the fort
for .. queries|emergencies|emergency|orders|parts
emergencies only
urgent matters|issues|questions|requests
is your man|woman|person
will sort you
can|will help|point|assist you|with
prend le relais
mein vertreter|vertreterin
mail|hit|try|reach|ask|ring .. @
als het brandt|dringend
по|в|при срочн*|всем|неотложн*|экстренн* вопрос*|случа*|дел*
замещает|замещать|заменяет|подменяет|замещающ*
вместо|за меня
в|на мое|время отсутстви*|отпуска
мои|мои обязанности
обращайтесь|обращаться|пишите|звоните к|на|по|в|@|пока|писать
если срочно|горит|пожар
in my absence
for|in|if|anything urgent|emergency|emergencies|immediate
please|kindly|you contact|reach|email|call
contact my|@
covering|filling for
in dringenden fällen
vertretung|vertritt
en cas d'urgence
en caso de urgencia|urgente
w pilnych|sprawach
з|у термінових`)},
}
