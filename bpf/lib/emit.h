/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The one way out: count, filter, and put a record into the ring buffer. */
#ifndef TCPTRAIL_EMIT_H
#define TCPTRAIL_EMIT_H

#include "lib/filter.h"

/* The reader comes by on a timer; it is woken before that only if much is waiting, and only once.
 * Waking it for every record would cost more than all the rest (docs/performance.md). */
static __always_inline __u64 wake_flags(void)
{
	if (control.reader_waits && bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= config.wake_bytes) {
		control.reader_waits = 0;
		return BPF_RB_FORCE_WAKEUP;
	}
	return BPF_RB_NO_WAKEUP;
}

static __always_inline bool asked_for(enum tt_kind kind)
{
	return config.events & BIT(kind);
}

/*
 * Tells one event. body_size must be a constant: a record is as long as its kind needs.
 * The counters are per CPU, yet added to atomically: a softirq may come in between.
 */
static __always_inline void emit(enum tt_kind kind, const struct tt_conn *c, __u64 time_ns, const void *body,
				 const __u32 body_size)
{
	const __u32 size = __builtin_offsetof(struct tt_event, body) + body_size;
	struct tt_counters *count;
	struct tt_event *event;
	__u32 zero = 0;

	if (!asked_for(kind))
		return;
	count = bpf_map_lookup_elem(&counters, &zero);
	if (!count)
		return;
	__sync_fetch_and_add(&count->seen[kind], 1);
	if (!filter_passes(c)) {
		__sync_fetch_and_add(&count->filtered[kind], 1);
		return;
	}
	event = bpf_ringbuf_reserve(&events, size, 0);
	if (!event) {
		__sync_fetch_and_add(&count->lost[kind], 1);
		return;
	}
	event->header.size = size;
	event->header.kind = kind;
	event->header.version = TT_ABI_VERSION;
	event->header.reserved = 0;
	event->header.time_ns = time_ns;
	__builtin_memcpy(&event->conn, c, sizeof(*c));
	if (body_size)
		__builtin_memcpy(&event->body, body, body_size);
	bpf_ringbuf_submit(event, wake_flags());
}

static __always_inline void emit_bare(enum tt_kind kind, const struct tt_conn *c, __u64 time_ns)
{
	emit(kind, c, time_ns, NULL, 0);
}

static __always_inline void emit_fail(const struct tracked *t, __u64 now, int error)
{
	struct tt_fail_body body = {
		.latency_ns = t->since_ns ? now - t->since_ns : TT_UNKNOWN_NS,
		.error = error,
	};

	emit(TT_FAIL, &t->conn, now, &body, sizeof(body));
}

/* Under config.attempt_after_syn: the SYN went out, so the attempt may be told, as of when it was made. */
static __always_inline void emit_due_attempt(struct tracked *t)
{
	if (config.attempt_after_syn && t->attempt_due) {
		t->attempt_due = 0;
		emit_bare(TT_ATTEMPT, &t->conn, t->since_ns);
	}
}

#endif
