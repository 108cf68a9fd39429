package sequences

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Step is one link of a chain: what happens, and how long after the step before.
// Exactly one of the fields that Kind names says what it does.
type Step struct {
	ID    string   `yaml:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9_-]*$" jsonschema_description:"write a name for the step that never changes, for example id: guide"`
	After Duration `yaml:"after" cadence:"too" jsonschema:"pattern=^(cadence|[0-9]+(m|h|d|w|mo|bd))$" jsonschema_description:"delay since the step before; cadence: the time between letters of the client's category; without it at once"`

	Email  Letters  `yaml:"email" jsonschema:"example=c/guide" jsonschema_description:"the letter: a file in templates/ without .md and language; with repeat a list of them"`
	Repeat *Repeat  `yaml:"repeat" jsonschema_description:"sends the letters of the list one after the other, none of them twice to a client"`
	Offer  *Offer   `yaml:"offer" jsonschema_description:"an offer with a deadline of each client's own"`
	Attach []string `yaml:"attach" jsonschema_description:"files in files/ that go with the letter"`
	// Thread is ThreadReply or ThreadNew, which is also meant by "".
	Thread string   `yaml:"thread" jsonschema:"enum=reply,enum=new,default=new" jsonschema_description:"reply: the letter answers the one before it, from the same mailbox and in the same conversation"`
	MaxAge Duration `yaml:"max_age" jsonschema_description:"how late the letter may be before missed decides; without it the sequence's"`

	UTM *UTM `yaml:"utm" jsonschema_description:"parameters for web analytics that the links of the letter get; what is not said here is as in the sequence"`

	Call   string   `yaml:"call" jsonschema:"example=c/follow-up" jsonschema_description:"a call by the rep: its script, a file in scripts/ without .md; the next delay starts when it is done"`
	Task   string   `yaml:"task" jsonschema_description:"anything else the rep should do, in his words; the next delay starts when it is done"`
	Script string   `yaml:"script" jsonschema_description:"what helps with the task: a file in scripts/ without .md"`
	GiveUp Duration `yaml:"give_up" jsonschema_description:"goes on without the call or task after this long; 14d if left out"`

	Wait *Wait `yaml:"wait" jsonschema_description:"waits for a time or for an event"`

	If    *Condition `yaml:"if" jsonschema_description:"chooses what follows by what is known of the client and what he did"`
	Then  []Step     `yaml:"then" jsonschema_description:"the steps if it holds"`
	Else  []Step     `yaml:"else" jsonschema_description:"the steps if it does not; without it none"`
	Split []Branch   `yaml:"split" jsonschema_description:"shares clients among branches; a client always gets the same one"`

	Set     *Change `yaml:"set" jsonschema_description:"changes what is known of the client"`
	Enroll  string  `yaml:"enroll" jsonschema_description:"puts the client in another sequence too"`
	End     string  `yaml:"end" jsonschema:"enum=finished,enum=goal" jsonschema_description:"ends the sequence for the client here"`
	Notify  string  `yaml:"notify" jsonschema_description:"a notice to the rep, among his tasks"`
	Webhook string  `yaml:"webhook" jsonschema_description:"tells another system: a name from webhooks in seventh.yaml"`

	RenamedFrom string `yaml:"renamed_from" jsonschema_description:"the id that this step had before"`

	Line   int `yaml:"-"` // where what it does stands, for checks against other files
	Column int `yaml:"-"`
}

// Kind is what a step does: the key that says so.
type Kind string

// The kinds of steps. A repeat is an email step with several letters.
const (
	KindEmail   Kind = "email"
	KindCall    Kind = "call"
	KindTask    Kind = "task"
	KindWait    Kind = "wait"
	KindIf      Kind = "if"
	KindSplit   Kind = "split"
	KindSet     Kind = "set"
	KindEnroll  Kind = "enroll"
	KindEnd     Kind = "end"
	KindNotify  Kind = "notify"
	KindWebhook Kind = "webhook"
)

// stepKinds are the kinds with their checks and the keys that only they have.
var stepKinds = []struct {
	kind  Kind
	check func(d *decoder, s *Step, path string)
	whole bool // its check would only repeat what was told of a part that could not be read
	keys  []string
}{
	{KindEmail, checkEmail, false, []string{"repeat", "offer", "attach", "thread", "max_age", "utm"}},
	{KindCall, checkCall, false, []string{"give_up"}},
	{KindTask, checkTask, false, []string{"give_up", "script"}},
	{KindWait, nil, false, nil},
	{KindIf, checkIf, false, []string{"then", "else"}},
	{KindSplit, checkSplit, true, nil},
	{KindSet, checkSet, true, nil},
	{KindEnroll, checkEnroll, false, nil},
	{KindEnd, nil, false, nil},
	{KindNotify, nil, false, nil},
	{KindWebhook, checkWebhook, false, nil},
}

// Kind is what the step does; "" for one that does nothing, which no parsed step is.
func (s *Step) Kind() Kind {
	switch {
	case len(s.Email) > 0:
		return KindEmail
	case s.Call != "":
		return KindCall
	case s.Task != "":
		return KindTask
	case s.Wait != nil:
		return KindWait
	case s.If != nil:
		return KindIf
	case len(s.Split) > 0:
		return KindSplit
	case s.Set != nil:
		return KindSet
	case s.Enroll != "":
		return KindEnroll
	case s.End != "":
		return KindEnd
	case s.Notify != "":
		return KindNotify
	case s.Webhook != "":
		return KindWebhook
	}
	return ""
}

