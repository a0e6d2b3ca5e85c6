/* SPDX-License-Identifier: MIT */
/*
 * Codes of what is found in the stack's files and on the way to them. No rule of the plan gives them: whoever finds it
 * adds a message with the code (diag_note). The man page lists them behind those of the plan.
 */
#include "core/advice_notes.h"

const struct advice_note advice_notes[] = {
	{"documents-left", SEV_WARNING,
	 "with the smaller image, what the usual one kept cannot be read any more, and what to do about it"},
	{"documents-off", SEV_WARNING,
	 "with the smaller image, documents are not found, because the database cannot keep what it needs, and why"},
	{"override-holds", SEV_INFO,
	 "a value of vpsfit's own stack stands in a file that Compose merges over it, and is kept"},
	{"swarm-settings", SEV_WARNING,
	 "the file is made for a Swarm: memswap_limit is left out, for 'docker stack deploy' refuses it"},
	{"workers-stay", SEV_INFO, "the stack's own worker count stays as it is, and the sizes are made for it"},
	{"workers-bounded", SEV_INFO, "a limit that stays as it is holds fewer workers than would be planned"},
	{"workers-not-raised", SEV_INFO,
	 "the stack's workers are not raised, because not everything that runs here is counted"},
	{"limit-stays", SEV_WARNING, "a limit that stays as it is is too low for the workers"},
	{"usual-cost-unusable", SEV_WARNING,
	 "a file of usual costs cannot be used; what its images take counts as not known"},
	{"limit-lowered", SEV_WARNING, "a limit that somebody else chose gets lower"},
	{"gateway-not-fitted", SEV_WARNING, "another service runs the same gateway, and is counted but not changed"},
	{"service-note", SEV_WARNING,
	 "what the file of a service says of its settings in this stack, such as a command without --run_gunicorn"},
	{"service-gone", SEV_INFO, "a service that vpsfit wrote values for is not in the stack any more"},
	{"service-renamed", SEV_INFO, "a service of vpsfit's own stack has another name, and is fitted under it"},
	{"optional-service", SEV_WARNING,
	 "an optional service could not be put into the stack, or not be taken out of it, and why"},
	{"optional-service-out", SEV_INFO, "an optional service is taken out of the stack; its container goes on"},
	{"not-taken-over", SEV_WARNING,
	 "containers run with other limits or counts than the files have; they take them over when they are started anew"},
	{"running-over", SEV_WARNING, "containers that run with earlier limits hold more than this machine has for them"},
	{"answer-unread", SEV_WARNING, "an answer has no effect, because no compose file reads its variable any more"},
	{"answer-kept-out", SEV_WARNING, "a line of .env was changed by hand, and the same answer as before does not undo it"},
	{"package-newer", SEV_INFO, "the package has newer files than the stack was written with; the stack's own stay"},
	{"rollback-larger", SEV_WARNING, "what a rollback brings back was fitted to a larger machine than this one"},
	{"taken-up", SEV_INFO, "a stack of vpsfit's own without what was remembered of it is taken up again"},
	{"other-compose-file", SEV_WARNING, "Compose takes another file in this directory, or leaves one aside"},
	{"included-files", SEV_WARNING, "the compose file includes others, which are not looked into"},
	{"file-unknown", SEV_WARNING, "a file that belongs to the project cannot be read, and what is not known of it"},
	{"file-left", SEV_INFO, "a file that is not read any more stays, because it was edited"},
	{"env-restored", SEV_WARNING, ".env, or keys of it, come back from vpsfit's own copy"},
	{"env-exposed", SEV_WARNING, "others can read the secrets in .env, or could"},
	{"secret-from-outside", SEV_WARNING,
	 "a secret has no value in .env: it comes from the environment of who starts the stack"},
	{"secret-new", SEV_WARNING, "a secret is missing, no copy of it is kept, and a new one is made"},
	{"by-hand", SEV_WARNING, "a value that only a person can change, and why; by_hand has the lines"},
	{"limits-stay", SEV_INFO, "with --limits off, a limit that vpsfit did not write stays, or cannot be taken out"},
	{"cut-off", SEV_WARNING, "an apply was cut off before this run: what was done about it, or is to be done"},
	{"not-done", SEV_WARNING, "part of an apply was left out, such as swap that nobody asked for, and why"},
	{"hidden-stacks", SEV_WARNING, "there are stacks that root applied, which only root may look at"},
	{"message", SEV_INFO, "any other warning or note of this run"},
	{"private-answers", SEV_WARNING, "the answers file holds a provider's key and others can read it"},
};

const size_t advice_note_count = sizeof(advice_notes) / sizeof(advice_notes[0]);
