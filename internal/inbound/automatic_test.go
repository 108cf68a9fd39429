package inbound

import (
	"testing"
	"time"
)

// monday is the day on which the letters of these tests are written.
var monday = time.Date(2026, 7, 6, 10, 0, 0, 0, time.FixedZone("", 3*3600))

func TestAbsencesWithoutHeadersAreTold(t *testing.T) {
	t.Parallel()
	for text, back := range map[string]string{
		"Здравствуйте! Я в отпуске с 1 по 19 июля включительно. Вернусь 20 июля.":                                               "2026-07-20",
		"Добрый день. Нахожусь в ежегодном отпуске до 21.07.2026. По всем вопросам обращайтесь к Петрову И.И., тел. 123-45-67.": "2026-07-21",
		"Меня не будет в офисе до 15 июля. Доступ к почте ограничен.":                                                           "2026-07-15",
		"Буду недоступен до следующего понедельника.":                                                                           "2026-07-13",
		"Сегодня выходной, отвечу завтра.":                                                                                      "2026-07-07",
		"В командировке, на связи через неделю.":                                                                                "2026-07-13",
		"Нахожусь на больничном, выйду ориентировочно 16 июля.":                                                                 "2026-07-16",
		"Уважаемые коллеги! Я отсутствую на рабочем месте. Дата выхода из отпуска – 03.08.2026 г.":                              "2026-08-03",
		"Всем привет, отдыхаю до конца месяца.":                                                                                 "2026-07-31",
		"В отпуске на две недели. По срочным вопросам звоните Ольге +7 912 000-00-01.":                                          "2026-07-20",
		"Нахожусь в отпуске по уходу за ребёнком.":                                                                              "",
		"Я в отпуске. Вернусь в среду, 22-го.":                                                                                  "2026-07-22",
		"Отпуск с 06.07.26 по 17.07.26. Буду на работе 20.07.26.":                                                               "2026-07-20",
		"Приступаю к работе двадцать первого июля.":                                                                             "2026-07-21",
		"На обучении до пятницы, отвечаю с задержкой.":                                                                          "2026-07-10",
		"Коллеги, меня нет до 12-го июля.":                                                                                      "2026-07-12",
		"Завод на плановом ремонте, возобновляем работу 10 августа.":                                                            "2026-08-10",
		"С 6 июля по 2 августа предприятие уходит в коллективный отпуск.":                                                       "2026-08-02",
		"Я в отъезде, вернусь в начале августа.":                                                                                "2026-08-01",
		"Данный сотрудник больше не работает в компании. Пишите на info@firma.example.":                                         "",
		"Ваше обращение принято, номер 4521. Мы ответим в течение 2 рабочих дней.":                                              "",
		"Thank you for your message. I am out of the office until July 20 with limited access to email.":                        "2026-07-20",
		"I'm on annual leave, returning Monday 20th July. For urgent matters contact Sue Long, sue@acme.example.":               "2026-07-20",
		"I will be out of the office from 07/06/2026 through 07/17/2026.":                                                       "2026-07-17",
		"I'm OOO this week and will respond when I return on 7/13.":                                                             "2026-07-13",
		"Hi, thanks for your email. I'm traveling with limited access to email and will be back in two weeks.":                  "2026-07-20",
		"I am currently on maternity leave and will return in October.":                                                         "2026-10-01",
		"I'm away until next Monday.":                                                        "2026-07-13",
		"Out sick today, back tomorrow.":                                                     "2026-07-07",
		"Our office is closed for the summer break and reopens August 3rd.":                  "2026-08-03",
		"I'll be back in the office 2026-07-27.":                                             "2026-07-27",
		"I no longer work at Acme. Please contact info@acme.example.":                        "",
		"Thank you for contacting Acme. Your request #4410 has been received.":               "",
		"Away at a conference through Thursday.":                                             "2026-07-09",
		"I am on holiday and back on the 21st. Our summer fair is on 20–23 October, hall 5.": "2026-07-21",
		"I'm on PTO from July 6 to July 10.":                                                 "2026-07-10",
		"I am on leave until mid-August.":                                                    "2026-08-15",
		"Ich bin bis zum 24. Juli im Urlaub.":                                                "2026-07-24",
		"Ich bin ab KW 31 wieder erreichbar.":                                                "2026-07-27",
		"Je suis absent jusqu'au 20 juillet inclus.":                                         "2026-07-20",
		"Estoy de vacaciones hasta el 3 de agosto.":                                          "2026-08-03",
		"Jestem na urlopie do 17 lipca.":                                                     "2026-07-17",
		"Я у відпустці до 20 липня.":                                                         "2026-07-20",
		"Мен 20 шілдеге дейін демалыстамын.":                                                 "2026-07-20",
	} {
		l := &Letter{Subject: "Re: Воздух без масла", Text: text, Date: monday, From: Mailbox{Address: "pavel@zavod.example"}}
		a, automatic := ReadAnswer(l, Sent{Subject: "Воздух без масла"})
		got := ""
		if !a.Back.IsZero() {
			got = a.Back.Format(time.DateOnly)
		}
		if !automatic || got != back {
			t.Errorf("%s\n automatic %t, back %q, should be %q; %v", text, automatic, got, back, Signs(l, Sent{Subject: "Воздух без масла"}))
		}
	}
}

func TestPeopleWhoMentionAbsencesAnswerAsPeople(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"I am on vacation until the 14th, but yes, send me the quote.",
		"Я в отпуске до 14-го, но КП пришлите, посмотрю с телефона.",
		"Давайте после отпуска, в августе созвонимся.",
		"Наш директор в отпуске до 20 июля, вернётся – обсудим ваше предложение.",
		"Can we talk when I'm back from holiday on 20 July?",
		"Сколько стоит и когда сможете поставить? До 15 июля успеете?",
		"Можно во вторник 14 июля в 11:00, буду на месте.",
		"Спасибо, не актуально.",
		"Thanks, but we are not interested.",
		"Wednesday 15 July at 2pm works, meet me at the gate.",
		"Перезвоните мне 20 июля, сейчас в командировке.",
		"Interesting. I'm out of the office this week; could you call me on Monday?",
		"Да, нужен расчёт. Бюджет утверждаем до 25 декабря.",
		"Пётр, добрый день! Вернулся из отпуска, готов обсудить.",
		"Нет",
		"Call me",
		"See you Tuesday.",
		"Приеду в среду.",
		"Tuesday is fine.",
		"Перезвоню вечером.",
		"Передам коллегам.",
		"Подтверждаю встречу 14 июля.",
		"Let's meet on Thursday at the plant.",
		"Forwarded to our maintenance team.",
		"Talk to Bill, bill@acme.example, he runs the shop.",
		"Этим занимается Иванов, ivanov@zavod.example.",
		"We already have a supplier.",
		"ok",
	} {
		l := &Letter{Subject: "Re: Воздух без масла", Text: text, Date: monday, From: Mailbox{Address: "pavel@zavod.example"}}
		if _, automatic := ReadAnswer(l, Sent{Subject: "Воздух без масла"}); automatic {
			t.Errorf("%s\n is taken for automatic: %v", text, Signs(l, Sent{Subject: "Воздух без масла"}))
		}
	}
}
