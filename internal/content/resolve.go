package content

import (
	"fmt"
	"os"
	"strings"
)

// Resolve gives what a value of seventh.yaml stands for: env:NAME the variable,
// file:PATH the file's text, both without blanks around; any other value is itself.
// The error names where the value should have been, never the value.
func Resolve(value string) (string, error) {
	if name, found := strings.CutPrefix(value, "env:"); found {
		text := strings.TrimSpace(os.Getenv(name))
		if text == "" {
			return "", fmt.Errorf("the environment variable %s is not set, and seventh.yaml refers to it", name)
		}
		return text, nil
	}
	if path, found := strings.CutPrefix(value, "file:"); found {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("reading what seventh.yaml refers to: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	return value, nil
}
