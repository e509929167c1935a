/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The memory of sockets: one interface over `tracked` and its overflow. A socket's own changes of state are
 * serialised by its lock, so only the claim of a slot must be atomic. */
#ifndef TCPTRAIL_TRACK_H
#define TCPTRAIL_TRACK_H

#include "lib/maps.h"

static __always_inline struct slot *track_slot(__u64 key)
{
#ifdef TT_COMPAT
	return NULL;
#else
	/* Fibonacci hashing: the upper bits of the product are spread best. */
	__u32 slot = (key * 0x9e3779b97f4a7c15ULL) >> (64 - TRACKED_BITS);

	return bpf_map_lookup_elem(&tracked, &slot);
#endif
}

/*
 * Asks for a socket's slot without waiting for it. Mostly another processor used it last, and to get it from there
 * takes longer than anything else we do; a store does not wait, so what is done between this and track_find() costs
 * nothing. Two stores, for the two cache lines of a slot, each into a byte that nobody reads.
 */
static __always_inline void track_fetch(__u64 key)
{
	struct slot *slot = track_slot(key);

	if (slot) {
		*(volatile __u8 *)&slot->t.fetched = 0;
		*(volatile __u32 *)&slot->fetched = 0;
	}
}

static __always_inline struct tracked *track_find(__u64 key)
{
	struct slot *slot = track_slot(key);

	if (slot && key && slot->t.sk == key)
		return &slot->t;
	return !slot || slot->overflowed > 0 ? bpf_map_lookup_elem(&tracked_overflow, &key) : NULL;
}

static __always_inline bool claim(struct slot *slot, __u64 key)
{
#ifdef TT_COMPAT
	return false;
#else
	return slot && !control.listing && __sync_val_compare_and_swap(&slot->t.sk, 0, key) == 0;
#endif
}

/* Remembers a socket that is not there yet. Returns false if another processor was faster, or there is no room. */
static __always_inline bool track_insert(__u64 key, struct tracked *t)
{
	struct slot *slot = track_slot(key);

	t->sk = key;
	if (claim(slot, key)) {
		slot->t = *t;
		return true;
	}
	if (slot && slot->t.sk == key)
		return false;
	if (slot) /* before it is there, so that whoever looks does not miss it */
		__sync_fetch_and_add(&slot->overflowed, 1);
	if (bpf_map_update_elem(&tracked_overflow, &key, t, BPF_NOEXIST) == 0)
		return true;
	if (slot)
		__sync_fetch_and_add(&slot->overflowed, -1);
	return false;
}

static __always_inline void track_drop(struct tracked *t)
{
	__u64 key = t->sk;
	struct slot *slot = track_slot(key);

	if (slot && &slot->t == t) {
		barrier();
		*(volatile __u64 *)&slot->t.sk = 0;
	} else if (bpf_map_delete_elem(&tracked_overflow, &key) == 0 && slot) {
		__sync_fetch_and_add(&slot->overflowed, -1);
	}
}

/* All changes of phase of a socket that stays in the map go through here: they keep the count of
 * lingering ones, which saves most returns of connect() a look-up: nothing waits for them while there are none. */
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
