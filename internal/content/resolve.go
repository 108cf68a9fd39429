package content

import (
	"fmt"
	"os"
	"strings"
)

// Resolve gives the value behind a setting of seventh.yaml: that of a variable for
// env:NAME, a file's text without blanks around it for file:PATH, else the setting
// itself. An error names the key and what to do, never the value.
func Resolve(setting string) (string, error) {
	if name, ok := strings.CutPrefix(setting, "env:"); ok {
		value, set := os.LookupEnv(name)
		if !set || value == "" {
			return "", fmt.Errorf("reading %s: the environment variable %s is not set; set it for every process of seventh", setting, name)
		}
		return value, nil
	}
	path, ok := strings.CutPrefix(setting, "file:")
	if !ok {
		return setting, nil
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", setting, err)
	}
	value := strings.TrimSpace(string(body))
	if value == "" {
		return "", fmt.Errorf("reading %s: the file is empty", setting)
	}
	return value, nil
}
