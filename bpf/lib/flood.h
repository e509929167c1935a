/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Flood control: nobody can hide others by making more events than the reader takes. While the large ring is in use,
 * what each process makes is held against its budget (logic/flood.h). A process above it has its events summed up once
 * much is unread, and everybody has when the ring is full.
 */
#ifndef TCPTRAIL_FLOOD_H
#define TCPTRAIL_FLOOD_H

#include "lib/maps.h"

/* Counts an event of this process. Two processors may both begin a round, and forget one: no matter. What has no
 * process, as a reject, has no budget: it is whatever strangers send. */
static __always_inline bool over_budget(const struct tt_conn *c)
{
	__u32 pid = c->task.pid;
	struct budget fresh = { .since_ns = bpf_ktime_get_ns(), .made = 1, .round = control.spill_round };
	struct budget *budget;

	if (!c->owner)
		return true;
	budget = bpf_map_lookup_elem(&budgets, &pid);
	if (!budget) {
		bpf_map_update_elem(&budgets, &pid, &fresh, BPF_NOEXIST);
		return false;
	}
	if (budget->round != fresh.round) {
		*budget = fresh;
		return false;
	}
	__sync_fetch_and_add(&budget->made, 1);
	return tt_over_budget(budget->made, tt_elapsed(budget->since_ns, fresh.since_ns), config.budget);
}

static __always_inline void flood_key_of(struct tt_flood_key *key, __u32 kind, const struct tt_conn *c,
					 __s32 error)
{
	__builtin_memset(key, 0, sizeof(*key));
	__builtin_memcpy(key->local, c->local, sizeof(key->local));
	__builtin_memcpy(key->remote, c->remote, sizeof(key->remote));
	__builtin_memcpy(key->comm, c->task.comm, sizeof(key->comm));
	key->pid = c->task.pid;
	key->netns = c->netns;
	key->error = error;
	key->port = c->direction == TT_OUTBOUND ? c->remote_port : c->local_port;
	key->kind = kind;
	key->direction = c->direction;
	key->owner = c->owner;
}

static const struct tt_flood no_flood;

/* What was counted of the same, or NULL if the map is full; then *fresh tells nothing. */
static __always_inline struct tt_flood *flood_find(const struct tt_flood_key *key, const struct tt_conn *c,
						   bool *fresh)
{
	void *side = control.flood_side ? (void *)&flood_1 : (void *)&flood_0;
	struct tt_flood *flood = bpf_map_lookup_elem(side, key);

	*fresh = false;
	if (flood)
		return flood;
	if (bpf_map_update_elem(side, key, &no_flood, BPF_NOEXIST) == 0)
		*fresh = true;
	flood = bpf_map_lookup_elem(side, key);
	if (flood && *fresh)
		flood->conn = *c;
	return flood;
}

enum flood_verdict {
	FLOOD_SINGLY, /* to be told as it is */
	FLOOD_SUMMED, /* it was counted */
	FLOOD_NO_ROOM, /* it should have been */
};

/* What becomes of an event while the large ring is in use, or now that it is full. */
CHECKED_ONCE int flood_sort(__u32 kind, const struct tt_conn *c, __u64 time_ns, __s32 error, __u32 full)
{
	enum tt_pressure pressure = TT_PRESSURE_HIGH;
	struct tt_flood_key key;
	struct tt_flood *flood;
	bool fresh;

	if (!c)
		return FLOOD_SINGLY;
	if (!full) {
		if (!over_budget(c))
			return FLOOD_SINGLY;
		pressure = tt_pressure_of(bpf_ringbuf_query(&spill, BPF_RB_AVAIL_DATA), config.flood_bytes);
		if (pressure == TT_PRESSURE_NONE || (pressure == TT_PRESSURE_SOME && kind == TT_FAIL))
			return FLOOD_SINGLY;
	}
	flood_key_of(&key, kind, c, error);
	flood = flood_find(&key, c, &fresh);
	control.flooded = 1;
	if (pressure == TT_PRESSURE_SOME && (fresh || !flood))
		return FLOOD_SINGLY; /* a first contact */
	if (!flood)
		return FLOOD_NO_ROOM;
	if (!flood->first_ns)
		flood->first_ns = time_ns;
	flood->last_ns = time_ns;
	__sync_fetch_and_add(&flood->count, 1);
	return FLOOD_SUMMED;
}

#endif
