package mail

import (
	"encoding/base64"
	"path"
	"strconv"
	"strings"
)

// Attachment is a file that travels with a letter, encoded once: all letters that are
// compiled with it share its bytes.
type Attachment struct {
	name    string
	kind    string // media type
	encoded []byte // base64 in lines
}

// base64Line is how much of a file makes one line of 76 characters (RFC 2045 6.8).
const base64Line = 57

// NewAttachment encodes a file. Only the last part of its path is shown to the reader.
func NewAttachment(file string, body []byte) Attachment {
	encoded := make([]byte, 0, base64.StdEncoding.EncodedLen(len(body))+len(body)/base64Line*2+2)
	for len(body) > 0 {
		n := min(base64Line, len(body))
		if len(encoded) > 0 {
			encoded = append(encoded, "\r\n"...)
		}
		encoded = base64.StdEncoding.AppendEncode(encoded, body[:n])
		body = body[n:]
	}
	return Attachment{name: headerText(path.Base(file)), kind: mediaType(file), encoded: encoded}
}

// mediaTypes are those of files that offers and price lists come in. The system's table
// differs between machines, and with it the letter would.
var mediaTypes = map[string]string{
	".csv":  "text/csv; charset=UTF-8",
	".doc":  "application/msword",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".gif":  "image/gif",
	".htm":  "text/html; charset=UTF-8",
	".html": "text/html; charset=UTF-8",
	".ics":  "text/calendar; charset=UTF-8",
	".jpeg": "image/jpeg",
	".jpg":  "image/jpeg",
	".mp4":  "video/mp4",
	".odp":  "application/vnd.oasis.opendocument.presentation",
	".ods":  "application/vnd.oasis.opendocument.spreadsheet",
	".odt":  "application/vnd.oasis.opendocument.text",
	".pdf":  "application/pdf",
	".png":  "image/png",
	".ppt":  "application/vnd.ms-powerpoint",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".rtf":  "application/rtf",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=UTF-8",
	".vcf":  "text/vcard; charset=UTF-8",
	".webp": "image/webp",
	".xls":  "application/vnd.ms-excel",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".zip":  "application/zip",
}

func mediaType(file string) string {
	if kind, ok := mediaTypes[strings.ToLower(path.Ext(file))]; ok {
		return kind
	}
	return "application/octet-stream"
}

// parameterRoom is how much of a parameter's value stands on one line with its name.
const parameterRoom = 50

// parameter is "; name=value" on lines of its own: quoted when it is plain and short, else
// in UTF-8 and in as many pieces as it needs (RFC 2231 3, 4), which any script can be
// written in.
func parameter(name, value string) string {
	if isPrintable(value) && len(value) <= parameterRoom {
		return ";\r\n " + name + "=" + string(appendQuoted(nil, value))
	}
	var pieces []string
	piece := "UTF-8''"
	for i := range len(value) {
		octet := percent(value[i])
		if len(piece)+len(octet) > parameterRoom {
			pieces, piece = append(pieces, piece), ""
		}
		piece += octet
	}
	pieces = append(pieces, piece)
	if len(pieces) == 1 {
		return ";\r\n " + name + "*=" + pieces[0]
	}
	var out strings.Builder
	for i, piece := range pieces {
		out.WriteString(";\r\n " + name + "*" + strconv.Itoa(i) + "*=" + piece)
	}
	return out.String()
}

// percent is an octet as RFC 2231 7 has it: an attribute-char is itself.
func percent(c byte) string {
	const hex = "0123456789ABCDEF"
	if c == '.' || isAtext(c) && strings.IndexByte("*'%/?=", c) < 0 {
		return string(c)
	}
	return string([]byte{'%', hex[c>>4], hex[c&15]})
}
