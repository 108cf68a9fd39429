package inbound

func optOut(text string) OptOut { return NoOptOut }
