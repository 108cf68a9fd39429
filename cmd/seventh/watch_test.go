package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"seventh/internal/content"
)

func TestWatchedFolderIsToldReadably(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 12, 4, 5, 0, time.UTC)
	problem := content.Problem{File: "sequences/a.yaml", Line: 3, Column: 3, Message: `unknown key "emial"`, Source: "  emial: c/guide", Severity: content.Mistake}
	for _, tc := range []struct {
		name string
		look content.Look
		want []string
	}{
		{"at first", content.Look{Number: 1, At: at, Plan: &content.Plan{}}, []string{"── 12:04:05  watching the folder ───", "This is what is in force."}},
		{"a mistake", content.Look{Number: 2, At: at, Changed: []string{"saved sequences/a.yaml"}, Problems: []content.Problem{problem}},
			[]string{"── 12:04:05  saved sequences/a.yaml ───", `sequences/a.yaml:3:3: unknown key "emial"`, "      emial: c/guide\n      ^\n", "1 problem."}},
		{"a checkout", content.Look{Number: 3, At: at, Changed: []string{"saved a", "saved b", "added c", "removed d"}, Failed: errors.New("there is no seventh.yaml here")},
			[]string{"saved a, saved b, added c and 1 more ──", "there is no seventh.yaml here\n"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			tell(&out, tc.look)
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, out.String())
				}
			}
		})
	}
}
