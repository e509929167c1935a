/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The memory of sockets: one interface over `tracked` and its overflow. A socket's own changes of state are
 * serialised by its lock, so only the claim of a slot must be atomic. */
#ifndef TCPTRAIL_TRACK_H
#define TCPTRAIL_TRACK_H

#include "lib/maps.h"

/* The verifier computes with no pointer that it knows the type of. This makes it a number. */
static __always_inline __u64 address_of(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

static __always_inline struct tracked *track_slot(__u64 key)
{
	/* Fibonacci hashing: the upper bits of the product are spread best. */
	__u32 slot = (key * 0x9e3779b97f4a7c15ULL) >> (64 - TRACKED_BITS);

	return bpf_map_lookup_elem(&tracked, &slot);
}

static __always_inline struct tracked *track_find(__u64 key)
{
	struct tracked *t = track_slot(key);

	if (t && key && t->sk == key)
		return t;
	return control.overflowing > 0 ? bpf_map_lookup_elem(&tracked_overflow, &key) : NULL;
}

/* Remembers a socket that is not there yet. Returns false if another processor was faster, or there is no room. */
static __always_inline bool track_insert(__u64 key, struct tracked *t)
{
	struct tracked *slot = track_slot(key);

	t->sk = key;
	if (slot && __sync_val_compare_and_swap(&slot->sk, 0, key) == 0) {
		*slot = *t;
		return true;
	}
	if (slot && slot->sk == key)
		return false;
	if (bpf_map_update_elem(&tracked_overflow, &key, t, BPF_NOEXIST) != 0)
		return false;
	__sync_fetch_and_add(&control.overflowing, 1);
	return true;
}

static __always_inline void track_drop(struct tracked *t)
{
	__u64 key = t->sk;
	struct tracked *slot = track_slot(key);

	if (slot == t) {
		barrier();
		*(volatile __u64 *)&slot->sk = 0;
	} else if (bpf_map_delete_elem(&tracked_overflow, &key) == 0) {
		__sync_fetch_and_add(&control.overflowing, -1);
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
