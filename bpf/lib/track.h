/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The memory of sockets: one interface over `tracked` and its overflow. */
#ifndef TCPTRAIL_TRACK_H
#define TCPTRAIL_TRACK_H

#include "lib/maps.h"

static __always_inline struct tracked *track_find(const void *sk)
{
	__u64 key = (__u64)sk;
	struct tracked *t = bpf_map_lookup_elem(&tracked, &key);

	if (!t && control.overflowing > 0)
		t = bpf_map_lookup_elem(&tracked_overflow, &key);
	return t;
}

/* Returns false if the socket is there already (with BPF_NOEXIST), or nowhere is room. */
static __always_inline bool track_put(const void *sk, const struct tracked *t, __u64 flags)
{
	__u64 key = (__u64)sk;

	if (bpf_map_update_elem(&tracked, &key, t, flags) == 0)
		return true;
	if (track_find(sk))
		return false;
	if (bpf_map_update_elem(&tracked_overflow, &key, t, BPF_NOEXIST) != 0)
		return false;
	__sync_fetch_and_add(&control.overflowing, 1);
	return true;
}

static __always_inline void track_drop(const void *sk)
{
	__u64 key = (__u64)sk;

	if (bpf_map_delete_elem(&tracked, &key) == 0)
		return;
	if (control.overflowing > 0 && bpf_map_delete_elem(&tracked_overflow, &key) == 0)
		__sync_fetch_and_add(&control.overflowing, -1);
}

/* All changes of phase of a socket that stays in the map go through here: they keep the count of
 * lingering ones, which saves a look-up at every socket's destruction while there are none. */
static __always_inline void track_enter(struct tracked *t, enum tt_phase phase)
{
	bool lingered = tt_lingers(t->phase);
	bool lingers = tt_lingers(phase);

	if (lingers && !lingered)
		__sync_fetch_and_add(&control.lingering, 1);
	if (!lingers && lingered)
		__sync_fetch_and_add(&control.lingering, -1);
	t->phase = phase;
}

#endif
