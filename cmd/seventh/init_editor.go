package main

import (
	"fmt"
	"os"
	"path/filepath"

	"seventh/sequences"
)

// editorFiles make editors complete, explain and check content while it is written:
// the schemas, and for VS Code which file goes by which. Other editors with a YAML
// language server find them by the first line of each file.
func editorFiles() map[string]string {
	files := map[string]string{
		".vscode/extensions.json": `{
  "recommendations": ["redhat.vscode-yaml"]
}
`,
		".vscode/settings.json": `{
  "yaml.schemas": {
    ".seventh/settings.schema.json": "seventh.yaml",
    ".seventh/sequence.schema.json": "sequences/*.yaml",
    ".seventh/segment.schema.json": "segments/*.yaml"
  },
  "yaml.format.enable": false,
  "[yaml]": { "editor.tabSize": 2, "editor.insertSpaces": true, "editor.quickSuggestions": { "strings": true } },
  "[markdown]": { "editor.wordWrap": "on" }
}
`,
	}
	for name, body := range sequences.Schemas() {
		files[".seventh/"+name] = string(body)
	}
	return files
}

func writeEditorFiles(dir string) error {
	for name, body := range editorFiles() {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("making the folder of %s: %w", name, err)
		}
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}
