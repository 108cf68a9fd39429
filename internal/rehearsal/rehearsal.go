// Package rehearsal plays stories: what marketers, reps, the CRM, clients and mail
// servers do on which day, and what must come of it. A story is played by the real
// engine and worker on a database of its own, with a clock that jumps from one due
// instant to the next, and a mail server on this machine that takes the letters.
//
// A story is a txtar archive:
//
//	What the story tells, for readers.
//	content: built-in                  the content it plays on; else the folder it stands in
//
//	-- clients.yaml --                 who there is, with the words of the API (or clients.json)
//	-- sequences/own.yaml --           any file of a content folder, laid over the content
//	-- edit/sequences/own.yaml --      files of a later publication: `publish edit`; an empty one is removed
//	-- timeline --                     a line for everything that happens or is expected (verbs.go)
//	-- touches --                      everything that must have happened, by client (ledger.go)
//
// The first line `at` of a timeline sets the clock, and is the zone of all moments
// that name none; later ones move it, through everything that comes due on the way.
// In a story without touches every letter must be expected by a line of the
// timeline. `seventh rehearse --update` writes the touches.
//
//	story.go     reads a story: pure, all mistakes at once, with their lines
//	verbs.go     what a line of a timeline may say
//	play.go      plays a story
//	deeds.go     what people and machines do; expect.go what must have come of it
//	ledger.go    the touches as text; diff.go how they differ from those expected
//	letter.go    letters as mail programs read them
//	database.go  a database for each story, on a server that only rehearsals use
package rehearsal
