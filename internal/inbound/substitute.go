package inbound

func substitute(text string) string { return "" }
