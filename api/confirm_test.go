package api

import (
	"fmt"
	"testing"
)

func TestLettersNobodyKnowsAboutAreDecidedByAdmins(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var letters []int64
	for i := range 4 {
		client := fmt.Sprintf("c%d", i)
		k.client(client, map[string]any{"email": client + "@client.example"})
		letters = append(letters, k.sent(client, monday))
	}
	k.exec("UPDATE messages SET state = 'unconfirmed' WHERE id <> $1", letters[3])
	k.exec("INSERT INTO unconfirmed (message_id, since) SELECT id, $1 FROM messages WHERE state = 'unconfirmed'", monday)
	confirm := func(id int64) string { return fmt.Sprintf("/api/v1/messages/%d/confirm", id) }

	sender := "Authorization: Bearer " + k.key("send")
	k.send("POST", confirm(letters[0]), map[string]any{"as": "sent"}, sender).is(403)
	k.send("POST", "/api/v1/messages/confirm", map[string]any{"as": "sent"}, sender).is(403)
	k.send("POST", confirm(letters[0]), map[string]any{"as": "perhaps"}).is(422)
	k.send("POST", confirm(letters[0]), map[string]any{}).is(422)
	k.send("POST", confirm(4711), map[string]any{"as": "sent"}).is(404)
	k.send("POST", confirm(letters[3]), map[string]any{"as": "sent"}).is(409)

	got := k.send("POST", confirm(letters[0]), map[string]any{"as": "sent", "by": "Ann Smith", "note": "he has it"}).is(200).json()
	if reason := fmt.Sprint(got["reason"]); got["state"] != "sent" || len(reason) < 30 || reason[:27] != "taken for sent by Ann Smith" {
		t.Errorf("the letter is %v because %v", got["state"], got["reason"])
	}
	k.send("POST", confirm(letters[1]), map[string]any{"as": "sent"}, "Authorization: Bearer "+k.key("admin")).is(200).says("taken for sent by API key test")
	k.send("POST", confirm(letters[0]), map[string]any{"as": "failed"}).is(409)
	k.send("POST", "/api/v1/messages/confirm", map[string]any{"as": "failed", "sequence": "another"}).is(422).names("body.sequence")
	for _, tc := range []struct {
		body map[string]any
		want string
	}{
		{map[string]any{"as": "failed", "sender": "nobody@levanto.example.com"}, "0 0 1"},
		{map[string]any{"as": "failed", "before": monday.AddDate(0, 0, -1)}, "0 0 1"},
		{map[string]any{"as": "failed", "before": monday.AddDate(0, 0, 1)}, "1 0 0"},
		{map[string]any{"as": "failed"}, "0 0 0"},
	} {
		got := k.send("POST", "/api/v1/messages/confirm", tc.body).is(200).json()
		if got := fmt.Sprint(got["confirmed"], got["skipped"], got["left"]); got != tc.want {
			t.Errorf("%v: confirmed, skipped and left are %s, want %s", tc.body, got, tc.want)
		}
	}
	if n := k.count("SELECT count(*) FROM messages WHERE state = 'failed'"); n != 1 {
		t.Errorf("%d letters are taken for lost", n)
	}
}
