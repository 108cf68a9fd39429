package inbound

import "testing"

// What people write without quoting anything, of all sorts that speak of dates, absence, letters
// and other people.
func TestPeopleOfAllSortsAreNoMachines(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		// promises
		"Спасибо, получили, вернусь к вам на следующей неделе.",
		"Thanks, I'll get back to you next week once I'm back from Hannover.",
		"Заявку получили, передал снабжению.",
		"Получил, спасибо. Отвечу в понедельник.",
		"Добрый день! Письмо получили, ответим до конца недели.",
		"Thank you, received. We will come back to you by Friday.",
		"Got it, thanks. Will reply properly on Monday when I'm at my desk.",
		"Thanks for this. Let me check with production and revert by Thursday.",
		"Посмотрю после праздников, числа 12-го.",
		"Сейчас в командировке, приеду 15-го – посмотрю и отпишусь.",
		"Я в отпуске до понедельника, потом посмотрю ваше предложение.",
		"На больничном, но письмо прочитал. Вернёмся к разговору в августе.",
		"I'm on leave till Monday but saw this - looks useful. Will read it properly then.",
		"Thanks Helen. In Spain until the 14th, I'll look at it then.",
		"Travelling this week. Will look at your offer on Monday.",
		"Back on Monday, I'll have a look at it then.",
		"Let me get through year end first. I'll pick it up again in January.",
		"Спасибо за письмо. Решение примем после 20 июля, сообщу.",
		"Вернёмся из отпуска в августе и обсудим, спасибо.",
		"I'll be in the office on Tuesday, we can speak then.",
		"Буду в офисе во вторник, можем поговорить.",
		"Не в этом месяце. Бюджет откроется 1 августа.",
		"Not this month. Budget opens on 1 August.",
		// letters of firms
		"Уважаемые господа!\n\nВ ответ на Ваше письмо исх. № 114 от 02.07.2026 сообщаем, что закупка оборудования в текущем году не планируется.\n\nС уважением,\nгенеральный директор\nООО «Вектор»\nА. П. Смирнов\nтел. (495) 555-11-22",
		"ООО «Вектор» выражает Вам своё почтение и сообщает, что Ваше предложение рассмотрено. Техническим советом принято решение отложить вопрос до 1 сентября.",
		"Настоящим подтверждаем получение оферты и готовность заключить договор до 31 июля.",
		"Просим предоставить коммерческое предложение с учётом доставки до склада. Срок – до 20 июля.",
		"Dear Sirs,\n\nWe acknowledge receipt of your quotation of 2 July. Our technical department is studying it and a decision will be taken by the end of the month.\n\nYours faithfully,\nA. Brown\nHead of Purchasing",
		"Dear Sir or Madam, further to your letter of 1 July we regret that we cannot place an order before the new financial year.",
		// for somebody else
		"Здравствуйте, это секретарь Петра Ильича. Он в отпуске до 20 июля, ваше письмо я ему распечатала.",
		"Пётр Ильич в командировке, вернётся в четверг и вам позвонит.",
		"Анна Сергеевна просила передать, что вопрос будет решаться после её отпуска.",
		"I'm Mr Brown's assistant. He is away until the 20th and will read your letter when he returns.",
		"Tom is on holiday till Monday, he asked me to tell you we're interested.",
		"Our buyer Jane left in May. I do this now, so write to me please.",
		"Иванов у нас больше не работает, теперь закупками занимаюсь я.",
		"Я больше не занимаюсь закупками, но коллеге письмо отдал.",
		"I no longer handle this but passed your note to Sam.",
		"Перешлите на snab@zavod.example, я этим не занимаюсь.",
		"Best to ask Sam, sam@acme.example - he decides on that.",
		"Это к главному энергетику: Петров, 8 912 555-01-02.",
		// thanks, wishes
		"Спасибо за поздравление! И вас с наступающим!",
		"Спасибо, и вам хороших выходных!",
		"Thanks, happy holidays to you too!",
		"Cheers, have a good weekend.",
		"Большое спасибо за оперативный ответ.",
		"Thank you for your message, it came at the right moment. Our dryer failed on Friday.",
		"Thank you for your email. Unfortunately we are tied to another supplier until 2028.",
		"Благодарю за информацию, у нас действует договор с другой компанией до конца года.",
		"Благодарим за предложение, пока не требуется.",
		"Thanks for reaching out. Not at this time.",
		// their work
		"Цех стоит до 1 августа, модернизация.",
		"Завод закрылся в мае.",
		"We closed the plant in March.",
		"The plant is closed on Fridays, come on Thursday.",
		"Мы переехали, новый адрес: Тула, ул. Мира, 5.",
		"Автоматика у вас на чём собрана? Siemens?",
		"Our compressor is under automatic control already.",
		"У нас ремонт до 15 августа, потом пуск. Вот тогда и понадобитесь.",
		"Shutdown is from 1 to 15 August, so the visit must be before that.",
		"Отгрузка 20 июля, машину подадим к 8 утра.",
		"Delivery on 20 July is fine.",
		"Счёт оплатили, платёжка придёт завтра.",
		"Payment goes out on Friday.",
		"Нет.",
		"Да",
		"Yes",
		"+",
		"Спасибо",
		"Thanks!",
		"ок",
		"Фото завтра пришлю.",
		"Will send drawings tomorrow.",
		"Already ordered elsewhere.",
		"Уже не надо, решили вопрос.",
		"Это автоответ или живой человек пишет?",
		"Is this an automatic message or do you really exist?",
		"Ваш автоответчик прислал мне три письма подряд.",
		"Мне 68, я на пенсии, завод давно продан.",
		"I retired last year, but Sam still runs the shop.",
		"Срочно нужен винтовой блок, наш встал.",
		"Urgent: we need an air end by Friday.",
		"Тел. 8 912 555-01-02, звоните после 15 июля.",
		"My new number is +44 20 5555 0123.",
		"Пишите на личную: petrov@mail.example",
	} {
		for _, sent := range []Sent{{Subject: "Воздух без масла"}, {Subject: "Воздух без масла", At: monday.Add(-2 * 60e9)}} {
			l := &Letter{Subject: "Re: Воздух без масла", Text: text, Date: monday, From: Mailbox{Address: "pavel@zavod.example"}}
			if _, automatic := ReadAnswer(l, sent); automatic {
				t.Errorf("%s\n is taken for automatic: %v", text, Signs(l, sent))
			}
		}
	}
}
