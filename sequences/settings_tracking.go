package sequences

// Tracking says how opens and clicks of people are told from those of machines.
type Tracking struct {
	// Honeypot is true unless the file says otherwise.
	Honeypot bool `yaml:"honeypot" jsonschema:"default=true" jsonschema_description:"a link that nobody can see in every letter: whoever follows it is a machine, and so is what else it does"`
}
