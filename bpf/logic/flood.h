/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which events are told singly when more comes than the reader takes. Pure: no helpers, no maps, so that it compiles on
 * the host too and is tested there.
 */
#ifndef TCPTRAIL_LOGIC_FLOOD_H
#define TCPTRAIL_LOGIC_FLOOD_H

#include "abi/event.h"

#define TT_NS_PER_MS 1000000ULL
/* What a process may make at once: its budget for so long. */
#define TT_BUDGET_GRACE_MS 500

/*
 * Whether a process that made so many events in this time is above its budget of so many a second. All that it makes
 * counts, not only what was told, so that one who floods stays above it.
 */
static inline int tt_over_budget(__u64 made, __u64 elapsed_ns, __u32 budget)
{
	__u64 ms = elapsed_ns / TT_NS_PER_MS + TT_BUDGET_GRACE_MS;

	return made > ms * budget / 1000;
}

enum tt_pressure {
	TT_PRESSURE_NONE, /* all are told */
	TT_PRESSURE_SOME, /* of processes above their budget only failures and first contacts are */
	TT_PRESSURE_HIGH, /* of those processes nothing is: what room is left is for the others */
};

/* By the unread bytes of the large ring, and from how many on processes above their budget give way. */
static inline enum tt_pressure tt_pressure_of(__u64 unread, __u32 flood_bytes)
{
	if (unread < flood_bytes)
		return TT_PRESSURE_NONE;
	return unread / 2 < flood_bytes ? TT_PRESSURE_SOME : TT_PRESSURE_HIGH;
}

#endif
