package rehearsal

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// randomKinds are the kinds of steps that random sequences are made of, the more
// frequent ones several times.
var randomKinds = []string{"email", "email", "email", "email", "repeat", "call", "task", "wait", "wait", "if", "if", "split", "set", "enroll", "notify", "end"}

// randomLetters are letters that need nothing but a client.
var randomLetters = []string{
	"c/guide", "c/case", "c/pressure", "c/cost", "c/moisture", "c/service", "c/heat", "c/referral", "c/plan",
	"d/hello", "d/numbers", "d/room", "d/nozzles", "d/filters", "d/vessel", "d/plan-b", "d/used",
	"win-back/how-is-it", "win-back/tip", "win-back/news", "win-back/together",
}

// randomWorld is drawn content and clients.
type randomWorld struct {
	r     *rand.Rand
	steps int // ids given so far
	told  []string

	clientLetters, clientDays, companyLetters, companyDays int
}

func (w *randomWorld) pick(list ...string) string { return list[w.r.IntN(len(list))] }

func (w *randomWorld) chance(percent int) bool { return w.r.IntN(100) < percent }

// story is the world as a story without a timeline.
func (w *randomWorld) story(clients, sequences int) string {
	var b strings.Builder
	b.WriteString("content: built-in\n")
	for _, name := range []string{"c-nurture", "d-nurture", "reminders", "win-back"} {
		fmt.Fprintf(&b, "-- sequences/%s.yaml --\n", name)
	}
	fmt.Fprintf(&b, "-- seventh.yaml --\n%s", w.settings())
	for i := range sequences {
		fmt.Fprintf(&b, "-- sequences/q%d.yaml --\n%s", i, w.sequence(i, sequences))
	}
	b.WriteString("-- scripts/c/follow-up.md --\nAsk how it went.\n-- clients.yaml --\n")
	for i := range clients {
		b.WriteString(w.client(i))
	}
	for i := range sequences { // a later publication, which changes some of them
		if w.chance(50) {
			fmt.Fprintf(&b, "-- edit/sequences/q%d.yaml --\n%s", i, w.sequence(i, sequences))
		}
	}
	fmt.Fprintf(&b, "-- edit/segments/random.yaml --\nsegment: random\nwhere: { category: C }\n")
	b.WriteString("-- timeline --\n")
	return b.String()
}

func (w *randomWorld) settings() string {
	w.clientLetters, w.clientDays = 1+w.r.IntN(3), 2+w.r.IntN(6)
	w.companyLetters, w.companyDays = 2+w.r.IntN(3), 1+w.r.IntN(4)
	return fmt.Sprintf(`time_zone: Europe/Moscow
calendar: ru
locale: en
fallback_sender: team
senders:
  team: { email: hello@levanto.example.com }
categories:
  C: { letters: %s, chain: none }
  D: { letters: 1mo, chain: none }
windows:
  office: { days: [mon, tue, wed, thu, fri], hours: "09:00-18:00" }
  mornings: { days: [tue, thu], hours: ["08:00-09:30", "11:00-12:00"], holidays: ignore }
  moscow: { days: [mon, tue, wed, thu, fri, sat], hours: "10:00-16:00", time_zone: company, spread: none }
  anytime: {}
attributes: { industry: {}, compressor: {}, power_kw: { type: number }, city: {}, nurtured: { type: bool } }
limits:
  client: { letters: %d, in: %dd }
  company: { letters: %d, in: %dd }
  human: { quiet: 2d }
`, w.pick("2w", "3w", "5d"), w.clientLetters, w.clientDays, w.companyLetters, w.companyDays)
}

func (w *randomWorld) sequence(number, all int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "sequence: q%d\nsender: %s\nwindow: %s\nenroll: %s\npriority: %d\nreentry: %s\n", number,
		w.pick("owner", "team"), w.pick("office", "office", "mornings", "moscow", "anytime"), w.pick("automatic", "manual"), 10*(1+w.r.IntN(3)),
		w.pick("never", "always", "{ after: 60d }"))
	fmt.Fprintf(&b, "audience: { category: %s }\n", w.pick("C", "D", "[C, D]"))
	fmt.Fprintf(&b, "exit_on: %s\n", w.pick("[reply]", "[reply, purchase]", "[category_change]", "[]", `["touches >= 6"]`, "[reply, clicked]"))
	if w.chance(25) {
		fmt.Fprintf(&b, "max_age: %s\n", w.pick("2d", "10d"))
	}
	b.WriteString("steps:\n")
	w.list(&b, "  ", 3+w.r.IntN(4), 0, number, all)
	return b.String()
}

