package inbound

import "testing"

func TestOptOutsInAnswers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]OptOut{
		"Не пишите мне больше.":                                     PlainOptOut,
		"Прошу исключить наш адрес из рассылки.":                    PlainOptOut,
		"Добрый день! Отпишите меня, пожалуйста. С уважением, Анна": PlainOptOut,
		"Больше не присылайте рекламу!":                             PlainOptOut,
		"Стоп": PlainOptOut,
		"Мы не давали согласия на рассылку.":        PlainOptOut,
		"Please take me off your list.":             PlainOptOut,
		"STOP":                                      PlainOptOut,
		"unsubscribe":                               PlainOptOut,
		"I no longer wish to receive these emails.": PlainOptOut,
		"Do not contact me again.":                  PlainOptOut,
		"Bitte nehmen Sie mich aus dem Verteiler.":  PlainOptOut,
		"Пока не пишите, вернёмся к теме осенью.":                      LikelyOptOut,
		"Слишком часто пишете.":                                        LikelyOptOut,
		"Не пишите на этот адрес, пишите на info@zavod.example.":       LikelyOptOut,
		"Не пишите, лучше позвоните.":                                  LikelyOptOut,
		"Don't write until the new budget is approved.":                LikelyOptOut,
		"Enough brochures, send me a price.":                           LikelyOptOut,
		"Не присылайте бумажный счёт, достаточно скана.":               LikelyOptOut,
		"Не отписывайте меня, письма полезные.":                        NoOptOut,
		"Please don't unsubscribe me, I read every letter.":            NoOptOut,
		"Остановите компрессор перед заменой масла? Сколько занимает?": NoOptOut,
		"Stop by next week.":               NoOptOut,
		"Can you stop the unit remotely?":  NoOptOut,
		"Неактуально.":                     NoOptOut,
		"Спасибо, интересно. Пришлите КП.": NoOptOut,
		"Not interested.":                  NoOptOut,
		"Удалите из спецификации второй осушитель, остальное берём.":                    NoOptOut,
		"Please remove the filter from the quote and send it again.":                    NoOptOut,
		"Don't send the invoice yet, we are waiting for the contract.":                  NoOptOut,
		"Не звоните, я на совещании. Перезвоню сам.":                                    LikelyOptOut,
		"> Отписаться: https://levanto.example.com/u/1\nСпасибо, берём два.":            NoOptOut,
		"Берём.\n\nВы получили это письмо. Отписаться: https://levanto.example.com/u/1": NoOptOut,
	} {
		if got := optOut(newText(text)); got != want && !(want == NoOptOut && got == LikelyOptOut) {
			t.Errorf("%s\n opt-out %q, should be %q", text, got, want)
		}
	}
}

// Words of leaving that are of something else: of goods, of meetings, of mail that went astray.
func TestWordsOfLeavingThatAreOfSomethingElse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Our filter marked it as spam, found it only now. Please send the quote again.",
		"Наш сервер заблокировал вложение, пришлите ещё раз.",
		"We've blocked this week for the shutdown, come after.",
		"Drop me a line when you are in town.",
		"Please remove our old compressor when you deliver the new one.",
		"Remove item 4 from the quote and send it again.",
		"Cancel order 4411 please.",
		"Отмена заказа 14.",
		"Can you take 10% off list price?",
		"How do I turn the dryer off?",
		"How do we get the oil out of the line?",
		"You never send us the prices we ask for.",
		"Why did you not send us the quote?",
		"Отпишитесь, как отгрузите.",
		"Отпишите по срокам, пожалуйста.",
		"Отпишись, когда будет готово.",
		"Больше не нужно, купили у других. Спасибо.",
		"Отправлять не нужно, заберём сами.",
		"Просим не отправлять груз до оплаты.",
		"Исключите данные позиции из расчёта.",
		"Снимите данные с контроллера.",
		"Покраска в чёрный цвет обязательна.",
		"Директор не давал согласия на закупку.",
		"Don't send more than 20 units.",
		"I thought your mail was spam, but the offer is good.",
		"Your IP is blacklisted by our server, use another one.",
		"You are missing from our supplier mailing list, send the form.",
		"The valve does not stop at 6 bar. Make it stop leaking.",
		"No further questions, place the order.",
	} {
		if optOut(text) == PlainOptOut {
			t.Errorf("%s\n counts as a plain request", text)
		}
	}
}
