package templates

import "time"

// SampleData is a plausible client for previews, lint and tests. Links are not tracked.
func SampleData(locale string, now time.Time) Data {
	client := map[string]any{
		"external_id":      "sample-1",
		"first_name":       "Ann",
		"last_name":        "Brown",
		"name":             "Ann Brown",
		"email":            "ann.brown@client.example",
		"company":          "Brown & Sons",
		"category":         "C",
		"temperature":      "warm",
		"stage":            "past_customer",
		"locale":           locale,
		"source":           "exhibition",
		"products":         []string{"Annual service", "Spare parts"},
		"last_purchase_at": now.AddDate(0, -7, 0),
		"attributes":       map[string]any{},
	}
	rep := map[string]any{
		"name":       "Peter Hill",
		"first_name": "Peter",
		"email":      "peter.hill@company.example",
		"phone":      "+44 20 7946 0000",
		"position":   "Account manager",
	}
	previous := map[string]any{ // of a letter that hands the client over
		"name":  "Mary Field",
		"email": "mary.field@company.example",
		"phone": "+44 20 7946 0002",
	}
	company := map[string]any{
		"name":    "Seventh Ltd",
		"site":    "https://company.example",
		"address": "1 High Street, London",
		"phone":   "+44 20 7946 0001",
		"email":   "hello@company.example",
	}
	offer := map[string]any{"name": "Ten per cent off the first order", "expires_at": now.AddDate(0, 0, 7)}
	if language(locale) == "ru" {
		translate(client, rep, company, offer)
		previous["name"], previous["phone"] = "Мария Полева", "+7 495 000-00-02"
	}
	return Data{
		"client": client, "rep": rep, "previous_rep": previous, "company": company, "offer": offer,
		"link": map[string]any{"unsubscribe": "https://company.example/u/sample"},
	}
}

func translate(client, rep, company, offer map[string]any) {
	client["first_name"], client["last_name"], client["name"] = "Анна", "Белова", "Анна Белова"
	client["company"], client["source"] = "ООО «Белов и сыновья»", "выставка"
	client["products"] = []string{"Годовое обслуживание", "Запасные части"}
	rep["name"], rep["first_name"], rep["position"] = "Пётр Холмов", "Пётр", "персональный менеджер"
	rep["phone"] = "+7 495 000-00-00"
	company["name"], company["address"] = "ООО «Седьмое»", "Москва, ул. Высокая, 1"
	company["phone"] = "+7 495 000-00-01"
	offer["name"] = "Скидка 10 % на первый заказ"
}