// list writes steps, nested ones deeper.
func (w *randomWorld) list(b *strings.Builder, indent string, n, depth, number, sequences int) {
	var before []string
	for range n {
		w.steps++
		id := fmt.Sprintf("s%d", w.steps)
		kind := w.pick(randomKinds...)
		if kind == "enroll" && number == sequences-1 {
			kind = "notify"
		}
		if depth >= 2 && (kind == "if" || kind == "split") {
			kind = "email"
		}
		fmt.Fprintf(b, "%s- id: %s\n", indent, id)
		if w.chance(85) {
			fmt.Fprintf(b, "%s  after: %s\n", indent, w.pick("1d", "3d", "7d", "2w", "21d", "3bd", "1mo", "12h", "cadence"))
		}
		w.told = before
		w.body(b, indent+"  ", id, kind, depth, number, sequences)
		if kind == "email" {
			before = append(before, id)
		}
	}
}

func (w *randomWorld) body(b *strings.Builder, indent, id, kind string, depth, number, sequences int) {
	line := func(format string, args ...any) { fmt.Fprintf(b, indent+format+"\n", args...) }
	switch kind {
	case "email":
		line("email: %s", w.pick(randomLetters...))
		if w.chance(15) {
			line("offer: { name: %s, expires: %s }", w.pick("spring", "autumn"), w.pick("3bd", "10d"))
		}
	case "repeat":
		from := w.r.IntN(len(randomLetters) - 4)
		line("email: [%s]", strings.Join(randomLetters[from:from+2+w.r.IntN(3)], ", "))
		line("repeat: { every: %s, times: %d, used_up: %s }", w.pick("7d", "21d", "cadence"), 2+w.r.IntN(3), w.pick("stop", "wait"))
	case "call":
		line("call: c/follow-up")
		line("give_up: %s", w.pick("3d", "5bd", "14d"))
	case "task":
		line("task: Send the sample box")
		line("give_up: 4d")
	case "wait":
		line("wait: %s", w.pick("2d", "1w", "{ date: 2027-05-20 }", `{ weekday: tue, time: "10:00" }`, "{ event: "+w.condition()+", timeout: 5d }"))
	case "if":
		line("if: %s", w.condition())
		line("then:")
		w.list(b, indent+"  ", 1+w.r.IntN(2), depth+1, number, sequences)
		if w.chance(70) {
			line("else:")
			w.list(b, indent+"  ", 1+w.r.IntN(2), depth+1, number, sequences)
		}
	case "split":
		line("split:")
		for range 2 {
			line("  - weight: %d", 30+w.r.IntN(50))
			line("    steps:")
			w.list(b, indent+"      ", 1+w.r.IntN(2), depth+1, number, sequences)
		}
	case "set":
		line("set: %s", w.pick("{ temperature: warm }", "{ attributes: { nurtured: true } }", "{ category: D }"))
	case "enroll":
		line("enroll: q%d", min(number+1, sequences-1)) // no circles
	case "notify":
		line("notify: Look at him")
	case "end":
		line("end: %s", w.pick("finished", "goal"))
	}
}

func (w *randomWorld) condition() string {
	if len(w.told) > 0 && w.chance(50) {
		return fmt.Sprintf("%s(%s)", w.pick("opened", "clicked", "not clicked", "any opened", "sent"), w.told[w.r.IntN(len(w.told))])
	}
	return w.pick("clicked", "replied", "touches >= 3", "category = C", "not opened", "called", "last_human_touch within 10d")
}

func (w *randomWorld) client(number int) string {
	zones := []string{"Europe/Moscow", "Asia/Vladivostok", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "''"}
	domain := fmt.Sprintf("firm-%d.example", w.r.IntN(4))
	if w.chance(50) {
		domain = fmt.Sprintf("alone-%d.example", number)
	}
	return fmt.Sprintf("- { external_id: c%d, email: c%d@%s, first_name: Ann, category: %s, locale: %s, time_zone: %s, owner: %s, consent: opt_in }\n",
		number, number, domain, w.pick("C", "D"), w.pick("en", "ru"), w.pick(zones...), w.pick("irina@levanto.example.com", "pavel@levanto.example.com", "''"))
}
