/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a TCP socket's last state means for its user. Pure: no helpers, no maps, so that it compiles
 * on the host too and is tested there.
 */
#ifndef TCPTRAIL_LOGIC_TCP_H
#define TCPTRAIL_LOGIC_TCP_H

#include "abi/event.h"

/* Values of the kernel's TCP states (include/net/tcp_states.h; BPF_TCP_* in linux/bpf.h). */
enum tt_tcp_state {
	TT_TCP_ESTABLISHED = 1,
	TT_TCP_SYN_SENT,
	TT_TCP_SYN_RECV,
	TT_TCP_FIN_WAIT1,
	TT_TCP_FIN_WAIT2,
	TT_TCP_TIME_WAIT,
	TT_TCP_CLOSE,
	TT_TCP_CLOSE_WAIT,
	TT_TCP_LAST_ACK,
	TT_TCP_LISTEN,
	TT_TCP_CLOSING,
};

/* Whether a change to this state tells something: half of all do not. */
static inline bool tt_matters(int new_state)
{
	return new_state == TT_TCP_ESTABLISHED || new_state == TT_TCP_SYN_SENT || new_state == TT_TCP_CLOSE ||
	       new_state == TT_TCP_LISTEN;
}

/* Linux error numbers, the same on every architecture that we support. */
#define TT_EINTR 4
#define TT_EBADF 9
#define TT_EFAULT 14
#define TT_EPIPE 32
#define TT_ENOTSOCK 88
#define TT_ECONNABORTED 103
#define TT_ECONNRESET 104
#define TT_EISCONN 106
#define TT_ETIMEDOUT 110
#define TT_EALREADY 114
#define TT_EINPROGRESS 115
/* Kernel-internal: a signal came; 512 … 516 (include/linux/errno.h). */
#define TT_ERESTARTSYS 512
#define TT_ERESTART_RESTARTBLOCK 516

#define TT_SHUTDOWN_MASK 3

/* How an established connection ended, from the state it left for CLOSE and sk_err at that moment. */
static inline enum tt_end tt_how_ended(int old_state, int sk_err)
{
	switch (sk_err) {
	case 0:
		break;
	case TT_ECONNRESET:
	case TT_EPIPE: /* a reset that arrived in CLOSE_WAIT */
		return TT_END_RESET_REMOTE;
	case TT_ECONNABORTED: /* tcp_abort, as by ss --kill: it sends the reset itself */
		return TT_END_RESET_LOCAL;
	case TT_ETIMEDOUT:
		return TT_END_TIMEOUT;
	default:
		return TT_END_ERROR;
	}
	switch (old_state) {
	case TT_TCP_FIN_WAIT2: /* also when a timewait socket takes over */
	case TT_TCP_TIME_WAIT:
	case TT_TCP_LAST_ACK:
	case TT_TCP_CLOSING:
		return TT_END_FIN;
	default:
		return TT_END_RESET_LOCAL;
	}
}

/*
 * Whether FIN_WAIT2→CLOSE is a reset all the same: a close() with SO_LINGER 0, after shutdown() and before the
 * peer's FIN.
 */
static inline bool tt_linger_resets(int old_state, int sk_err, bool fin_received, bool linger_zero)
{
	return old_state == TT_TCP_FIN_WAIT2 && sk_err == 0 && !fin_received && linger_zero;
}

/*
 * Payload that the peer acknowledged. bytes_acked also counts our SYN, if we sent the first one, and
 * our FIN once it was acknowledged, which it was when nothing is outstanding in a state that has sent it.
 */
static inline __u64 tt_payload_out(__u64 bytes_acked, int old_state, bool outbound, bool all_acked)
{
	bool fin_sent = old_state == TT_TCP_FIN_WAIT1 || old_state == TT_TCP_FIN_WAIT2 ||
			old_state == TT_TCP_TIME_WAIT || old_state == TT_TCP_CLOSING ||
			old_state == TT_TCP_LAST_ACK;
	__u64 control = (outbound ? 1 : 0) + (fin_sent && all_acked ? 1 : 0);

	return bytes_acked > control ? bytes_acked - control : 0;
}

/* Payload received. bytes_received also counts the peer's FIN. */
static inline __u64 tt_payload_in(__u64 bytes_received, bool fin_received)
{
	return fin_received && bytes_received ? bytes_received - 1 : bytes_received;
}

/*
 * Whether SYN_SENT→CLOSE leaves the cause to connect()'s return value: the socket has no error and
 * nobody has closed it, so connect() itself is just failing (no free port, say) or is undoing itself.
 */
static inline bool tt_cause_comes_later(int sk_err, int sk_shutdown)
{
	return sk_err == 0 && sk_shutdown != TT_SHUTDOWN_MASK;
}

/*
 * The direction of a socket of which only its present state is known. One that was accepted has a copy of its
 * listener's backlog, one that connected has none; but a listener's may be 0 too.
 */
