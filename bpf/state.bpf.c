/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The spine: every TCP socket's changes of state. Here an attempt is made, succeeds or fails, an inbound
 * connection comes to be, a connection ends, a listener starts and stops.
 */
#include "lib/emit.h"
#include "lib/listeners.h"
#include "lib/sock.h"
#include "lib/standby.h"
#include "lib/task.h"
#include "lib/track.h"

static __always_inline bool sock_flag(const struct sock *sk, int bit)
{
	return sk->__sk_common.skc_flags & (1UL << bit);
}

/* The ports as chosen: skc_num is 0 again by the time a socket is closed. */
static __always_inline __u16 source_port(struct sock *sk)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp ? bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport) : 0;
}

/* Drops all that is remembered of a socket, a listener's address included. */
static __noinline void track_forget(struct sock *sk, struct tracked *t)
{
	listeners_remove(t, sk->__sk_common.skc_family);
	track_enter(t, TT_PHASE_NONE);
	track_drop(t);
}

static __noinline void tell_close(struct sock *sk, struct tracked *t, int old_state, __u64 now)
{
	bool outbound = t->conn.direction != TT_INBOUND;
	const struct tcp_sock *tp;
	struct tt_close_body body = {
		.duration_ns = elapsed(t, now),
		.end = tt_how_ended(old_state, sk->sk_err),
	};

	if (t->conn.direction == TT_INBOUND && !(t->conn.flags & TT_ACCEPTED))
		own_by_listener(&t->conn, sk->__sk_common.skc_family);
	if (!asked_for(TT_CLOSE))
		return;
	if (tt_linger_resets(old_state, sk->sk_err, sock_flag(sk, SOCK_DONE),
			     sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime))
		body.end = TT_END_RESET_LOCAL;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp) {
		body.bytes_out =
			tt_payload_out(tp->bytes_acked, old_state, outbound, tp->snd_una == tp->write_seq);
		body.bytes_in = tt_payload_in(tp->bytes_received, sock_flag(sk, SOCK_DONE));
		body.segs_out = tp->segs_out;
		body.segs_in = tp->segs_in;
		body.retransmits = tp->total_retrans;
		body.rtt_us = tp->srtt_us >> 3;
	}
	tell_long(TT_CLOSE, &t->conn, now, &body);
}

/* The address has a new owner or use. If the end of the one before was missed, and its destruction too, then
 * nothing is left to tell it with: it is lost. */
static __always_inline void track_forget_stale(struct sock *sk, struct tracked *t)
{
	count_lost_end(t->phase);
	track_forget(sk, t);
}

/*
 * Where there is no stand-by, a change of state is missed where a softirq brings it while this very program runs on the same processor:
 * the kernel does not let a program interrupt itself. What was missed is told as soon as it shows: an
 * establishment when the connection closes or is accepted, an end when the socket is destroyed.
 */
static __noinline void tell_missed(struct sock *sk, struct tracked *t, __u64 now)
{
	switch (t->phase) {
	case TT_PHASE_HELD: /* MSG_FASTOPEN: no connect() returned to give the cause */
		emit_fail(t, now, TT_UNKNOWN_ERROR);
		return;
	case TT_PHASE_CONNECTING:
		emit_due_attempt(t);
		emit_fail(t, now, sk->sk_err ? sk->sk_err : TT_UNKNOWN_ERROR);
		return;
	case TT_PHASE_ESTABLISHED:
	case TT_PHASE_EARLY:
		tell_close(sk, t, TT_TCP_LAST_ACK, now);
		return;
	case TT_PHASE_LISTENING:
		emit(TT_UNLISTEN, &t->conn, now, sk->sk_max_ack_backlog, 0);
		return;
	}
}

/* Runs in the connecting thread: the one place where an outbound connection's owner is known for sure. */
static __always_inline void on_syn_sent(struct sock *sk, __u64 key)
{
	struct tracked t = {
		.since_ns = bpf_ktime_get_ns(),
		.phase = TT_PHASE_CONNECTING,
		.conn.direction = TT_OUTBOUND,
	};
	struct tracked *before;

	track_fetch(key);
	sock_read(&t.conn, sk, false);
	own_by_current(&t.conn, TT_OWNER_CONNECT);
	before = track_find(key);
	if (before && tt_lingers(before->phase)) { /* this socket's attempt before */
		t.attempts = before->attempts + 1;
		tell_missed(sk, before, t.since_ns);
	}
	if (before)
		track_forget_stale(sk, before);
	t.conn.id = socket_id(sk, t.attempts, t.since_ns);
	t.attempt_due = config.attempt_after_syn;
	track_insert(key, &t);
	if (!config.attempt_after_syn)
		emit(TT_ATTEMPT, &t.conn, t.since_ns, 0, 0);
}

