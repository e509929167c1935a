/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The return of connect(): failures that the state machine never saw, and the cause of those that it held. */
#include "lib/calls.h"
#include "lib/emit.h"
#include "lib/regs.h"
#include "lib/sock.h"
#include "lib/task.h"
#include "lib/track.h"

/* Where the caller gave the destination. The kernel has wiped its own copy by the time of a failure. */
struct destination {
	const void *address;
	bool in_user;
};

static __always_inline bool read_destination(struct tt_conn *c, const struct destination *given,
					     __u16 socket_family)
{
	struct sockaddr_any to = {};

	/* A caller who gives an IPv4 address may have its 16 bytes at the end of a page. */
	if (!given->in_user)
		bpf_probe_read_kernel(&to, sizeof(to), given->address);
	else if (bpf_probe_read_user(&to, sizeof(to), given->address) != 0 &&
		 bpf_probe_read_user(&to, 16, given->address) != 0)
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

static __noinline void tell_fresh_failure(const struct sock *sk, const struct destination *given, int error)
{
	__u64 now = bpf_ktime_get_ns();
	struct tracked t = { .conn.direction = TT_OUTBOUND };

	sock_probe(&t.conn, sk, false);
	if (!read_destination(&t.conn, given, BPF_CORE_READ(sk, __sk_common.skc_family)))
		return;
	own_by_current(&t.conn, TT_OWNER_CONNECT);
	t.conn.id = fresh_id(now);
	emit_fail(&t, now, error);
}

/* The common case first: it succeeded or goes on, and nothing waits for this return. */
static __always_inline bool return_matters(long ret)
{
	return !control.stopped &&
	       (tt_return_is_failure(ret) || config.attempt_after_syn || control.lingering > 0);
}

/* What is remembered, checked against the socket, of which an end may have been missed: else this failure would
 * pass for one during the attempt or connection before. */
static __always_inline enum tt_phase phase_at_failure(const struct sock *sk, struct tracked *t)
{
	if (tt_lingers(t->phase))
		return t->phase;
	if (is_anothers(sk, t->conn.id)) {
		count_lost_end(t->phase);
		track_enter(t, TT_PHASE_CLOSED);
		return TT_PHASE_CLOSED;
	}
	return BPF_CORE_READ(sk, __sk_common.skc_state) == TT_TCP_CLOSE ? tt_phase_if_closed(t->phase)
									: t->phase;
}

static __always_inline void on_connect_return(const struct file *file, const struct destination *given,
					      struct sock *sk, long ret)
{
	enum tt_phase phase = TT_PHASE_NONE;
	struct tracked *t;

	if (file)
		sk = sock_of_file(file);
	t = track_find((__u64)sk);
	if (!t) { /* perhaps an MPTCP socket, whose subflow is what we follow */
		if (file && !is_socket(file))
			return;
		sk = tcp_of(sk);
		if (!sk)
			return;
		t = track_find((__u64)sk);
	}
	if (t)
		phase = tt_return_is_failure(ret) ? phase_at_failure(sk, t) : t->phase;
	if (t && t->phase == TT_PHASE_CONNECTING)
		emit_due_attempt(t);
	switch (tt_judge_connect_return(phase, ret)) {
	case TT_TELL_FRESH:
		tell_fresh_failure(sk, given, -ret);
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

/* The system call. */
static __noinline void on_connect_exit(const struct call_args *args, long ret)
{
	struct destination given = { .address = (const void *)args->second, .in_user = true };

	on_connect_return(file_of_fd((int)args->first), &given, NULL, ret);
}

SEC("?tracepoint/syscalls/sys_exit_connect")
int connect_exit_tracepoint(struct syscall_trace_exit *ctx)
{
	struct call_args args;

	if (return_matters(ctx->ret) && read_syscall_args(&args))
		on_connect_exit(&args, ctx->ret);
	return 0;
}

/* Where the arguments cannot be had at the exit any more (before 5.15). */
SEC("?tracepoint/syscalls/sys_enter_connect")
int connect_enter_tracepoint(struct syscall_trace_enter *ctx)
{
	call_enter(TT_CALL_CONNECT, ctx->args[0], ctx->args[1]);
	return 0;
}

SEC("?tracepoint/syscalls/sys_exit_connect")
int connect_leave_tracepoint(struct syscall_trace_exit *ctx)
{
	struct call_args args;

	if (call_leave(TT_CALL_CONNECT, &args) && return_matters(ctx->ret))
		on_connect_exit(&args, ctx->ret);
	return 0;
}

/* What serves the system call of any width, and io_uring: __sys_connect_file(file, address, …). */
static __noinline void on_connect_file_return(const struct file *file, const void *address, long ret)
{
	struct destination given = { .address = address };

	on_connect_return(file, &given, NULL, ret);
}

SEC("?fexit/__sys_connect_file")
int BPF_PROG(connect_fexit, const struct file *file, const void *address, int length, int flags, int ret)
{
	if (return_matters(ret))
		on_connect_file_return((const struct file *)address_of(file),
				       (const void *)address_of(address), ret);
	return 0;
}

SEC("?kprobe/__sys_connect_file")
int BPF_KPROBE(connect_kprobe, const void *file, const void *address)
{
	call_enter(TT_CALL_CONNECT, (__u64)file, (__u64)address);
	return 0;
}

SEC("?kretprobe/__sys_connect_file")
int BPF_KRETPROBE(connect_kretprobe, int ret)
{
	struct call_args args;

	if (call_leave(TT_CALL_CONNECT, &args) && return_matters(ret))
		on_connect_file_return((const struct file *)args.first, (const void *)args.second, ret);
	return 0;
}

/* sendto(MSG_FASTOPEN) connects too, and no connect() returns. tcp_v4_connect and tcp_v6_connect, which
 * serve both, are heeded for it alone. */
static __always_inline bool is_fastopen(const struct sock *sk)
{
	return BPF_CORE_READ((const struct tcp_sock *)sk, fastopen_req) != NULL;
}

static __noinline void on_fastopen_return(struct sock *sk, const void *address, long ret)
{
	struct destination given = { .address = address };

	on_connect_return(NULL, &given, sk, ret);
}

static __always_inline void on_tcp_connect_exit(const struct sock *sk, const void *address, int ret)
{
	if (ret < 0 && return_matters(ret) && is_fastopen(sk))
		on_fastopen_return((struct sock *)address_of(sk), (const void *)address_of(address), ret);
}

static __always_inline void on_tcp_connect_entry(const struct sock *sk, const void *address)
{
	if (is_fastopen(sk))
		call_enter(TT_CALL_FASTOPEN, (__u64)sk, (__u64)address);
}

static __always_inline void on_tcp_connect_return(int ret)
{
	struct call_args args;

	if (call_leave(TT_CALL_FASTOPEN, &args) && ret < 0 && return_matters(ret))
		on_fastopen_return((struct sock *)args.first, (const void *)args.second, ret);
}

SEC("?fexit/tcp_v4_connect")
int BPF_PROG(fastopen_v4_fexit, const struct sock *sk, const void *address, int length, int ret)
{
	on_tcp_connect_exit(sk, address, ret);
	return 0;
}

SEC("?fexit/tcp_v6_connect")
int BPF_PROG(fastopen_v6_fexit, const struct sock *sk, const void *address, int length, int ret)
{
	on_tcp_connect_exit(sk, address, ret);
	return 0;
}

SEC("?kprobe/tcp_v4_connect")
int BPF_KPROBE(fastopen_v4_kprobe, const struct sock *sk, const void *address)
{
	on_tcp_connect_entry(sk, address);
	return 0;
}

SEC("?kretprobe/tcp_v4_connect")
int BPF_KRETPROBE(fastopen_v4_kretprobe, int ret)
{
	on_tcp_connect_return(ret);
	return 0;
}

SEC("?kprobe/tcp_v6_connect")
int BPF_KPROBE(fastopen_v6_kprobe, const struct sock *sk, const void *address)
{
	on_tcp_connect_entry(sk, address);
	return 0;
}

SEC("?kretprobe/tcp_v6_connect")
int BPF_KRETPROBE(fastopen_v6_kretprobe, int ret)
{
	on_tcp_connect_return(ret);
	return 0;
}
