package engine

import "context"

// visited is that a provider saw a letter opened, or a link of it followed.
func (e *Engine) visited(context.Context, Report) error { return nil }
