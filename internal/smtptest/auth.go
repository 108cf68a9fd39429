package smtptest

import (
	"encoding/base64"
	"strings"
)

// auth answers AUTH PLAIN, LOGIN and XOAUTH2 (whose token is the user's password).
func (x *session) auth(rest string) {
	if x.server.options.Auth == nil {
		x.reply(502, "5.5.1 not offered")
		return
	}
	if !x.step("auth") {
		return
	}
	mechanism, initial, _ := strings.Cut(rest, " ")
	user, password, ok := x.credentials(strings.ToUpper(mechanism), initial)
	want, known := x.server.options.Auth[user]
	if !ok || !known || want != password {
		x.reply(535, "5.7.8 authentication failed")
		return
	}
	x.authenticated = true
	x.reply(235, "2.7.0 welcome")
}

func (x *session) credentials(mechanism, initial string) (user, password string, ok bool) {
	switch mechanism {
	case "PLAIN":
		if initial == "" {
			initial = x.challenge("")
		}
		parts := strings.Split(decode(initial), "\x00")
		if len(parts) != 3 {
			return "", "", false
		}
		return parts[1], parts[2], true
	case "LOGIN":
		user = decode(x.challenge("VXNlcm5hbWU6")) // "Username:"
		return user, decode(x.challenge("UGFzc3dvcmQ6")), true
	case "XOAUTH2":
		fields := strings.Split(decode(initial), "\x01")
		if len(fields) < 2 {
			return "", "", false
		}
		user, okUser := strings.CutPrefix(fields[0], "user=")
		token, okToken := strings.CutPrefix(fields[1], "auth=Bearer ")
		return user, token, okUser && okToken
	}
	return "", "", false
}

func (x *session) challenge(text string) string {
	x.reply(334, text)
	line, err := x.readLine()
	if err != nil {
		x.over = true
	}
	return strings.TrimRight(line, "\r\n")
}

func decode(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}
