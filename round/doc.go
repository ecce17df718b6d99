// Package round decides how a task and its training rounds advance: a state machine
// that takes inputs and returns effects. This page is the contract between the machine
// and whoever drives it. On the chain that is chain/task, in memory it is sim.
//
// The package carries nothing out. It does no I/O, starts no goroutine, and knows no
// clock, no randomness, no signature of a transaction and no account. Money, nodes and
// privacy budgets change only when the driver carries out the effects.
//
// # Life of a task and of a round
//
// A task is waiting until it has a committee, preparing until the committee holds model 0
// and its hold-out shards, and running while rounds run. It ends as reached, spent, failed
// or cancelled. A round passes through these phases:
//
//	train      trainers commit to their updates
//	attest     aggregators say which updates they hold; 2f+1 bitmaps close the phase
//	prove      only where too few updates arrived: trainers show receipts, then the round is aborted
//	aggregate  aggregators commit to the next model
//	reveal     aggregators reveal its digest; 2f+1 equal digests are accepted, a different one is a fault
//	score      evaluators commit to their scores
//	open       evaluators reveal them; the stake-weighted median is the round's score
//	settled    or aborted: the round is over
//
// A phase closes at the end of the block in which all have answered, or when enough have
// answered and a grace period has passed, or at its deadline.
//
// # How to drive it
//
// The driver keeps one [State] for each task. It gives a task one [Input] at a time, in the
// order in which blocks contain them, through [Apply] and a [World]. A driver that cannot
// implement World calls [State.Step] and follows the same rules; the package's example does.
//
//  1. Create. The driver validates the task file, locks the escrow, and saves the state that
//     [New] returns. A private task is first checked with [Affordable].
//  2. During a block, for each message: check who signed it. The machine believes the fields
//     Node and Owner of an input; it verifies only the receipts and charges inside one, whose
//     keys the task records. Read the state with at least the parts that [Needs] names, then
//     call Apply with the [Moment] of the block.
//  3. At the end of a block, for each task whose Task.Due is above zero and not after the
//     network time: Apply a [Tick]. Take the task that has been due longest first, and leave
//     to the next block what exceeds [MaxTasksPerBlock] and [MaxTrainersPerBlock]. A Tick before Due
//     changes nothing. A late Tick closes a phase late, but admits no late message: deadlines
//     are compared with the time of each message as well.
//
// # What must be saved, and in which order
//
// For each input, in this order:
//
//  1. [State.Step] returns the next state and a list of effects. If it returns an error, the
//     state is the one before, there are no effects, and there is nothing to save.
//  2. Save the next state, before any effect is carried out.
//  3. Carry out the effects in the order of the list. For each: tell listeners, then change
//     nodes, money and budgets.
//  4. [AskCommittee] and [AskTrainers] are answered at once, in the same block, with a
//     [Select] that [Committee], [Trainers] or [PrivateTrainers] computes. That is an input of its
//     own: its state is saved and its effects are carried out before the next effect of the
//     list. If the answer is [ErrResources], nothing is selected; the task asks again when it
//     is due.
//  5. [Slash] burns a part of a bond. How much was burned is written into the task's list of
//     faults, and the state is saved again.
//
// All of this is one transaction: the state, the effects, and the states and effects of the
// answers. If any step fails, the driver undoes the whole transaction, and the task is as if
// the input had never come. Effects are never stored and never returned a second time: a
// driver that saves a state and loses its effects has lost a payment for good.
//
// A crash therefore needs no recovery here. A store that is transactional holds all of an
// input or none of it, and the driver gives the machine the unfinished block again. The chain
// relies on the commit of its block, and on a cache that is written only when Apply has
// succeeded; sim keeps a list of functions that undo what Apply did.
//
// Apply can fail for three kinds of reasons:
//
//   - The error is or wraps a [*Refusal]: the input is refused. It would be refused again, by
//     everybody.
//   - The error is a [*Panic]: the machine has a bug. The same input panics everywhere, so the
//     driver undoes it, leaves this task alone for a while, and goes on with the others.
//   - The error is one of the World. If every replica fails alike, a driver may treat it as it
//     treats a panic. A store that fails on one machine must stop that machine.
//
// # What is deterministic
//
// The same State, Moment and Input give the same state, the same effects in the same order,
// and the same error, on every machine. So do [Committee], [Trainers] and [PrivateTrainers] for the
// same state and [Roster], in whatever order the roster was filled. All arithmetic is on
// integers, and no map is walked. A World must be deterministic too: what a method returns
// may depend on nothing but what was saved and carried out before.
//
// # What the driver may not do
//
//   - Let height or network time fall, or begin at 0. Network time comes from a [Clock],
//     never from the wall clock.
//   - Change a State, or a slice inside it, other than by saving what Step returned. The one
//     exception is to postpone Task.Due of a task that fails at every Tick.
//   - Skip, repeat, merge or reorder effects.
//   - Drop Scoring when a step settles it: that step returns the round settled for the last
//     time. Save it then. A State holds no rounds that ended earlier; the driver keeps them.
//   - Give a Step fewer parts than [Needs] names. It may give more: the result is the same.
//   - Use one [Roster] from two goroutines. States are values: steps on the same state may
//     run at the same time, for example to check a message without applying it.
//
// Package roundtest holds the tests that every driver runs: scenarios of tasks that must have
// the same outcome in each World.
package round
