/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The return of accept(): which process took an inbound connection. */
#include "lib/calls.h"
#include "lib/emit.h"
#include "lib/sock.h"
#include "lib/task.h"
#include "lib/track.h"

static __always_inline void mark_accepted(struct tt_conn *c, const struct tt_conn *current)
{
	c->task = current->task;
	c->owner_mark = current->owner_mark;
	c->flags &= ~TT_WANTED_CGROUP;
	c->flags |= current->flags | TT_ACCEPTED;
	c->direction = TT_INBOUND;
	barrier(); /* as in own_by() */
	c->owner = TT_OWNER_ACCEPT;
}

static __always_inline void tell_accept(const struct tracked *t, __u64 now)
{
	emit(TT_ACCEPT, &t->conn, now, elapsed(t, now), 0);
}

static __always_inline void on_known_accepted(struct tracked *t, const struct tt_conn *current, __u64 now)
{
	if (t->conn.direction == TT_OUTBOUND || (t->conn.flags & TT_ACCEPTED))
		return;
	mark_accepted(&t->conn, current);
	tell_accept(t, now);
}

/* Established before tracing began, or accepted before it is established at all (Fast Open). */
static __noinline void on_unknown_accepted(struct sock *sk, const struct tt_conn *current, __u64 now)
{
	struct tracked t = { .conn.direction = TT_INBOUND };
	struct tracked *known;
	__u64 cookie;
	__u8 state;

	sk = tcp_of(sk);
	if (!sk)
		return;
	/* Before it is established its state changes last, so what is established and known is found now. */
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	known = track_find((__u64)sk);
	if (known) { /* also the subflow of an MPTCP socket */
		on_known_accepted(known, current, now);
		return;
	}
	sock_probe(&t.conn, sk, false);
	cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	t.conn.id = cookie ? connection_id(cookie, 0) : fresh_id(now);
	mark_accepted(&t.conn, current);
	t.phase = tt_phase_of(state);
	if (t.phase == TT_PHASE_EARLY)
		t.since_ns = now; /* it has not waited at all */
	if (t.phase == TT_PHASE_NONE) {
		/* It was reset while it waited to be accepted, and that was told: nothing more comes. */
		t.conn.local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	} else if (!track_insert((__u64)sk, &t)) {
		known = track_find((__u64)sk);
		if (known) { /* it was established, or listed, just now on another processor */
			on_known_accepted(known, current, now);
			return;
		}
	}
	tell_accept(&t, now);
}

/* `sk` as it is, or what was found behind a file (see sock_of_file()). */
static __always_inline void on_accepted(struct sock *sk, const struct file *file)
{
	struct tt_conn current = {};
	struct tracked *t;
	__u64 now;

	track_fetch((__u64)sk);
	now = bpf_ktime_get_ns();
	own_by_current(&current, TT_OWNER_ACCEPT);
	t = track_find((__u64)sk);
	if (t)
		on_known_accepted(t, &current, now);
	else if (!file || is_socket(file))
		on_unknown_accepted(sk, &current, now);
}

/* The system call: also those that were entered before tracing began, which no other hook sees. */
static __always_inline void on_accept_exit(long fd)
{
	struct file *file;

	if (config.accept_probed)
		call_forget(TT_CALL_ACCEPT);
	if (control.stopped || fd < 0)
		return;
	file = file_of_fd(fd);
	on_accepted(sock_of_file(file), file);
}

SEC("?tracepoint/syscalls/sys_exit_accept")
int accept_exit_tracepoint(struct syscall_trace_exit *ctx)
{
	on_accept_exit(ctx->ret);
	return 0;
}

SEC("?tracepoint/syscalls/sys_exit_accept4")
int accept4_exit_tracepoint(struct syscall_trace_exit *ctx)
{
	on_accept_exit(ctx->ret);
	return 0;
}

/* What serves the system call of any width, io_uring, MPTCP and the kernel's own servers. */
static __always_inline void on_accept_return(struct sock *sk)
{
	if (!control.stopped && sk)
		on_accepted(sk, NULL);
}

SEC("?fexit/inet_csk_accept")
int accept_fexit(unsigned long long *ctx)
{
	const void *sk;

	/* The result comes after the arguments. Two loads: the verifier takes no computed offset. */
	if (bpf_core_type_exists(struct proto_accept_arg)) {
		sk = (const void *)ctx[2];
		barrier_var(sk);
	} else {
		sk = (const void *)ctx[4];
		barrier_var(sk);
	}
	on_accept_return((struct sock *)address_of(sk));
	return 0;
}

SEC("?kprobe/inet_csk_accept")
int accept_kprobe(struct pt_regs *ctx)
{
	call_enter(TT_CALL_ACCEPT, 0, 0);
	return 0;
}

SEC("?kretprobe/inet_csk_accept")
int BPF_KRETPROBE(accept_kretprobe, struct sock *sk)
{
	call_forget(TT_CALL_ACCEPT);
	on_accept_return(sk);
	return 0;
}
