/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * DNS answers that this host receives, from port 53, as they are: user space reads the names from them. Most are single
 * UDP packets that lie in one piece, and are met when they come to a socket. What lies in several pieces, and what comes
 * by TCP, is met when a process reads it.
 */
#include "lib/news.h"
#include "lib/task.h"

#define DNS_PORT bpf_htons(53)
#define DNS_HEADER 12

struct dns_record {
	struct tt_dns_news news;
	char message[TT_MOST_DNS];
};

/* As for exec_records: one for each program that may run beside the other. */
struct dns_records {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_record);
} dns_arrived SEC(".maps"), dns_read SEC(".maps");

static __always_inline void tell_answer(struct dns_record *record, __u32 netns, __u32 size)
{
	__u32 whole = sizeof(record->news) + size;

	if (whole > sizeof(*record))
		return;
	record->news.netns = netns;
	record->news.message_size = size;
	news_header(&record->news.header, TT_DNS_ANSWER, whole, bpf_ktime_get_ns());
	tell_least(record, whole);
}

static __always_inline __u32 own_netns(void)
{
	return BPF_CORE_READ(current_task(), nsproxy, net_ns, ns.inum);
}

static __always_inline bool is_dns_answer(const struct sk_buff *skb)
{
	const unsigned char *head = BPF_CORE_READ(skb, head);
	struct udphdr udp = {};

	bpf_probe_read_kernel(&udp, sizeof(udp), head + BPF_CORE_READ(skb, transport_header));
	return udp.source == DNS_PORT;
}

/*
 * Who binds a socket to a port waits there for anybody; from port 53 too, then, and what comes is no answer to a
 * question of his. Who asks lets the kernel choose a port, or connects.
 */
#define BOUND_TO_PORT 8 /* SOCK_BINDPORT_LOCK */

static __always_inline bool may_have_asked(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_dport) == DNS_PORT ||
	       !(BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & BOUND_TO_PORT);
}

/* What is being sent, forwarded or copied begins elsewhere. */
static __always_inline bool begins_behind_udp(const struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, data) ==
	       BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header) + sizeof(struct udphdr);
}

static __always_inline bool is_udp(const struct sk_buff *skb)
{
	const unsigned char *at = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	struct ipv6hdr v6 = {};
	struct iphdr v4 = {};

	bpf_probe_read_kernel(&v4, sizeof(v4), at);
	if (v4.ihl_version >> 4 == 4)
		return v4.protocol == IPPROTO_UDP;
	bpf_probe_read_kernel(&v6, sizeof(v6), at);
	return v6.prefix[0] >> 4 == 6 && v6.next_header == IPPROTO_UDP;
}

/* A packet of a socket's queue, or one that was just taken out (then nobody knows the socket). Its data begin behind
 * the UDP header. */
static __always_inline void on_udp_packet(const struct sk_buff *skb, const struct sock *sk, __u32 netns)
{
	__u32 size = BPF_CORE_READ(skb, len);
	struct dns_record *record;
	__u32 zero = 0;

	if (BPF_CORE_READ(skb, data_len) || !is_dns_answer(skb) || !begins_behind_udp(skb) ||
	    (sk && !may_have_asked(sk)))
		return;
	record = bpf_map_lookup_elem(&dns_arrived, &zero);
	if (!record || size < DNS_HEADER)
		return;
	barrier_var(
		size); /* or the compiler asks for both bounds at once, of a number that the verifier does not know */
	if (size <= TT_MOST_DNS &&
	    bpf_probe_read_kernel(record->message, size, BPF_CORE_READ(skb, data)) == 0)
		tell_answer(record, netns, size);
}

/* What puts a packet into a UDP socket's queue: __udp_enqueue_schedule_skb(sk, skb). Nothing else passes here. */
static __noinline int on_udp_queued(const struct sock *sk, const struct sk_buff *skb)
{
	if (!control.stopped)
		on_udp_packet(skb, sk, BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum));
	return 0;
}

SEC("?fentry/__udp_enqueue_schedule_skb")
int BPF_PROG(dns_queued_fentry, const struct sock *sk, const struct sk_buff *skb)
{
	return on_udp_queued((const struct sock *)address_of(sk), (const struct sk_buff *)address_of(skb));
}

SEC("?kprobe/__udp_enqueue_schedule_skb")
int BPF_KPROBE(dns_queued_kprobe, const struct sock *sk, const struct sk_buff *skb)
{
	return on_udp_queued(sk, skb);
}

/* Of other ports are all TCP connections but a few; what is connected to nobody has none. */
static __always_inline bool is_another_port(__u16 port)
{
	return port && port != DNS_PORT;
}

static __noinline int on_port_ready(const struct sock *sk)
{
	__u64 last = (__u64)BPF_CORE_READ(sk, sk_receive_queue.prev);

	if (control.stopped || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_UDP)
		return 0;
	if (last != (__u64)sk + bpf_core_field_offset(struct sock, sk_receive_queue))
		on_udp_packet((const struct sk_buff *)last, sk,
			      BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum));
	return 0;
}

