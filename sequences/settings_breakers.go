package sequences

// Breakers pause a sequence or a sender before a provider does, until a person
// has looked and lets it go on.
type Breakers struct {
	Bounces    *ShareBreaker `yaml:"bounces" jsonschema_description:"letters refused for good, of the last letters of a sequence or a sender"`
	Complaints *ShareBreaker `yaml:"complaints" jsonschema_description:"letters marked as spam, of the last letters of a sequence or a sender"`
	Policy     *CountBreaker `yaml:"policy" jsonschema_description:"letters of a sender refused for its reputation or a policy; 5 in 10m if left out"`
}

// ShareBreaker trips when more than a share of the last letters went wrong.
type ShareBreaker struct {
	Over Share `yaml:"over" jsonschema:"required" jsonschema_description:"write the share that is too much, for example over: 5%"`
	Of   int   `yaml:"of" jsonschema:"required,minimum=10,maximum=1000000" jsonschema_description:"write of how many last letters, for example of: 200"`
}

// Most is how many of the last letters may go wrong: one more trips the breaker.
func (b *ShareBreaker) Most() int { return int(float64(b.Of)*float64(b.Over) + 1e-9) }

// CountBreaker trips at a number of rejections in a stretch of time.
type CountBreaker struct {
	Count int      `yaml:"count" jsonschema:"required,minimum=1,maximum=1000000" jsonschema_description:"write how many rejections, for example count: 5"`
	In    Duration `yaml:"in" jsonschema:"required" jsonschema_description:"write in how much time, for example in: 10m"`
}

// builtInBreakers hold until seventh.yaml changes them: a sender whose letters are
// refused for policy makes it worse by going on.
func builtInBreakers() Breakers {
	return Breakers{Policy: &CountBreaker{Count: 5, In: Duration{10, Minute}}}
}

func (b *Breakers) check(d *decoder) {
	if b.Policy != nil {
		d.elapsed("breakers.policy.in", b.Policy.In)
	}
}
