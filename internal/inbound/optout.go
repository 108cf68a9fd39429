package inbound

var leaveRule = phrases(`
отпишите меня|нас
отпишите
отписаться
не пишите мне|нам|больше|сюда
больше не пишите|присылайте|беспокойте|шлите|звоните
не присылайте|беспокойте|шлите|спамьте
удалите|уберите|исключите|вычеркните .. меня|нас|адрес|почту|email|ящик|контакт*|данные
удалите|уберите|исключите|вычеркните из
прекратите|перестаньте|хватит|достали
unsubscribe
remove|delete|take me|us|my|our|this|off
stop|quit|cease .. sending|emailing|mailing|writing|contacting|these|it
don't|not|never|no|dont .. write|email|emails|mail|mails|contact|send
opt out|me
^ стоп|stop
`)

func optOut(text string) OptOut { return NoOptOut }
