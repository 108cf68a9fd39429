package inbound

// moreOfPeople is what people say of business, of each other and of our letters, and
// machines, which know neither, do not.
var moreOfPeople = []answerRule{
	{"has got it, in its own words", -4, phrases(`
^ принял|приняла|приняли|принято|получил|получила|получили|понято|понял|поняла|поняли|учтем|учту|увидел|увидела|увидели|прочитал|прочитала|посмотрел|посмотрела|записал|записала
^ спасибо|благодарю .. получил|получила|получили|принял|приняла|приняли|понял|поняла|увидел|увидела|прочитал|прочитала|учту|учтем
письмо|письма|заявку|кп|предложение|расчет|документы|счет|каталог|прайс .. получил|получила|получили|принял|приняла|приняли|увидел|увидела|видел|видела|прочел|прочитал|прочитала|посмотрел|посмотрела
передал|передала|передали|отдал|отдала|отдали|показал|показала|показали|переслал|переслала|переслали|переадресовал|переадресовала|переправил|переправила|перенаправил|перенаправила
передам|передадим|передаю|передаем|отдам|покажу|покажем|перешлю|перешлем|доложу|поинтересуюсь|спрошу|уточню|уточним|узнаю|проверю|проверим|поговорю|сообщу|обдумаю|прикину
^ got it|this|that|your
^ noted|received|understood|cheers|ta|brilliant|lovely|perfect|excellent|roger|acknowledged|approved|agreed|confirmed|accepted
will do
passed|passing|handed|handing|forwarded|forwarding|sent|sending|shown|gave|given|put|pass .. it|this|them|your .. to|on|before|past
i've|i|we|we've read|looked|seen|saw|skimmed|watched|got|received .. your|it|this|the|them .. letter|offer|quote|catalogue|catalog|list|link|brochure|mail|email|price|prices`)},
	{"promises an answer", -3, phrases(`
вернусь|вернемся|вернется|возвращусь|отпишусь|отвечу|ответим .. к вам|этому|теме|вопросу|письму|вашему|обсуждению
отвечу|ответим|напишу|прочту .. подробнее|подробно|вечером|официальн*
вечером|утром|позже|чуть .. отвечу|прочту|посмотрю|напишу|перезвоню|наберу
вернусь|вернемся|вернется с ответом|решением|вопросами|комментариями|замечаниями|цифрами|информацией|обратной
дам|дадим|сообщу|сообщим|напишу|напишем .. ответ|знать|вам|решение|результат|позже|сам|сама|сами
свяжусь|свяжемся сам|сама|сами|как
get|come|be|getting|coming back to you .. by|on|next|with|this|tomorrow|once|later|early|before
i'll|will|we'll revert
i'll|we'll let you know
i'll|we'll have|take|give .. look|read|think|go
need|needs to check|ask|think|speak|talk|discuss
will|i'll|we'll check|ask|discuss|review|consider|think|speak|talk|look|see|show|pass|raise`)},
	{"looks at our letter", -4, phrases(`
посмотрю|гляну|ознакомлюсь|изучу|просмотрю|почитаю|посмотрим|ознакомимся|полистаю
прочту|прочитаю|прочитал|прочитала|прочел|распечатал|распечатала .. ваше|ваш|это|его|предложение|письмо|презентацию
look|looked|looking|read|study|go|going at|through|over|into it|this|your|the
read|reading it|this|your .. properly|then|on|when|with
saw|seen|read|reading this|it|your|that
looks|sounds useful|good|interesting|great|fine|nice|promising|expensive
will|i'll|we'll .. pick it|this .. up|again
it|letter|email|message|note came .. at|just|in|right|too
my|our .. attention|radar`)},
	{"argues", -4, phrases(`
but|would|them|him|who|which|because|though|still|either|yes|already
но|бы|же|ли|еще|нам|мне|поэтому|хотя|ведь|зато|вообще|разве`)},
	{"speaks of a firm", -6, phrases(`
we|company|plant|firm|shop no longer
инженер|снабженец|технолог|директор|руководитель|начальник|шеф|бухгалтер|механик|энергетик в|на .. отпуске|командировке|больничном|отъезде
увидимся|встретимся|встречи .. на .. выставке|форуме|конференции|стенде`)},
	{"wishes the same", -4, phrases(`
и вам|вас|тебе|тебя .. хорош*|удачн*|добр*|тоже|того|всего|с
и вам|вас|тебе|тебя|вам того|вам всего
взаимно
to|and|for you too|and|as|also
you too
same to you`)},
	{"means to talk", -4, phrases(`
можем|можно|могли|сможем|давайте|готов|готовы|тогда и|потом .. поговорить|созвониться|встретиться|обсудить|поговорим|созвонимся|встретимся|обсудим|вернемся
обсудим|созвонимся|поговорим|встретимся|определимся
вернемся|вернусь .. к .. разговору|этому|вопросу|теме
тогда и|только|уже
let's|lets
потом|тогда|после .. набирайте|звоните|пишите|приезжайте|присылайте
can|could|will|would you
that day|week|month
you're|you there|around|interested
appreciate|appreciated
no|nobody .. time
we|you|i can|could|might|may|should .. speak|talk|meet|discuss|decide|call
come|drop|pop on|by|in|over|round
then we|you
but .. still|now run|runs|works|buy|buys|doing|do|need`)},
	{"calls us a machine", -9, phrases(`
ваш|ваша|ваши|вашего|ваше|вашему .. автоотв*|робот|робота|роботы|бот|бота
your|these|those automatic|automated|autoresponder|robot|robots|bot|bots|autoreply
are you .. robot|bot|automatic|human|real`)},
	{"does it now", -5, phrases(`
теперь|сейчас .. занимаюсь|занимаемся|отвечаю|веду
я|мы .. этим|этими|закупками|снабжением|вопросом .. не занимаюсь|занимаюсь|занимаемся|заведую
i|we do|handle|run|manage|look|deal|took .. this|that|it|now
i .. retired|left .. but
i'm|i|we|am .. replacement|successor|new
i'm|i've|i .. took|taken|taking .. over|from`)},
	{"encloses something", -4, phrases(`
во вложении|вложение|приложении|аттаче|прикреплен*
прилагаю|прилагаем|прикладываю|прикрепляю|прикрепил|прикрепила|высылаю|высылаем|отправляю|отправляем|направляю|направляем|шлю|отсылаю
см .. вложени*|приложени*|ниже|файл*
attached|enclosed|enclosing|attaching|herewith
see|find below|attached|enclosed`)},
	{"writes a letter of business", -4, phrases(`
в ответ на ваш*|ваше|вашу|письмо|обращение|запрос
на ваш|ваше|вашу исх|письмо|запрос|предложение
рассмотрев|изучив|рассмотрели|изучили|рассмотрено|рассмотрен
просим|прошу|просьба .. предоставить|направить|выслать|прислать|уточнить|рассчитать|посчитать|рассмотреть|оформить|выставить|подготовить|перенести|скорректировать|назначить|организовать|изменить|продлить
предлагаем|предлагаю .. встретиться|созвониться|вам|провести|перенести|вернуться
настоящим|сим .. уведомля*|сообща*|подтвержда*|извеща* .. что .. наше|наша|ооо|ао|мы|о
вынужден|вынуждены|не имеем|считаем|полагаем
закупк*|закупаем|закупаться|тендер|аукцион|котировк*|лимит|лимиты|инвестпрограмм*|банкрот*|ликвидац*|спецификаци*|отгрузк*|предоплат*|отсрочк*|оплат*
in|with response|reply|reference|regard to your
further to
having reviewed|considered|studied
we|i regret|decline|accept|confirm|require|request|propose|suggest
po|purchase order|number|no|#
we're|we|is|are bankrupt|liquidation|insolvent|insolvency|administration|winding
quote|quotes|quotation|pricing|rfq|tender|payment|prepay|lead|moq|freight|incoterms .. for|time|times|terms|us|is|are|closes`)},
	{"turns us down", -4, phrases(`
не по адресу
ошиблись|ошибка адресом|адресатом|ящиком|компанией
не к нам|нам|ко мне
мы не занимаемся|используем|покупаем|закупаем|работаем|рассматриваем|планируем|нуждаемся|производим|заказываем
мы|я .. не тот|та|те
уже|давно купили|есть|заказали|работаем|взяли|нашли|поставили|закупили|выбрали|решили|договорились|сотрудничаем
нет|отсутствует|пропала потребности|потребность|надобности|необходимости|нужды|интереса|денег|бюджета|средств
без надобности
обойдемся|справляемся|хватает|откажемся|отказались|передумали|воздержимся
потребност*|отказ
not|isn't for us|me|our|interested|relevant|needed|my
wrong person|address|company|department|place|firm|people|man|guy|plant|one
we|i only|already|never|don't|do|aren't|just .. buy|use|have|need|accept|purchase|run|deal|work|source|stock|make
already buying|bought|using|have|got|sorted|covered|supplied|ordered
we|we're|i|i'm|are|am sorted|covered|happy|fine|good|set|satisfied|content|all .. for|with|set|thanks
we|i are|am a|an .. practice|school|house|shop|firm|office|bakery|hotel|company|clinic|retailer|consultancy|bank|charity
it's|that's a|an no|yes
yes|no to|on the|your
no need|use|plans|budget|money|thanks|interest|demand`)},
	{"speaks for somebody", -4, phrases(`
просил|просила|просили|попросил|попросила|велел|велела|поручил|поручила|поручили .. передать|сообщить|ответить|написать|уточнить|узнать|меня|вам|вас|мне|переслать|перенести
секретарь|помощник|помощница|ассистент .. пишет|петра|директора
^ это .. секретарь|помощник|помощница|приемная
вам|с вами .. позвонит|перезвонит|ответит|напишет|свяжется|сам|сама
он|она|они|шеф|директор|начальник|руководитель .. просит|посмотрит|ответит|позвонит|свяжется|решит|согласует|подпишет|подумает|вернется|считает|говорит|сказал|сказала|согласен|согласна|одобрил|прочитал|видел|хочет|ждет
по поручению|просьбе
пишу|отвечаю за|вместо|от|по|из|с
asked me|us|to
he|she|boss|director|manager .. says|said|asked|wants|would|likes|will|agrees|approved|thinks|prefers|is|has|reads|read
on his|her behalf
writing|answering|replying for|instead
his|her|mr|mrs|ms assistant|secretary|pa here`)},
	{"speaks of its own", -4, phrases(`
my husband|wife|father|brother|uncle|predecessor|boss
мой|моя муж|жена|отец|брат|шеф|начальник
пишу|отвечаю|читаю .. с телефона|из|отпуска|дачи|дороги|больницы
writing|answering|typing|replying|reading .. from|on .. phone|beach|train|holiday|airport|car|plane|hospital|bed
before that|then
до этого|до .. успеем|успею|успеете
sent from my
отправлено с|из .. iphone|айфон*|телефон*|смартфон*|android|яндекс|планшет*|мобильн*|устройств*
отправлено с|из мо*|мобильн*|яндекс|почты|mail`)},
	{"speaks to us", -2, phrases(`
у вас|вами
вы .. обещали|писали|говорили|предлагали|ошиблись|присылали|спрашивали|правы|могли|сможете|не
your offer|price|prices|product|products|company|catalogue|catalog|list|letter|website|proposal|quote|suggestion|brochure|records|crm|subject|colleague|stand|booth
ваша|ваш|ваши|ваше|вашей|вашего|вашем|вашим|вашими|вашу .. цен*|компани*|каталог*|прайс*|продукц*|сайт*|коллег*|менеджер*|стенд*|тема|товар*|услов*|расчет*|кп
nothing|something|anything wrong
you may|might|could|should want|like|try|speak|talk|tidy|check
you people|guys|lot
happy|glad|keen|pleased|delighted to`)},
}