/* A socket of which we see only now that it exists, in this state: it began before us, or found no room. */
static __noinline void describe_stranger(struct tracked *t, struct sock *sk, int state, __u64 now)
{
	sock_read(&t->conn, sk, state == TT_TCP_LISTEN);
	t->conn.local_port = source_port(sk);
	t->conn.id = socket_id(sk, 0, now);
	t->conn.direction = tt_direction_of(state, sk->sk_max_ack_backlog);
	t->phase = tt_phase_of(state);
}

static __always_inline void on_connected(struct sock *sk, struct tracked *t, __u64 now)
{
	__u64 latency = elapsed(t, now);

	emit_due_attempt(t);
	t->conn.local_port = sk->__sk_common.skc_num;
	t->since_ns = now;
	track_enter(t, TT_PHASE_ESTABLISHED);
	emit(TT_CONNECT, &t->conn, now, latency, 0);
}

static __always_inline void on_established(struct sock *sk, __u64 key, int old_state)
{
	struct tracked fresh = {};
	struct tracked *t;
	__u64 now;

	track_fetch(key);
	now = bpf_ktime_get_ns();
	fresh.since_ns = now;
	t = track_find(key);
	if (old_state == TT_TCP_SYN_RECV && t && t->phase != TT_PHASE_CONNECTING &&
	    t->phase != TT_PHASE_EARLY) {
		track_forget_stale(sk, t);
		t = NULL;
	}
	if (old_state == TT_TCP_SYN_RECV && !t) {
		describe_stranger(&fresh, sk, TT_TCP_ESTABLISHED, now);
		fresh.conn.direction = TT_INBOUND;
		track_insert(key, &fresh);
		return;
	}
	if (t && t->phase == TT_PHASE_CONNECTING) { /* from SYN_RECV: both ends connected at once */
		on_connected(sk, t, now);
	} else if (t && t->phase == TT_PHASE_EARLY) {
		t->since_ns = now;
		track_enter(t, TT_PHASE_ESTABLISHED);
	} else if (!t && old_state == TT_TCP_SYN_SENT) {
		describe_stranger(&fresh, sk, TT_TCP_ESTABLISHED, now);
		fresh.conn.direction = TT_OUTBOUND;
		if (!track_insert(key, &fresh))
			t = track_find(key); /* it was listed just now */
		if (t)
			on_connected(sk, t, now);
		else
			emit(TT_CONNECT, &fresh.conn, now, TT_UNKNOWN_NS, 0);
	}
}

/* Of an inbound one: it has no file yet, and nobody has closed it. */
static __always_inline bool waits_for_accept(const struct sock *sk)
{
	return !sk->sk_socket && !sock_flag(sk, SOCK_DEAD);
}

static __always_inline void describe_ending(struct tracked *t, struct sock *sk, int old_state, __u64 now)
{
	describe_stranger(t, sk, old_state, now);
	if (t->conn.direction == TT_INBOUND && !waits_for_accept(sk))
		t->conn.flags |= TT_ACCEPTED;
}

/* The end of what was not followed: told with what the socket itself knows. */
static __noinline void on_stranger_closed(struct sock *sk, int old_state, __u64 now)
{
	struct tracked t = {};

	describe_ending(&t, sk, old_state, now);
	switch (t.phase) {
	case TT_PHASE_LISTENING:
		emit(TT_UNLISTEN, &t.conn, now, sk->sk_max_ack_backlog, 0);
		return;
	case TT_PHASE_CONNECTING:
		if (tt_cause_comes_later(sk->sk_err, sk->sk_shutdown))
			emit_fail(&t, now, TT_UNKNOWN_ERROR);
		else
			emit_fail(&t, now, sk->sk_err);
		return;
	case TT_PHASE_ESTABLISHED:
		tell_close(sk, &t, old_state, now);
		return;
	}
}

/*
 * A stranger whose end is remembered: an attempt, of which connect() is about to return; one that waits in a listener's
 * queue, as it may be accepted yet; and any while the sockets that existed at start are being listed, so that it is
 * listed before its end or not at all.
 */
static __always_inline bool must_be_adopted(const struct sock *sk, int old_state)
{
	return control.listing || old_state == TT_TCP_SYN_SENT ||
	       (sk->sk_max_ack_backlog && waits_for_accept(sk));
}

static __noinline struct tracked *adopt_stranger(struct sock *sk, __u64 key, int old_state, __u64 now)
{
	struct tracked t = {};

	describe_ending(&t, sk, old_state, now);
	track_insert(key, &t);
	return track_find(key);
}

static __always_inline void on_attempt_closed(struct sock *sk, struct tracked *t, __u64 now)
{
	t->conn.local_port = source_port(sk);
	if (tt_cause_comes_later(sk->sk_err, sk->sk_shutdown)) {
		track_enter(t, TT_PHASE_HELD);
		return;
	}
	emit_due_attempt(t);
	emit_fail(t, now, sk->sk_err);
	track_enter(t, TT_PHASE_FAILED);
}

