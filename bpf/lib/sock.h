/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What struct sock says of a connection: addresses, ports, network namespace, name. */
#ifndef TCPTRAIL_SOCK_H
#define TCPTRAIL_SOCK_H

#include "lib/common.h"

#define V4_PREFIX bpf_htonl(0xffff) /* third word of ::ffff:a.b.c.d */

/* conn.id: the socket's cookie (what `ss -e` shows as sk:) in the low 48 bits, above it the number of
 * attempts that the socket made before. Ids made by fresh_id() have bit 63 set instead. */
#define COOKIE_BITS 48
#define FRESH_ID (1ULL << 63)

static __always_inline __u64 connection_id(__u64 cookie, __u16 attempts)
{
	return (cookie & ((1ULL << COOKIE_BITS) - 1)) | ((__u64)(attempts & 0x7fff) << COOKIE_BITS);
}

/* An id for what has no cookie yet: unique while no processor makes two within 16 ns. */
static __always_inline __u64 fresh_id(__u64 now)
{
	return FRESH_ID | ((now >> 4) << 10) | (bpf_get_smp_processor_id() & 0x3ff);
}

/* The name of a socket's connection. */
static __always_inline __u64 socket_id(struct sock *sk, __u16 attempts, __u64 now)
{
#ifdef TT_COMPAT
	__u64 cookie = sk->__sk_common.skc_cookie.counter;
#else
	__u64 cookie = bpf_get_socket_cookie(sk);
#endif
	return cookie ? connection_id(cookie, attempts) : fresh_id(now);
}

/* Whether the name is not this socket's. One without a cookie proves nothing. */
static __always_inline bool is_anothers(const struct sock *sk, __u64 id)
{
	__u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);

	return !(id & FRESH_ID) && connection_id(id, 0) != connection_id(cookie, 0);
}

static __always_inline void set_v4(__u32 to[4], __u32 address)
{
	to[0] = 0;
	to[1] = 0;
	to[2] = V4_PREFIX;
	to[3] = address;
}

static __always_inline void copy_v6(__u32 to[4], const __u32 from[4])
{
	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	to[3] = from[3];
}

static __always_inline bool is_v4_mapped(const __u32 a[4])
{
	return a[0] == 0 && a[1] == 0 && a[2] == V4_PREFIX;
}

/* The family that is spoken, once the addresses are in. A listener is judged by its local address. */
static __always_inline void set_family(struct tt_conn *c, __u16 socket_family, const __u32 decisive[4])
{
	c->family = is_v4_mapped(decisive) ? 4 : 6;
	if (socket_family == AF_INET6 && c->family == 4)
		c->flags |= TT_MAPPED;
}

/* Generates sock_read_NAME(), for programs that may follow a struct sock directly and for those that
 * must read it by probe: the same fields either way. Before the branches, what the verifier takes long to check: it
 * goes through them all, and each pointer followed is a search of the kernel's types. */
#define DEFINE_SOCK_READ(name, READ, READ_INTO)                                                    \
	static __always_inline void name(struct tt_conn *c, const struct sock *sk, bool listening) \
	{                                                                                          \
		__u16 family = READ(sk, __sk_common.skc_family);                                   \
                                                                                                   \
		c->local_port = READ(sk, __sk_common.skc_num);                                     \
		c->remote_port = bpf_ntohs(READ(sk, __sk_common.skc_dport));                       \
		c->netns = READ(sk, __sk_common.skc_net.net, ns.inum);                             \
		if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {   \
			READ_INTO(c->local, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32);     \
			READ_INTO(c->remote, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);        \
		} else {                                                                           \
			set_v4(c->local, READ(sk, __sk_common.skc_rcv_saddr));                     \
			set_v4(c->remote, READ(sk, __sk_common.skc_daddr));                        \
		}                                                                                  \
		set_family(c, family, listening ? c->local : c->remote);                           \
	}

#define DIRECT_READ_INTO(to, sk, field) copy_v6(to, (sk)->field)
#define PROBE_READ_INTO(to, sk, field) BPF_CORE_READ_INTO(&(to), sk, field)

DEFINE_SOCK_READ(sock_read, DIRECT_READ, DIRECT_READ_INTO)
DEFINE_SOCK_READ(sock_probe, BPF_CORE_READ, PROBE_READ_INTO)

#endif
