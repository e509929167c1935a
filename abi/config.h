/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What user space tells the kernel programs: tt_config once, before they are loaded (the verifier then
 * removes what is switched off); tt_control while they run, through shared memory.
 */
#ifndef TCPTRAIL_ABI_CONFIG_H
#define TCPTRAIL_ABI_CONFIG_H

#include <linux/types.h>

#define TT_PORTS 65536
/* Bits of the port table, by which end of the connection the port must be. */
#define TT_PORT_EITHER 0x1
#define TT_PORT_LOCAL 0x2
#define TT_PORT_REMOTE 0x4

/* Bytes of the ring that is used first, and of them unread at which a busy reader is woken before its timer. */
#define TT_HOT_RING (256 * 1024)
#define TT_WAKE_BYTES (TT_HOT_RING / 2)

/* Bytes that the iterator over existing sockets writes for each one it told, so that a reader who asks for so many
 * bytes gets no more events at a time than the ring takes. */
#define TT_LISTED_MARK 16

/* The deepest cgroup (root = 0) that a cgroup filter may name. */
#define TT_CGROUP_DEPTH 31

struct tt_config {
	__u32 events; /* bit per enum tt_kind: only these are seen at all */
	__u8 attempt_after_syn; /* tell an attempt only once its SYN went out */
	__u8 family; /* 0, 4 or 6 */
	__u8 by_port; /* TT_PORT_ bits: which ends are asked about */
	__u8 by_pid;
	__u8 by_uid;
	__u8 by_net;
	__u8 by_netns;
	__u8 by_cgroup;
	__u8 accept_probed; /* accept() is followed from entry to return */
	__u8 identify; /* user space wants to know who is who: abi/news.h */
	__u8 preemptible; /* tasks may be preempted in a program */
	__u8 reserved[1];
	__u32 cgroup_depth; /* the deepest cgroup asked for */
	__u32 budget; /* events a second that each process may tell singly, on average, whatever others do */
	__u32 flood_bytes; /* of the large ring unread, from which on processes above their budget are summed up */
	__u32 news_bytes; /* of the large ring unread, from which on it takes no records of abi/news.h */
};

struct tt_control {
	__u32 stopped; /* user space: programs do nothing from now on */
	__u32 wake_bytes; /* unread in `events`, at which to wake the reader; 0: it is awake, or has been woken */
	__u32 spilling; /* set by the kernel: `events` was full; cleared by the reader: `spill` is empty */
	__s32 lingering; /* kernel: tracked sockets that are closed but not destroyed */
	__u32 listing; /* user space: the sockets that existed at start are being listed */
	__u32 spill_round; /* counted up by the reader each time it ends spilling: budgets begin anew */
	__u32 flood_side; /* user space: which of the two flood maps is written to, 0 or 1 */
	__u32 flooded; /* set by the kernel when it writes to that map, cleared by the reader when it changes sides */
	__u32 news_lost; /* kernel: records of abi/news.h for which there was no room, counted up */
};

/* Key of the trie of wanted networks. The family comes first, so that ::/0 does not take in IPv4. */
struct tt_net_key {
	__u32 prefix_len; /* 32 for the family, and 0 … 128 of the address */
	__u32 family; /* 4 or 6 */
	__u32 address[4]; /* network order; IPv4 as ::ffff:a.b.c.d */
};

#endif