static inline enum tt_direction tt_direction_of(int state, __u32 max_ack_backlog)
{
	switch (state) {
	case TT_TCP_LISTEN:
		return TT_DIRECTION_NONE;
	case TT_TCP_SYN_SENT:
		return TT_OUTBOUND;
	case TT_TCP_SYN_RECV:
		return TT_INBOUND;
	default:
		return max_ack_backlog ? TT_INBOUND : TT_DIRECTION_NONE;
	}
}

/* What is remembered of a socket. */
enum tt_phase {
	TT_PHASE_NONE, /* nothing */
	TT_PHASE_CONNECTING,
	TT_PHASE_ESTABLISHED,
	TT_PHASE_EARLY, /* accepted before it was established (Fast Open) */
	TT_PHASE_LISTENING,
	/* Closed, but not destroyed yet: */
	TT_PHASE_HELD, /* failed inside connect(), not told: the cause is connect()'s return */
	TT_PHASE_FAILED, /* failed and told, but connect() has not returned the error yet */
	TT_PHASE_CLOSED, /* all told */
};

/* Of a socket of which only its present state is known. */
static inline enum tt_phase tt_phase_of(int state)
{
	switch (state) {
	case TT_TCP_CLOSE:
	case TT_TCP_TIME_WAIT:
		return TT_PHASE_NONE;
	case TT_TCP_SYN_SENT:
		return TT_PHASE_CONNECTING;
	case TT_TCP_SYN_RECV:
		return TT_PHASE_EARLY;
	case TT_TCP_LISTEN:
		return TT_PHASE_LISTENING;
	default:
		return TT_PHASE_ESTABLISHED;
	}
}

static inline bool tt_lingers(enum tt_phase phase)
{
	return phase >= TT_PHASE_HELD;
}

/* What is remembered of a socket, once it shows that it is closed: its end was missed. */
static inline enum tt_phase tt_phase_if_closed(enum tt_phase phase)
{
	switch (phase) {
	case TT_PHASE_CONNECTING: /* and connect()'s return tells the cause */
		return TT_PHASE_HELD;
	case TT_PHASE_ESTABLISHED: /* to be told at its destruction */
	case TT_PHASE_EARLY:
	case TT_PHASE_LISTENING:
		return TT_PHASE_CLOSED;
	default:
		return phase;
	}
}

/*
 * Whether what is remembered of a socket shows that this change of its state was dealt with. Where nothing is
 * remembered of one that ends or that has connected, there was nothing to deal with, or not with what we know.
 */
static inline bool tt_reflects(enum tt_phase phase, int old_state, int new_state)
{
	switch (new_state) {
	case TT_TCP_SYN_SENT:
		return phase == TT_PHASE_CONNECTING;
	case TT_TCP_LISTEN:
		return phase == TT_PHASE_LISTENING;
	case TT_TCP_ESTABLISHED:
		return old_state == TT_TCP_SYN_RECV ? phase == TT_PHASE_ESTABLISHED
						    : phase != TT_PHASE_CONNECTING;
	case TT_TCP_CLOSE:
		return phase == TT_PHASE_NONE || tt_lingers(phase);
	default: /* of the others nothing is remembered */
		return true;
	}
}

enum tt_verdict {
	TT_IGNORE,
	TT_TELL_FRESH, /* a failure that never reached the state machine */
	TT_TELL_HELD, /* the cause of the attempt that is held */
	TT_TELL_ABORTED, /* the held attempt was undone by its owner */
	TT_COLLECTED, /* connect() delivered a failure that was already told */
};

/* Whether a return value of connect() can be the end of an attempt. */
static inline bool tt_return_is_failure(long ret)
{
	if (ret >= 0 || (ret <= -TT_ERESTARTSYS && ret >= -TT_ERESTART_RESTARTBLOCK))
		return false;
	switch (-ret) {
	case TT_EINPROGRESS: /* the attempt goes on */
	case TT_EALREADY: /* an earlier one goes on */
	case TT_EINTR:
	case TT_EISCONN: /* an earlier one has succeeded */
	case TT_EBADF: /* not an attempt */
	case TT_ENOTSOCK:
	case TT_EFAULT:
		return false;
	default:
		return true;
	}
}

static inline enum tt_verdict tt_judge_connect_return(enum tt_phase phase, long ret)
{
	if (!tt_return_is_failure(ret)) {
		/* connect(AF_UNSPEC) returns 0 and dissolves what the socket was doing. */
		if (ret == 0 && phase == TT_PHASE_HELD)
			return TT_TELL_ABORTED;
		return ret == 0 && phase == TT_PHASE_FAILED ? TT_COLLECTED : TT_IGNORE;
	}
	switch (phase) {
	case TT_PHASE_HELD:
		return TT_TELL_HELD;
	case TT_PHASE_FAILED:
		return TT_COLLECTED;
	case TT_PHASE_NONE:
	case TT_PHASE_CLOSED:
		return TT_TELL_FRESH;
	default: /* another attempt on this socket goes on, or has succeeded */
		return TT_IGNORE;
	}
}

#endif
