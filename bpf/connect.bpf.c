/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The return of connect(): failures that the state machine never saw, and the cause of those that it held. */
#include "lib/emit.h"
#include "lib/regs.h"
#include "lib/sock.h"
#include "lib/task.h"
#include "lib/track.h"

/* The destination as the caller gave it. The kernel has wiped its own copy. */
static __always_inline bool read_destination(struct tt_conn *c, const void *address, __u16 socket_family)
{
	struct sockaddr_any to = {};

	if (bpf_probe_read_user(&to, sizeof(to), address) != 0 && bpf_probe_read_user(&to, 16, address) != 0)
		return false;
	c->remote_port = bpf_ntohs(to.port);
	if (to.family == AF_INET)
		set_v4(c->remote, to.v4);
	else if (to.family == AF_INET6)
		copy_v6(c->remote, to.v6.address);
	else
		return false;
	c->flags &= ~TT_MAPPED;
	set_family(c, socket_family, c->remote);
	return true;
}

static __noinline void tell_fresh_failure(const struct sock *sk, const void *address, int error)
{
	__u64 now = bpf_ktime_get_ns();
	struct tracked t = { .conn.direction = TT_OUTBOUND };

	sock_probe(&t.conn, sk, false);
	if (!read_destination(&t.conn, address, BPF_CORE_READ(sk, __sk_common.skc_family)))
		return;
	own_by_current(&t.conn, TT_OWNER_CONNECT);
	t.conn.id = fresh_id(now);
	emit_fail(&t, now, error);
}

static __always_inline void on_connect_return(long ret)
{
	struct syscall_args args;
	struct tracked *t;
	struct sock *sk;

	/* The common case first: it succeeded or goes on, and nothing waits for this return. */
	if (control.stopped ||
	    (!tt_return_is_failure(ret) && !config.attempt_after_syn && control.lingering <= 0))
		return;
	if (!read_syscall_args(&args))
		return;
	sk = sock_of_fd(args.first);
	t = track_find((__u64)sk);
	if (!t) { /* perhaps an MPTCP socket, whose subflow is what we follow */
		if (!fd_is_socket(args.first))
			return;
		sk = tcp_of(sk);
		if (!sk)
			return;
		t = track_find((__u64)sk);
	}
	if (t && t->phase == TT_PHASE_CONNECTING)
		emit_due_attempt(t);
	switch (tt_judge_connect_return(t ? t->phase : TT_PHASE_NONE, ret)) {
	case TT_TELL_FRESH:
		tell_fresh_failure(sk, (const void *)args.second, -ret);
		return;
	case TT_TELL_HELD:
	case TT_TELL_ABORTED:
		if (!t)
			return;
		emit_fail(t, bpf_ktime_get_ns(), ret < 0 ? -ret : 0);
		track_enter(t, TT_PHASE_CLOSED);
		return;
	case TT_COLLECTED:
		if (t)
			track_enter(t, TT_PHASE_CLOSED);
		return;
	case TT_IGNORE:
		return;
	}
}

SEC("?tracepoint/syscalls/sys_exit_connect")
int connect_exit_tracepoint(struct syscall_trace_exit *ctx)
{
	on_connect_return(ctx->ret);
	return 0;
}
