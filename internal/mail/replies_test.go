package mail

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// labelled is one real reply of the corpus, with what a person says it means.
type labelled struct {
	where string // file and line
	class string
	phase Phase
	wire  string // as it comes over the connection
	half  string // "A" or "B", by a hash of the reply: rules are written with A in sight and judged by B
}

// corpus reads testdata/replies: "class phase reply" on each line, where \n begins the next
// line of a multi-line reply and "# source:" says where the lines below it were found.
// Addresses, hosts and ids of people are replaced.
func corpus(t *testing.T) []labelled {
	t.Helper()
	files, err := filepath.Glob("testdata/replies/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("finding the corpus: %d files, error %v", len(files), err)
	}
	var all []labelled
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' {
				continue
			}
			class, rest, _ := strings.Cut(line, " ")
			phase, reply, _ := strings.Cut(strings.TrimSpace(rest), " ")
			reply = strings.TrimSpace(reply)
			hash := fnv.New32a()
			hash.Write([]byte(reply))
			all = append(all, labelled{
				where: fmt.Sprintf("%s:%d", filepath.Base(file), number),
				class: class,
				phase: Phase(phase),
				wire:  strings.ReplaceAll(reply, `\n`, "\r\n") + "\r\n",
				half:  string('A' + rune(hash.Sum32()&1)),
			})
		}
	}
	return all
}

// outcome is what a Conn makes of a reply.
func outcome(t *testing.T, phase Phase, wire string) Outcome {
	t.Helper()
	code, text, err := readReply(bufio.NewReader(strings.NewReader(wire)))
	if err != nil {
		t.Fatalf("reading %q: %v", wire, err)
	}
	return answered(phase, code, text)
}

func TestCorpusIsWellFormed(t *testing.T) {
	t.Parallel()
	all := corpus(t)
	if len(all) < 500 {
		t.Errorf("corpus has %d replies", len(all))
	}
	classes := []string{
		ClassInvalid, ClassDisabled, ClassDeadDomain, ClassFull, ClassPolicy, ClassContent, ClassGreylist, ClassRate, ClassAccount, ClassTemporary, ClassProtocol, ClassUnknown}
	phases := []Phase{PhaseGreeting, PhaseEHLO, PhaseAuth, PhaseMail, PhaseRcpt, PhaseData, PhaseDot}
	seen := map[string]string{}
	for _, l := range all {
		if !slices.Contains(classes, l.class) || !slices.Contains(phases, l.phase) {
			t.Errorf("%s: class %q, phase %q", l.where, l.class, l.phase)
		}
		if before := seen[l.wire]; before != "" {
			t.Errorf("%s repeats %s", l.where, before)
		}
		seen[l.wire] = l.where
	}
}

// Each reply gets the class a person gave it. Beyond that, in each half alone: no reply
// about us may cost a client his address, and a dead address is nearly always noticed.
func TestRealRepliesGetTheirClass(t *testing.T) {
	t.Parallel()
	for _, half := range []string{"A", "B"} {
		var lines, right, invalid, found, policy, blamed int
		for _, l := range corpus(t) {
			if l.half != half {
				continue
			}
			o := outcome(t, l.phase, l.wire)
			lines++
			if o.Class == l.class {
				right++
			} else {
				t.Errorf("%s: class %s, want %s: at %s %q", l.where, o.Class, l.class, l.phase, l.wire)
			}
			switch l.class {
			case ClassInvalid:
				invalid++
				if o.Class == ClassInvalid {
					found++
				}
			case ClassPolicy:
				policy++
				if o.AddressIsDead() {
					blamed++
				}
			}
		}
		t.Logf("half %s: %d replies, %d right; %d of %d invalid found; %d of %d policy blamed on the client", half, lines, right, found, invalid, blamed, policy)
		if blamed > 0 || found*100 < invalid*98 || invalid == 0 || policy == 0 {
			t.Errorf("half %s: %d of %d policy replies blamed on the client, want none; %d of %d invalid found, want 98 %%", half, blamed, policy, found, invalid)
		}
	}
}

func TestVerdictFollowsWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	for _, l := range corpus(t) {
		o := outcome(t, l.phase, l.wire)
		permanent := o.Code/100 == 5
		var want Verdict
		switch {
		case !permanent, o.Phase == PhaseGreeting, o.Phase == PhaseEHLO:
			want = Deferred
		case o.Phase == PhaseAuth, o.Phase == PhaseMail, o.Class == ClassAccount, o.Code == 530:
			want = SenderProblem
		default:
			want = Failed
		}
		if o.Verdict != want {
			t.Errorf("%s: verdict %s, want %s: %v", l.where, o.Verdict, want, o)
		}
		if o.AddressIsDead() && o.Verdict != Failed {
			t.Errorf("%s: address is called dead, but the letter is %s", l.where, o.Verdict)
		}
	}
}

// Clients are called whatever they like, and a server repeats it.
func TestWordsWithinAnAddressDecideNothing(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]string{
		"550 5.7.1 <unknown.user@closed-account.example>: blocked, see our list": ClassPolicy,
		"550 <no-such-user@not-found.example>... refused":                        ClassUnknown,
		"550 mailbox-full@quota-exceeded.example: no":                            ClassUnknown,
		"550 5.1.1 <spam@blacklist.example>: Recipient address rejected":         ClassInvalid,
		"550 User unknown (sender@spamhaus.example)":                             ClassInvalid,
		"552 [virus@attachment.example] is over quota":                           ClassFull,
		"550 disabled@inactive.example...User unknown":                           ClassInvalid,
		"550 @": ClassUnknown,
	} {
		if o := outcome(t, PhaseRcpt, reply+"\r\n"); o.Class != want {
			t.Errorf("%s: class %s, want %s", reply, o.Class, want)
		}
	}
}
