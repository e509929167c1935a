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
	emit(TT_PENDING, &t->conn, now, now - t->since_ns, 0);
}

SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(retransmit_tracepoint, const struct sock *sk)
{
	on_retransmit(sk);
	return 0;
}

static __always_inline bool read_ip(struct tt_conn *c, const unsigned char *at)
{
	struct ipv6hdr v6;
	struct iphdr v4;

	if (bpf_probe_read_kernel(&v4, sizeof(v4), at) != 0)
		return false;
	if (v4.ihl_version >> 4 == 4) {
		set_v4(c->local, v4.daddr);
		set_v4(c->remote, v4.saddr);
		c->family = 4;
		return true;
	}
	if (bpf_probe_read_kernel(&v6, sizeof(v6), at) != 0)
		return false;
	copy_v6(c->local, v6.daddr);
	copy_v6(c->remote, v6.saddr);
	c->family = 6;
	return true;
}

/* Only the answer to a SYN for which there is no socket is a reject. */
static __always_inline void on_send_reset(const struct sock *sk, const struct sk_buff *skb)
{
	struct tt_conn c = { .direction = TT_INBOUND };
	struct tcphdr tcp;

	if (control.stopped || sk || !skb)
		return;
	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), skb->head + skb->transport_header) != 0)
		return;
	if ((tcp.flags & (TCPHDR_SYN | TCPHDR_ACK)) != TCPHDR_SYN)
		return;
	if (!read_ip(&c, skb->head + skb->network_header))
		return;
	c.local_port = bpf_ntohs(tcp.dest);
	c.remote_port = bpf_ntohs(tcp.source);
	c.netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	emit(TT_REJECT, &c, bpf_ktime_get_ns(), 0, 0);
}

SEC("?tp_btf/tcp_send_reset")
int BPF_PROG(reset_tracepoint, const struct sock *sk, const struct sk_buff *skb)
{
	on_send_reset(sk, skb);
	return 0;
}
