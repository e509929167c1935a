/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The return of accept(): which process took an inbound connection. */
#include "lib/emit.h"
#include "lib/sock.h"
#include "lib/task.h"
#include "lib/track.h"

static __always_inline void tell_accept(struct tracked *t, __u64 now)
{
	own_by_current(&t->conn, TT_OWNER_ACCEPT);
	t->conn.flags |= TT_ACCEPTED;
	emit(TT_ACCEPT, &t->conn, now, t->since_ns ? now - t->since_ns : TT_UNKNOWN_NS, 0);
}

/* Established before tracing began, or accepted before it is established at all (Fast Open). */
static __noinline void on_unknown_accepted(long fd, struct sock *sk, __u64 now)
{
	struct tracked t = { .conn.direction = TT_INBOUND };
	struct tracked *known;
	__u64 cookie;
	bool early;

	if (!fd_is_socket(fd))
		return;
	sk = tcp_of(sk);
	if (!sk)
		return;
	/* Before it is established its state changes last, so what is established and known is found now. */
	early = BPF_CORE_READ(sk, __sk_common.skc_state) == TT_TCP_SYN_RECV;
	known = track_find((__u64)sk);
	if (known) { /* also the subflow of an MPTCP socket */
		if (!(known->conn.flags & TT_ACCEPTED))
			tell_accept(known, now);
		return;
	}
	sock_probe(&t.conn, sk, false);
	cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	t.conn.id = cookie ? connection_id(cookie, 0) : fresh_id(now);
	t.phase = early ? TT_PHASE_EARLY : TT_PHASE_ESTABLISHED;
	t.since_ns = early ? now : 0; /* it has not waited at all */
	tell_accept(&t, now);
	if (track_insert((__u64)sk, &t))
		return;
	known = track_find((__u64)sk);
	if (known) /* it was just established on another processor */
		known->conn = t.conn;
}

static __always_inline void on_accept_return(long fd)
{
	__u64 now = bpf_ktime_get_ns();
	struct tracked *t;
	struct sock *sk;

	if (control.stopped || fd < 0)
		return;
	sk = sock_of_fd(fd);
	t = track_find((__u64)sk);
	if (!t)
		on_unknown_accepted(fd, sk, now);
	else if (t->conn.direction == TT_INBOUND && !(t->conn.flags & TT_ACCEPTED))
		tell_accept(t, now);
}

SEC("?tracepoint/syscalls/sys_exit_accept")
int accept_exit_tracepoint(struct syscall_trace_exit *ctx)
{
	on_accept_return(ctx->ret);
	return 0;
}

SEC("?tracepoint/syscalls/sys_exit_accept4")
int accept4_exit_tracepoint(struct syscall_trace_exit *ctx)
{
	on_accept_return(ctx->ret);
	return 0;
}