/* Also for each segment of a TCP connection. */
SEC("?tp_btf/sk_data_ready")
int BPF_PROG(dns_arrived_tracepoint, const struct sock *sk)
{
	if (is_another_port(sk->__sk_common.skc_dport))
		return 0;
	return on_port_ready((const struct sock *)address_of(sk));
}

/* Before 6.3 (40e0b0908142) a socket's readiness is not told. A packet that was read is let go of, in the process that
 * read it. */
SEC("?tp_btf/consume_skb")
int BPF_PROG(dns_consumed_tracepoint, const struct sk_buff *skb)
{
	if (!control.stopped && is_udp(skb))
		on_udp_packet(skb, NULL, own_netns());
	return 0;
}

enum dns_carrier {
	DNS_NONE,
	DNS_BY_UDP, /* in several pieces: what lies in one was met before */
	DNS_BY_TCP,
};

/* How what a process is reading came. */
static __always_inline enum dns_carrier carrier_of(const struct sk_buff *skb)
{
	const struct sock *sk = BPF_CORE_READ(skb, sk);

	if (sk && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP)
		return BPF_CORE_READ(sk, __sk_common.skc_dport) == DNS_PORT ? DNS_BY_TCP : DNS_NONE;
	return BPF_CORE_READ(skb, data_len) && is_udp(skb) && is_dns_answer(skb) && begins_behind_udp(skb)
		       ? DNS_BY_UDP
		       : DNS_NONE;
}

/* Where the message lies in the data, `begin` being its first two bytes and `size` how much there is. By TCP its length
 * comes before it; that may have come in a segment of its own. Returns the place, and sets the size. */
static __always_inline __u32 message_in(enum dns_carrier carrier, const __u8 *begin, __u32 *size)
{
	__u32 length = (__u32)begin[0] << 8 | begin[1];

	if (carrier == DNS_BY_UDP || length + 2 > *size)
		return 0;
	*size = length;
	return 2;
}

/* For every read of every connection: most goes at once, by plain loads. */
static __always_inline bool is_read_from_another_port(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && is_another_port(sk->__sk_common.skc_dport);
}

#ifndef TT_COMPAT
/* For tracing programs since 6.12. */
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *data) __weak __ksym;
#endif

#ifndef TT_COMPAT
/* A frame of its own, as nothing else may come to lie where the dynptr was. */
static __noinline bool read_in_pieces(const struct sk_buff *skb, __u32 at, void *to, __u32 size)
{
	struct bpf_dynptr data;

	return bpf_dynptr_from_skb((struct __sk_buff *)skb, 0, &data) == 0 &&
	       bpf_dynptr_read(to, size, &data, at, 0) == 0;
}
#endif

/* In pieces: wherever the data lie; else those of the first piece alone. Known when compiled. */
static __always_inline bool read_data(const struct sk_buff *skb, bool in_pieces, __u32 at, void *to,
				      __u32 size)
{
#ifndef TT_COMPAT
	if (in_pieces)
		return read_in_pieces(skb, at, to, size);
#endif
	return bpf_probe_read_kernel(to, size, BPF_CORE_READ(skb, data) + at) == 0;
}

static __always_inline int on_read(const struct sk_buff *skb, bool in_pieces)
{
	enum dns_carrier carrier;
	struct dns_record *record;
	__u8 begin[2] = {};
	__u32 zero = 0;
	__u32 size, at, netns;

	if (is_read_from_another_port(skb) || control.stopped)
		return 0;
	carrier = carrier_of(skb);
	if (carrier == DNS_NONE)
		return 0;
	size = BPF_CORE_READ(skb, len) - (in_pieces ? 0 : BPF_CORE_READ(skb, data_len));
	record = bpf_map_lookup_elem(&dns_read, &zero);
	if (!record || size < DNS_HEADER || !read_data(skb, in_pieces, 0, begin, sizeof(begin)))
		return 0;
	at = message_in(carrier, begin, &size);
	if (size < DNS_HEADER)
		return 0;
	netns = carrier == DNS_BY_TCP ? BPF_CORE_READ(skb, sk, __sk_common.skc_net.net, ns.inum)
				      : own_netns();
	barrier_var(size); /* as above */
	if (size <= TT_MOST_DNS && read_data(skb, in_pieces, at, record->message, size))
		tell_answer(record, netns, size);
	return 0;
}

SEC("?tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(dns_read_tracepoint, const struct sk_buff *skb)
{
	return on_read(skb, true); /* under TT_COMPAT nobody loads it: see the hook catalogue */
}

SEC("?tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(dns_read_linear_tracepoint, const struct sk_buff *skb)
{
	return on_read(skb, false);
}
