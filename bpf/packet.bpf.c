/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What single segments tell: an attempt that gets no answer, a SYN that found no listener. */
#include "lib/emit.h"
#include "lib/sock.h"
#include "lib/track.h"

static __always_inline void on_retransmit(const struct sock *sk)
{
	struct tracked *t;
	__u64 now;

	if (control.stopped || sk->__sk_common.skc_state != TT_TCP_SYN_SENT || sk->sk_protocol != IPPROTO_TCP)
		return;
	t = track_find(address_of(sk));
	if (!t || t->phase != TT_PHASE_CONNECTING || t->pending_told)
		return;
	now = bpf_ktime_get_ns();
	t->pending_told = 1;
	t->conn.local_port = sk->__sk_common.skc_num;
	emit_due_attempt(t);
	emit(TT_PENDING, &t->conn, now, elapsed(t, now), 0);
}

SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(retransmit_tracepoint, const struct sock *sk)
{
	on_retransmit(sk);
	return 0;
}

/* Returns the protocol that the packet carries, or 0. */
static __always_inline __u8 read_ip(struct tt_conn *c, const unsigned char *at)
{
	struct ipv6hdr v6;
	struct iphdr v4;

	if (bpf_probe_read_kernel(&v4, sizeof(v4), at) != 0)
		return 0;
	if (v4.ihl_version >> 4 == 4) {
		set_v4(c->local, v4.daddr);
		set_v4(c->remote, v4.saddr);
		c->family = 4;
		return v4.protocol;
	}
	if (bpf_probe_read_kernel(&v6, sizeof(v6), at) != 0)
		return 0;
	copy_v6(c->local, v6.daddr);
	copy_v6(c->remote, v6.saddr);
	c->family = 6;
	return v6.next_header;
}

/* A segment for which there is no socket: only a SYN is a reject, not what comes after it. */
static __noinline void on_no_socket(const struct sk_buff *skb, bool is_tcp)
{
	struct tt_conn c = { .direction = TT_INBOUND };
	const unsigned char *head = BPF_CORE_READ(skb, head);
	struct tcphdr tcp;
	__u8 protocol;

	protocol = read_ip(&c, head + BPF_CORE_READ(skb, network_header));
	if (!protocol || (!is_tcp && protocol != IPPROTO_TCP))
		return;
	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), head + BPF_CORE_READ(skb, transport_header)) != 0)
		return;
	if ((tcp.flags & (TCPHDR_SYN | TCPHDR_ACK)) != TCPHDR_SYN)
		return;
	c.local_port = bpf_ntohs(tcp.dest);
	c.remote_port = bpf_ntohs(tcp.source);
	c.netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	emit(TT_REJECT, &c, bpf_ktime_get_ns(), 0, 0);
}

static __always_inline void on_send_reset(const void *sk, const void *skb)
{
	if (!control.stopped && !sk && skb)
		on_no_socket((const struct sk_buff *)address_of(skb), true);
}

/* Before 6.10 it is silent where there is no socket (19822a980e19). The reason came with the same version:
 * older kernels refuse a program that reads it. */
SEC("?tp_btf/tcp_send_reset")
int BPF_PROG(reset_tracepoint, const void *sk, const void *skb, __u64 reason)
{
	barrier_var(reason);
	on_send_reset(sk, skb);
	return 0;
}

/* For kernels from 5.17 on where the above is silent. It does not see SYNs behind IPv6 extension headers. */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(drop_tracepoint, const void *skb, void *location, enum skb_drop_reason reason)
{
	if (!control.stopped &&
	    reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NO_SOCKET))
		on_no_socket((const struct sk_buff *)address_of(skb), false);
	return 0;
}

SEC("?fentry/tcp_v4_send_reset")
int BPF_PROG(reset_v4_fentry, const void *sk, const void *skb)
{
	on_send_reset(sk, skb);
	return 0;
}

SEC("?fentry/tcp_v6_send_reset")
int BPF_PROG(reset_v6_fentry, const void *sk, const void *skb)
{
	on_send_reset(sk, skb);
	return 0;
}

SEC("?kprobe/tcp_v4_send_reset")
int BPF_KPROBE(reset_v4_kprobe, const void *sk, const void *skb)
{
	on_send_reset(sk, skb);
	return 0;
}

SEC("?kprobe/tcp_v6_send_reset")
int BPF_KPROBE(reset_v6_kprobe, const void *sk, const void *skb)
{
	on_send_reset(sk, skb);
	return 0;
}
