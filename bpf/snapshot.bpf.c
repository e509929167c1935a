/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The sockets that existed when tracing began, found in the file tables of all processes. The other programs are
 * attached by then: what they met first is not listed. While control.listing is set, all insertions go through
 * the hash, which takes a socket once: whoever is first tells it.
 */
#include "lib/emit.h"
#include "lib/listeners.h"
#include "lib/sock.h"
#include "lib/task.h"
#include "lib/track.h"

static __noinline bool remember(__u64 key, struct tracked *t)
{
	return track_insert(key, t);
}

/* The record's place in the stream is taken before the socket can be found by others, so that its end comes
 * after it. */
static __always_inline bool list_told(struct tt_event *event, __u64 key, struct tracked *t, int state)
{
	__u64 now = bpf_ktime_get_ns();

	if (!remember(key, t)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return false;
	}
	fill(event, TT_SNAPSHOT, TT_SHORT_SIZE, &t->conn, now);
	event->body.words[0] = state;
	event->body.words[1] = 0;
	bpf_ringbuf_submit(event, wake_flags());
	return true;
}

/* Returns whether it was listed: not if others met it first. */
static __always_inline bool list(__u64 key, struct tracked *t, int state)
{
	__u32 zero = 0;
	struct tt_counters *count = bpf_map_lookup_elem(&counters, &zero);
	bool wanted = asked_for(TT_SNAPSHOT) && filter_passes(&t->conn);
	struct tt_event *event;

	if (wanted) {
		event = reserve(TT_SHORT_SIZE);
		if (event) {
			if (!list_told(event, key, t, state))
				return false;
			if (count)
				__sync_fetch_and_add(&count->seen[TT_SNAPSHOT], 1);
			return true;
		}
	}
	if (!remember(key, t))
		return false;
	if (!count || !asked_for(TT_SNAPSHOT))
		return true;
	__sync_fetch_and_add(&count->seen[TT_SNAPSHOT], 1);
	__sync_fetch_and_add(wanted ? &count->lost[TT_SNAPSHOT] : &count->filtered[TT_SNAPSHOT], 1);
	return true;
}

/* A listener's address is noted first: once it is listed, its end may come at any moment and takes that away. */
static __always_inline bool list_with_address(__u64 key, struct tracked *t, int state, __u16 family)
{
	bool listening = state == TT_TCP_LISTEN;

	if (listening)
		listeners_add(&t->conn, family);
	if (list(key, t, state))
		return true;
	if (listening)
		listeners_remove(t, family);
	return false;
}

/* Met first by others, who could not know whose it is: it was established just now. An inbound one has its
 * owner from accept(), which is about to tell it. */
static __always_inline void name_holder(struct tracked *known, const struct tt_conn *found)
{
	if (known->conn.owner || known->conn.direction != TT_OUTBOUND || known->phase != TT_PHASE_ESTABLISHED)
		return;
	known->conn.task = found->task;
	known->conn.owner_mark = found->owner_mark;
	known->conn.flags |= found->flags & TT_WANTED_CGROUP;
	barrier();
	known->conn.owner = TT_OWNER_SNAPSHOT;
}

/* A connection in a file table was accepted, if it is inbound. */
static __always_inline void describe(struct tracked *t, const struct task_struct *task, struct sock *sk,
				     __u64 cookie, int state)
{
	sock_probe(&t->conn, sk, state == TT_TCP_LISTEN);
	t->conn.id = cookie ? connection_id(cookie, 0) : fresh_id(bpf_ktime_get_ns());
	t->conn.direction = tt_direction_of(state, BPF_CORE_READ(sk, sk_max_ack_backlog));
	if (t->conn.direction != TT_OUTBOUND)
		t->conn.flags |= TT_ACCEPTED;
	own_by(&t->conn, task, TT_OWNER_SNAPSHOT, config.by_cgroup && task_in_wanted_cgroup(task));
}

/* Returns whether it was listed. Its state may change meanwhile: then whoever sees that has it in the map
 * already, or puts it there, and is first. */
static __always_inline bool on_open_socket(const struct task_struct *task, struct sock *sk, __u64 cookie)
{
	int state = BPF_CORE_READ(sk, __sk_common.skc_state);
	struct tracked t = { .phase = tt_phase_of(state) };
	struct tracked *known;

	if (t.phase == TT_PHASE_NONE)
		return false;
	known = track_find((__u64)sk);
	if (known && known->conn.owner) /* the usual case of a file that several descriptors share */
		return false;
	describe(&t, task, sk, cookie, state);
	if (!known) {
		if (list_with_address((__u64)sk, &t, state, BPF_CORE_READ(sk, __sk_common.skc_family)))
			return true;
		known = track_find((__u64)sk);
	}
	if (known)
		name_holder(known, &t.conn);
	else
		count_lost(TT_SNAPSHOT); /* there is no room */
	return false;
}

static __always_inline __u64 cookie_of(struct file *file, struct sock *sk)
{
#ifndef TT_COMPAT
	struct socket *socket = bpf_sock_from_file(file);

	/* Makes one if it has none yet. An MPTCP socket's subflow cannot be asked here. */
	if (socket && socket->sk && socket->sk->sk_protocol == IPPROTO_TCP)
		return bpf_get_socket_cookie(socket->sk);
#endif
	return BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
}

SEC("?iter/task_file")
int snapshot_iterator(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__u8 mark[TT_LISTED_MARK] = {};
	struct sock *sk;

	if (!task || !file || control.stopped || !is_socket((struct file *)address_of(file)))
		return 0;
	sk = tcp_of(sock_of_file((struct file *)address_of(file)));
	if (sk && on_open_socket(task, sk, cookie_of(file, sk)) && asked_for(TT_SNAPSHOT))
		bpf_seq_write(ctx->meta->seq, mark, sizeof(mark));
	return 0;
}
