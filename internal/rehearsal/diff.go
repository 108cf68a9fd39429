package rehearsal

import (
	"fmt"
	"strings"
)

// edit is a line that both have (' '), only the expectation ('-') or only what
// happened ('+'), with the number of the expected line it stands at.
type edit struct {
	sign   byte
	text   string
	number int
}

// around is how many lines around a difference are shown.
const around = 3

// diff tells how what happened differs from what was expected, as a unified diff
// whose numbers are lines of the story: first is that of the first expected one.
func diff(want, got []string, first int) string {
	edits := compare(want, got)
	var out strings.Builder
	shown := -1
	for i, e := range edits {
		if e.sign == ' ' {
			continue
		}
		from := max(shown+1, i-around)
		if from > shown+1 || shown < 0 {
			fmt.Fprintf(&out, "@@ line %d @@\n", first+edits[from].number)
		}
		for _, near := range edits[from:i] {
			fmt.Fprintf(&out, " %s\n", near.text)
		}
		fmt.Fprintf(&out, "%c%s\n", e.sign, e.text)
		shown = i
		for n := i + 1; n < len(edits) && n <= i+around && edits[n].sign == ' '; n++ {
			fmt.Fprintf(&out, " %s\n", edits[n].text)
			shown = n
		}
	}
	return out.String()
}

// compare aligns two texts by their longest common subsequence of lines.
func compare(want, got []string) []edit {
	const most = 20_000_000 // cells; more than any story a person reads
	if len(want)*len(got) > most {
		return replaced(want, got)
	}
	common := make([][]int32, len(want)+1)
	for i := range common {
		common[i] = make([]int32, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i] == got[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var edits []edit
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i] == got[j]:
			edits = append(edits, edit{' ', want[i], i})
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			edits = append(edits, edit{'-', want[i], i})
			i++
		default:
			edits = append(edits, edit{'+', got[j], i})
			j++
		}
	}
	return edits
}

func replaced(want, got []string) []edit {
	var edits []edit
	for i, text := range want {
		edits = append(edits, edit{'-', text, i})
	}
	for _, text := range got {
		edits = append(edits, edit{'+', text, len(want)})
	}
	return edits
}
