/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How long something took. Pure: no helpers, no maps, so that it compiles on the host too and is tested there. */
#ifndef TCPTRAIL_LOGIC_TIME_H
#define TCPTRAIL_LOGIC_TIME_H

#include <linux/types.h>

/* Nanoseconds between two readings of one clock. The beginning may be noted after `now` was read: on another processor, or
 * on this one, where from Linux 7.0 a task may be preempted in a program. Then no time has passed. (What events tell is left
 * to user space: it is told by far more often.) */
static inline __u64 tt_elapsed(__u64 since, __u64 now)
{
	return now > since ? now - since : 0;
}

#endif
