/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A second program beside the first, for the changes of state for which the kernel skips the first.
 *
 * From Linux 7.0 a task may be preempted while it runs a tracepoint's program. Until it goes on, the kernel skips
 * that program on that processor for every other task and for softirqs: a SYN, a listen(), whole connections would
 * be missed. So there the first program leaves a mark of the change that it has dealt with, and its stand-by,
 * attached to the same tracepoint after it, does the work where neither the mark nor what is remembered of the
 * socket shows that it is done. Only what both are skipped for is missed, and counted: what
 * the first was skipped for, less what the stand-by then looked after.
 */
#ifndef TCPTRAIL_STANDBY_H
#define TCPTRAIL_STANDBY_H

#include "lib/emit.h"
#include "lib/track.h"

static __always_inline struct change *last_change(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&last_changes, &zero);
}

static __always_inline void mark_done(__u64 sk, int new_state)
{
	struct change *last = last_change();

	if (!last)
		return;
	last->sk = sk;
	last->new_state = new_state;
}

/* Whether the first program was skipped. Mostly the mark says that it was not; that of another change says
 * nothing: tasks may have changed between the two programs. */
static __always_inline bool left_to_standby(__u64 sk, int old_state, int new_state)
{
	struct change *last = last_change();
	const struct tracked *t;

	if (last && last->sk == sk && last->new_state == new_state) {
		last->sk = 0;
		return false;
	}
	count_stood_in();
	t = track_find(sk);
	return !tt_reflects(t ? t->phase : TT_PHASE_NONE, old_state, new_state);
}

#endif
