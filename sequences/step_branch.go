package sequences

import (
	"hash/fnv"
	"strconv"
)

// Branch is one way of a split.
type Branch struct {
	Name   string `yaml:"name" jsonschema_description:"what reports call the branch; its number if left out"`
	Weight int    `yaml:"weight" jsonschema:"required,minimum=0,maximum=1000000" jsonschema_description:"write its share beside the others, for example weight: 50"`
	Steps  []Step `yaml:"steps" jsonschema:"required" jsonschema_description:"write its steps, or [] for none"`
}

// The branches of an if, as they are recorded.
const (
	BranchThen = "then"
	BranchElse = "else"
)

func checkIf(d *decoder, s *Step, path string) {
	_, hasThen := d.keys[joinPath(path, "then")]
	if !hasThen {
		d.problem(d.keys[joinPath(path, "if")], "this leads nowhere: add then: with the steps for clients for whom it holds")
	}
}

func checkSplit(d *decoder, s *Step, path string) {
	if len(s.Split) < 2 {
		d.problem(d.spotOf(path+".split"), "a split needs two branches or more: write - { weight: 50, steps: [ … ] } for each")
	}
	total, seen := 0, map[string]bool{}
	for i := range s.Split {
		b := &s.Split[i]
		at := path + ".split[" + strconv.Itoa(i) + "]"
		if b.Name == "" {
			b.Name = strconv.Itoa(i + 1)
		} else {
			d.name(d.spotOf(at+".name"), b.Name)
		}
		if seen[b.Name] {
			if _, named := d.keys[at+".name"]; named {
				at += ".name"
			}
			d.problem(d.spotOf(at), "%s is the name of another branch: every branch needs its own", quoted(b.Name))
		}
		seen[b.Name] = true
		total += b.Weight
	}
	if total == 0 && len(s.Split) >= 2 {
		d.problem(d.spotOf(path+".split"), "no branch has a weight, so nobody could go on: write weight: 50 for each")
	}
}

// Choose is the branch of a split for a client: always the same one for the same
// key, which names the client, whatever was chosen in other splits. An edit of the
// weights moves as few clients as it can.
func (s *Step) Choose(key string) *Branch {
	total := 0
	for _, b := range s.Split {
		total += b.Weight
	}
	if total == 0 {
		return nil
	}
	h := fnv.New64a()
	h.Write([]byte(s.ID + "\x00" + key))
	// FNV's high bits are poorly mixed for short keys.
	x := h.Sum64()
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	at := int(x % uint64(total))
	for i := range s.Split {
		if at -= s.Split[i].Weight; at < 0 {
			return &s.Split[i]
		}
	}
	return nil
}

// Branch are the steps of a branch by its name: then, else, or that of a split's
// branch.
func (s *Step) Branch(name string) []Step {
	if s.If != nil && name == BranchThen {
		return s.Then
	}
	if s.If != nil {
		return s.Else
	}
	for i := range s.Split {
		if s.Split[i].Name == name {
			return s.Split[i].Steps
		}
	}
	return nil
}

// branches are all steps within a step, branch by branch.
func (s *Step) branches() [][]Step {
	all := make([][]Step, 0, 2+len(s.Split))
	if s.If != nil {
		all = append(all, s.Then, s.Else)
	}
	for i := range s.Split {
		all = append(all, s.Split[i].Steps)
	}
	return all
}