// ForRep tells whether the step is something that the rep does, and the sequence
// waits for.
func (s *Step) ForRep() bool { return s.Call != "" || s.Task != "" }

// builtInGiveUp is how long a sequence waits for a rep who does not do a task.
var builtInGiveUp = Duration{14, Day}

// GivesUpAfter is how long the sequence waits for a call or task to be done.
func (s *Step) GivesUpAfter() Duration {
	if s.GiveUp.IsZero() {
		return builtInGiveUp
	}
	return s.GiveUp
}

// decodeYAML reads the fields and then checks what makes them a step.
func (s *Step) decodeYAML(d *decoder, n ast.Node, path string) {
	before := len(d.problems)
	if d.stepDepth == maxStepDepth {
		d.problem(d.at(n), "steps stand within steps more than %d times: move some of them to a sequence of their own, and enroll in it", maxStepDepth)
		return
	}
	d.stepDepth++
	d.fill(n, path, s)
	d.stepDepth--
	if _, ok := n.(*ast.MappingNode); !ok {
		return
	}
	for key, id := range map[string]string{"id": s.ID, "renamed_from": s.RenamedFrom} {
		if at, written := d.spots[joinPath(path, key)]; written && id != "" {
			d.name(at, id)
		}
	}
	if s.RenamedFrom != "" {
		if d.renames == nil {
			d.renames = map[string]spot{}
		}
		d.renames[s.RenamedFrom] = d.spotOf(joinPath(path, "renamed_from"))
	}
	d.kindOf(s, n, path, len(d.problems) > before)
}

// maxStepDepth bounds steps within steps: nobody can follow more on a page.
const maxStepDepth = 8

// kindOf finds what a step does, and tells of keys that do not go with it.
func (d *decoder) kindOf(s *Step, n ast.Node, path string, misread bool) {
	written := func(key string) bool {
		_, ok := d.keys[joinPath(path, key)]
		return ok
	}
	var found, all []string
	for _, k := range stepKinds {
		all = append(all, string(k.kind))
		if written(string(k.kind)) {
			found = append(found, string(k.kind))
		}
	}
	switch {
	case len(found) > 1:
		d.problem(d.keys[joinPath(path, found[1])], "a step does one thing, and this one does %s: make a step of each, with an id of its own", strings.Join(found, " and "))
		return
	case len(found) == 0 && misread:
		return // most likely the key that is missing is one of them, misspelt
	case len(found) == 0:
		d.problem(d.at(n), "this step does nothing: say what it does with %s, for example email: c/guide", strings.Join(all, ", "))
		return
	}
	at := d.spotOf(joinPath(path, found[0]))
	s.Line, s.Column = at.line, at.column
	told := map[string]bool{}
	for _, k := range stepKinds {
		for _, key := range k.keys {
			if owners := ownersOf(key); written(key) && !told[key] && !slices.Contains(owners, found[0]) {
				told[key] = true
				d.problem(d.keys[joinPath(path, key)], "%s belongs to a step with %s, and this one has %s: remove it or make a step of its own",
					key, strings.Join(owners, " or "), found[0])
			}
		}
		if string(k.kind) == found[0] && k.check != nil && !(misread && k.whole) {
			k.check(d, s, path)
		}
	}
}

// ownersOf are the kinds of steps that may have a key.
func ownersOf(key string) []string {
	var kinds []string
	for _, k := range stepKinds {
		if slices.Contains(k.keys, key) {
			kinds = append(kinds, string(k.kind))
		}
	}
	return kinds
}

// checkSteps holds what concerns the steps together: there are some, and no two
// have one id.
func (d *decoder) checkSteps(s *Sequence) {
	if at, written := d.spots["steps"]; written && s.Steps != nil && len(s.Steps) == 0 {
		d.problem(at, "the sequence has no steps: write at least one, for example - { id: guide, email: c/guide }")
	}
	if len(s.Steps) > 0 && len(s.Steps[0].Email) > 0 && s.Steps[0].Thread == ThreadReply {
		d.problem(d.spotOf("steps[0].thread"), "the first letter has none before it to answer: remove thread: reply here")
	}
	lines := map[string]int{}
	d.uniqueIDs(s.Steps, "steps", lines)
}

func (d *decoder) uniqueIDs(steps []Step, path string, lines map[string]int) {
	for i := range steps {
		step, path := &steps[i], path+"["+strconv.Itoa(i)+"]"
		at := d.spotOf(path + ".id")
		if step.ID == HandoverStep {
			d.problem(at, "the step id %s is kept for the letter of handover: give this step another one", quoted(step.ID))
		}
		if line, twice := lines[step.ID]; twice && step.ID != "" {
			d.problem(at, "step id %s is already used on line %d: every step needs its own", quoted(step.ID), line)
		} else {
			lines[step.ID] = at.line
		}
		d.uniqueIDs(step.Then, path+".then", lines)
		d.uniqueIDs(step.Else, path+".else", lines)
		for b := range step.Split {
			d.uniqueIDs(step.Split[b].Steps, path+".split["+strconv.Itoa(b)+"].steps", lines)
		}
	}
}
