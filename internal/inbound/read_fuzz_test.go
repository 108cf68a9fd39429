package inbound

import "testing"

func FuzzRead(f *testing.F) {
	for _, raw := range []string{
		"Subject: x\n\nhello\n",
		"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: text/html; charset=koi8-r\n\n<blockquote>\xf0\xd2<br>\n--b--\n--a--\n",
		"From: =?utf-8?B?0JjQ?= <a@b.c>, \"x (y\\\"\" z@w\nDate: Mon, 2 Mar 2026 10:00:00 +0300\nReferences: <a@b> <c@d>\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n",
		"Content-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable\n\nFinal-Recipient: rfc822; a@b.c=\n\n",
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := Read(raw)
		if err != nil {
			return
		}
		checkBounds(t, l)
	})
}
