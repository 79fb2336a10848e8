// Package transfer moves sessions between stores: straight from one to another
// while the first is in use, or through a file of lines.
//
// # How a copy goes
//
// A copy reads all sessions of FROM, again and again, until a pass finds nothing
// that it has not carried over to TO. What it has done is in a ledger, a file
// that outlives it: for each session the versions that it wrote to TO, the
// deadline, and a digest. So a pass tells what is new, what has changed, what
// was touched and what has gone without asking TO.
//
// Each batch has three steps. It notes in the ledger what it is about to write,
// and waits for the disk; it writes that to TO; it notes that the batch is done,
// or, if TO fails or the program is interrupted, what of it is. Whoever kills the
// program leaves one batch of which nobody knows how far it
// came. The next run looks at TO for each session of that batch, and knows all
// versions there that may be its own, and what TO had for certain before.
//
// # Whose a session in TO is
//
// Versions are drawn at random by whoever changes a session, and the ledger
// knows which ones came from FROM. So:
//
//   - A session of TO whose version is in the ledger is FROM's. It follows FROM:
//     it is replaced, touched, and ended when FROM has ended it.
//   - A session of TO with another version was changed, or created, by TO's own
//     users. It is never replaced and never ended, whatever FROM does.
//   - A session that the ledger knows to be in TO and that is not there any
//     more, though its time had not come, was ended by TO's users. It is not
//     created again.
//   - A session that has run out in FROM is left to run out in TO, where its
//     users may have kept it alive.
//
// Touches are carried over without a look, since they move a deadline and
// nothing else: a session that is used in FROM lives as long in TO.
//
// A session is ended as the core ends one: something that has expired takes its
// place, over the version that was seen, and only then is it deleted. Between a
// look at a session and its end nobody's change is lost.
//
// Records are carried verbatim, those included that are no sessions: what is
// left of renewed ones, so that nobody revives them in TO either, and the notes
// that order logouts of whole accounts. Under one ID a record may change only
// in certain ways; where FROM's has taken another, as such a note does when it is
// written anew, TO's is ended and created again.
package transfer
