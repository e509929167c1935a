/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The one way out: count, filter, and put a record into the ring buffer, or sum it up. */
#ifndef TCPTRAIL_EMIT_H
#define TCPTRAIL_EMIT_H

#include "lib/filter.h"
#include "lib/flood.h"

/* The reader comes by on a timer while there are events; it is woken before that only if much is waiting, or if
 * it had found nothing, and only once. Waking it for every record would cost more than all the rest
 * (docs/performance.md). */
static __always_inline __u64 wake_flags_from(__u32 least, __u32 adding)
{
	__u32 enough = control.wake_bytes;

	if (enough && enough < least)
		enough = least;
	if (enough &&
	    (control.spilling || bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) + adding >= enough)) {
		control.wake_bytes = 0;
		return BPF_RB_FORCE_WAKEUP;
	}
	return BPF_RB_NO_WAKEUP;
}

static __always_inline __u64 wake_flags(void)
{
	return wake_flags_from(0, 0);
}

/* size must be a constant. */
static __always_inline struct tt_event *reserve(const __u32 size)
{
	if (!control.spilling) {
		struct tt_event *event = bpf_ringbuf_reserve(&events, size, 0);

		if (event)
			return event;
		control.spilling = 1;
	}
	return bpf_ringbuf_reserve(&spill, size, 0);
}

static __always_inline bool asked_for(enum tt_kind kind)
{
	return config.events & BIT(kind);
}

/*
 * Counts and filters one event. The counters are per CPU, yet added to atomically: a softirq may come in
 * between. Returns whether it is to be told, and where losses are counted.
 */
static __always_inline struct tt_counters *admit(enum tt_kind kind, const struct tt_conn *c)
{
	__u32 zero = 0;
	struct tt_counters *count = bpf_map_lookup_elem(&counters, &zero);

	if (!count)
		return NULL;
	__sync_fetch_and_add(&count->seen[kind], 1);
	if (filter_passes(c))
		return count;
	__sync_fetch_and_add(&count->filtered[kind], 1);
	return NULL;
}

/* An event of this kind happened, and there is nothing left to tell it with. */
static __always_inline void count_lost(enum tt_kind kind)
{
	__u32 zero = 0;
	struct tt_counters *count = bpf_map_lookup_elem(&counters, &zero);

	if (!count || !asked_for(kind))
		return;
	__sync_fetch_and_add(&count->seen[kind], 1);
	__sync_fetch_and_add(&count->lost[kind], 1);
}

/* The end of a socket was missed, and its destruction too. */
static __always_inline void count_lost_end(enum tt_phase phase)
{
	if (phase == TT_PHASE_CONNECTING)
		count_lost(TT_FAIL);
	if (phase == TT_PHASE_ESTABLISHED || phase == TT_PHASE_EARLY)
		count_lost(TT_CLOSE);
	if (phase == TT_PHASE_LISTENING)
		count_lost(TT_UNLISTEN);
}

/* A program did not run where it should have: nobody knows what it would have told. */
static __always_inline void count_missed(void)
{
	__u32 zero = 0;
	struct tt_counters *count = bpf_map_lookup_elem(&counters, &zero);

	if (count)
		__sync_fetch_and_add(&count->missed, 1);
}

/* The stand-by looked after what the kernel had skipped another program for. */
static __always_inline void count_stood_in(void)
{
	__u32 zero = 0;
	struct tt_counters *count = bpf_map_lookup_elem(&counters, &zero);

	if (count)
		__sync_fetch_and_add(&count->stood_in, 1);
}

static __always_inline void fill(struct tt_event *event, enum tt_kind kind, __u16 size,
				 const struct tt_conn *c, __u64 time_ns)
{
	event->header.size = size;
	event->header.kind = kind;
	event->header.version = TT_ABI_VERSION;
	event->header.reserved = 0;
	event->header.time_ns = time_ns;
	__builtin_memcpy(&event->conn, c, sizeof(*c));
}

/* A record for an event that passed the filters, or NULL: then it was summed up or is lost, and that is counted.
 * size must be a constant. */
static __always_inline struct tt_event *record(struct tt_counters *count, enum tt_kind kind, const __u32 size,
					       const struct tt_conn *c, __u64 time_ns, __s32 error)
{
	int verdict = control.spilling ? flood_sort(kind, c, time_ns, error, false) : FLOOD_SINGLY;
	struct tt_event *event = NULL;

	if (verdict == FLOOD_SINGLY) {
		event = reserve(size);
		if (!event)
			verdict = flood_sort(kind, c, time_ns, error, true);
	}
	if (!event) {
		__sync_fetch_and_add(verdict == FLOOD_SUMMED ? &count->flooded[kind] : &count->lost[kind], 1);
		return NULL;
	}
	fill(event, kind, size, c, time_ns);
	return event;
}

/*
 * Not inlined, nor are the rare paths elsewhere: between two events the kernel's own work evicts our code
 * from the processor's cache, so that what is shared and dense costs least (docs/performance.md).
 */
CHECKED_ONCE int tell_short(__u32 kind, const struct tt_conn *c, __u64 time_ns, __u64 word0, __u64 word1)
{
	struct tt_counters *count;
	struct tt_event *event;

	if (!c || kind >= TT_KINDS)
		return 0;
	count = admit(kind, c);
	if (!count)
		return 0;
	event = record(count, kind, TT_SHORT_SIZE, c, time_ns, kind == TT_FAIL ? (__s32)word1 : 0);
	if (!event)
		return 0;
	event->body.words[0] = word0;
	event->body.words[1] = word1;
	bpf_ringbuf_submit(event, wake_flags());
	return 0;
}

CHECKED_ONCE int tell_long(__u32 kind, const struct tt_conn *c, __u64 time_ns,
			   const struct tt_close_body *body)
{
	struct tt_counters *count;
	struct tt_event *event;

	if (!c || !body || kind >= TT_KINDS)
		return 0;
	count = admit(kind, c);
	if (!count)
		return 0;
	event = record(count, kind, sizeof(*event), c, time_ns, 0);
	if (!event)
		return 0;
	event->body.close = *body;
	bpf_ringbuf_submit(event, wake_flags());
	return 0;
}

/* Tells one event of any kind but close; what the words mean is said in tt_body. */
static __always_inline void emit(enum tt_kind kind, const struct tt_conn *c, __u64 time_ns, __u64 word0,
				 __u64 word1)
{
	if (asked_for(kind))
		tell_short(kind, c, time_ns, word0, word1);
}

/* How long since the SYN, or since the establishment. */
static __always_inline __u64 elapsed(const struct tracked *t, __u64 now)
{
	return t->since_ns ? now - t->since_ns : TT_UNKNOWN_NS;
}

static __always_inline void emit_fail(const struct tracked *t, __u64 now, int error)
{
	emit(TT_FAIL, &t->conn, now, elapsed(t, now), (__u32)error);
}

/* Under config.attempt_after_syn: the SYN went out, so the attempt may be told, as of when it was made. */
static __always_inline void emit_due_attempt(struct tracked *t)
{
	if (config.attempt_after_syn && t->attempt_due) {
		t->attempt_due = 0;
		emit(TT_ATTEMPT, &t->conn, t->since_ns, 0, 0);
	}
}

#endif
