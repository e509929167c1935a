/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is kept in the maps (bpf/lib/maps.h). Pure, so that the tests can read the maps of a running tracer. */
#ifndef TCPTRAIL_LOGIC_MEMORY_H
#define TCPTRAIL_LOGIC_MEMORY_H

#include "abi/event.h"

/* What we remember of one socket. */
struct tracked {
	__u64 sk; /* its address; 0: a slot that is free */
	__u64 since_ns; /* the SYN of an attempt; the establishment of a connection; 0: not known */
	__u16 attempts; /* how many this socket has made before the present one */
	__u8 phase; /* enum tt_phase */
	__u8 attempt_due; /* its attempt event waits until its SYN went out */
	__u8 pending_told;
	__u8 fetched; /* means nothing: track_fetch() */
	__u8 reserved[2];
	struct tt_conn conn; /* ready to be copied into a record */
};

/* A slot of `tracked`. */
struct slot {
	struct tracked t;
	__s32 overflowed; /* how many sockets whose slot this is are in `tracked_overflow` */
	__u32 fetched; /* means nothing: track_fetch() */
};

/* Functions whose entry and return are seen by different programs. */
enum tt_call {
	TT_CALL_CONNECT,
	TT_CALL_FASTOPEN,
	TT_CALL_ACCEPT,
	TT_CALLS,
};

struct call_key {
	__u32 tid;
	__u32 call; /* enum tt_call */
};

struct call_args {
	__u64 first;
	__u64 second;
};

/* What one process has made of events since the large ring came into use. */
struct budget {
	__u64 since_ns;
	__u64 made;
	__u32 round; /* control.spill_round when this began */
	__u32 reserved;
};

struct listener_key {
	__u32 address[4];
	__u32 netns;
	__u16 port;
	__u16 family; /* the socket's: one port may have an IPv4 and an IPv6 listener */
};

struct listener {
	struct tt_task task; /* all zero where several processes share the address (SO_REUSEPORT) */
	__u32 sockets;
	__u32 flags; /* TT_WANTED_CGROUP */
	__u32 owner_mark; /* as in tt_conn */
	__u32 reserved;
};

#endif
