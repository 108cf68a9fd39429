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