static __noinline void tell_missed_connect(struct sock *sk, struct tracked *t, __u64 now)
{
	emit_due_attempt(t);
	t->conn.local_port = source_port(sk);
	t->since_ns = 0;
	track_enter(t, TT_PHASE_ESTABLISHED);
	emit(TT_CONNECT, &t->conn, now, TT_UNKNOWN_NS, 0);
}

static __always_inline void on_closed(struct sock *sk, __u64 key, int old_state)
{
	struct tracked *t;
	__u64 now;

	track_fetch(key);
	now = bpf_ktime_get_ns();
	t = track_find(key);
	if (t && old_state == TT_TCP_CLOSE && is_anothers(sk, t->conn.id)) {
		track_forget_stale(sk, t);
		return;
	}
	if (!t && (old_state == TT_TCP_CLOSE || old_state == TT_TCP_SYN_RECV))
		return; /* an inbound connection that never came to be */
	if (!t && must_be_adopted(sk, old_state))
		t = adopt_stranger(sk, key, old_state, now);
	if (!t) {
		on_stranger_closed(sk, old_state, now);
		return;
	}
	if (t->phase == TT_PHASE_CONNECTING && old_state != TT_TCP_SYN_SENT && old_state != TT_TCP_SYN_RECV)
		tell_missed_connect(sk, t, now);
	switch (t->phase) {
	case TT_PHASE_CONNECTING:
		on_attempt_closed(sk, t, now);
		return;
	case TT_PHASE_ESTABLISHED:
	case TT_PHASE_EARLY:
		tell_close(sk, t, old_state, now);
		/* Kept if more may come: an accept(), or another attempt by a process that still holds it. */
		if (sock_flag(sk, SOCK_DEAD) &&
		    (t->conn.direction == TT_OUTBOUND || t->conn.flags & TT_ACCEPTED))
			track_drop(t);
		else
			track_enter(t, TT_PHASE_CLOSED);
		return;
	case TT_PHASE_LISTENING:
		emit(TT_UNLISTEN, &t->conn, now, sk->sk_max_ack_backlog, 0);
		track_enter(t, TT_PHASE_CLOSED);
		return;
	}
}

static __noinline void on_listen(struct sock *sk, __u64 key)
{
	struct tracked t = {
		.since_ns = bpf_ktime_get_ns(),
		.phase = TT_PHASE_LISTENING,
	};
	struct tracked *before = track_find(key);

	if (before)
		track_forget_stale(sk, before);
	sock_read(&t.conn, sk, true);
	own_by_current(&t.conn, TT_OWNER_LISTENER);
	t.conn.id = socket_id(sk, 0, t.since_ns);
	track_insert(key, &t);
	listeners_add(&t.conn, sk->__sk_common.skc_family);
	emit(TT_LISTEN, &t.conn, t.since_ns, sk->sk_max_ack_backlog, 0);
}

static __always_inline void on_state(struct sock *sk, int old_state, int new_state)
{
	if (!tt_matters(new_state)) /* first of all, as it needs no memory */
		return;
	if (control.stopped ||
	    sk->sk_protocol != IPPROTO_TCP) /* an MPTCP socket's subflows are told instead */
		return;
	switch (new_state) {
	case TT_TCP_SYN_SENT:
		on_syn_sent(sk, address_of(sk));
		return;
	case TT_TCP_ESTABLISHED:
		on_established(sk, address_of(sk), old_state);
		return;
	case TT_TCP_CLOSE:
		on_closed(sk, address_of(sk), old_state);
		return;
	case TT_TCP_LISTEN:
		on_listen(sk, address_of(sk));
		return;
	}
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(state_tracepoint, struct sock *sk, int old_state, int new_state)
{
	on_state(sk, old_state, new_state);
	return 0;
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(state_first_tracepoint, struct sock *sk, int old_state, int new_state)
{
	on_state(sk, old_state, new_state);
	mark_done(address_of(sk), new_state);
	return 0;
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(state_standby_tracepoint, struct sock *sk, int old_state, int new_state)
{
	if (left_to_standby(address_of(sk), old_state, new_state))
		on_state(sk, old_state, new_state);
	return 0;
}

/* The last moment of a socket: what is still remembered of it is told and goes. */
static __always_inline void on_destroy(struct sock *sk)
{
	struct tracked *t;

	if (control.stopped)
		return;
	t = track_find(address_of(sk));
	if (!t)
		return;
	if (is_anothers(sk, t->conn.id)) {
		track_forget_stale(sk, t);
		return;
	}
	tell_missed(sk, t, bpf_ktime_get_ns());
	track_forget(sk, t);
}

SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(destroy_tracepoint, struct sock *sk)
{
	on_destroy(sk);
	return 0;
}

/* The second time finds nothing left to tell, but where the first was skipped. */
SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(destroy_standby_tracepoint, struct sock *sk)
{
	on_destroy(sk);
	return 0;
}
