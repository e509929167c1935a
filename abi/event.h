/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the kernel programs put into the ring buffer and the flood maps, and the decoder reads.
 *
 * Every record of the ring is a tt_event, but only a close has all of it (tt_header.size says how long it is). Integers are in
 * the machine's byte order, ports included; addresses are 16 bytes in network order, IPv4 ones as
 * ::ffff:a.b.c.d. A change of layout raises TT_ABI_VERSION.
 */
#ifndef TCPTRAIL_ABI_EVENT_H
#define TCPTRAIL_ABI_EVENT_H

#include <linux/types.h>

#ifdef __cplusplus
#define TT_STATIC_ASSERT static_assert
#else
#define TT_STATIC_ASSERT _Static_assert
#endif

#define TT_ABI_VERSION 1
#define TT_COMM_LEN 16

/* A time or duration that is not known. */
#define TT_UNKNOWN_NS (~0ULL)
/* An error that is not known, as opposed to 0: no error at all. */
#define TT_UNKNOWN_ERROR (-1)

enum tt_kind {
	TT_ATTEMPT,
	TT_CONNECT,
	TT_FAIL,
	TT_PENDING,
	TT_ACCEPT,
	TT_CLOSE,
	TT_REJECT,
	TT_LISTEN,
	TT_UNLISTEN,
	TT_SNAPSHOT,
	TT_EXEC, /* these two come as news (abi/news.h) */
	TT_EXIT,
	TT_KINDS,
};

enum tt_direction {
	TT_DIRECTION_NONE, /* a listener, or a connection whose beginning nobody saw */
	TT_OUTBOUND,
	TT_INBOUND,
};

/* How the process of a record is known. */
enum tt_owner {
	TT_OWNER_NONE, /* it is not: tt_conn.task is all zero */
	TT_OWNER_CONNECT, /* the connecting thread itself */
	TT_OWNER_ACCEPT, /* the accepting thread itself */
	TT_OWNER_LISTENER, /* the thread that called listen() */
	TT_OWNER_SNAPSHOT, /* a process that had the socket open when tracing began */
};

enum tt_end {
	TT_END_FIN,
	TT_END_RESET_LOCAL,
	TT_END_RESET_REMOTE,
	TT_END_TIMEOUT,
	TT_END_ERROR,
	TT_ENDS,
};

/* tt_conn.flags */
#define TT_MAPPED 0x1 /* an IPv6 socket that talks to an IPv4 address */
#define TT_ACCEPTED 0x2 /* inbound, and a process has taken it */
#define TT_WANTED_CGROUP 0x4 /* the owner is in a cgroup that the filter asks for */

/*
 * A process is known by its id and the time it began, in nanoseconds since the boot (CLOCK_BOOTTIME, what /proc/PID/stat
 * shows in ticks); what it runs, by how often it and those that it descends from have executed a program. Events carry
 * 24 bits of the one, enough to tell two processes of one id apart, and 8 of the other.
 */
#define TT_START_MARK(start_ns) ((__u32)(((start_ns) >> 20) & 0xffffff))
#define TT_OWNER_MARK(start_ns, execs) (TT_START_MARK(start_ns) | (__u32)(execs) << 24)

struct tt_header {
	__u16 size; /* of the whole record, this header included */
	__u8 kind; /* enum tt_kind */
	__u8 version; /* TT_ABI_VERSION */
	__u32 reserved;
	__u64 time_ns; /* CLOCK_MONOTONIC, when it happened */
};

struct tt_task {
	__u32 pid; /* thread group, initial pid namespace */
	__u32 tid;
	__u32 uid; /* effective, initial user namespace */
	__u32 gid;
	__u64 cgroup_id; /* cgroup v2 */
	char comm[TT_COMM_LEN]; /* not to be trusted, not always terminated */
};

struct tt_conn {
	__u64 id; /* 0: none (a reject has no socket) */
	__u32 local[4];
	__u32 remote[4];
	__u16 local_port; /* 0: not chosen */
	__u16 remote_port;
	__u32 netns; /* inode number */
	__u8 family; /* 4 or 6: what is spoken, not the socket's */
	__u8 direction; /* enum tt_direction */
	__u8 owner; /* enum tt_owner */
	__u8 flags;
	__u32 owner_mark; /* TT_OWNER_MARK of its process; 0: not known */
	struct tt_task task;
};

/* Every kind but close: two words, of which a kind may need fewer (the rest is 0). */
struct tt_latency_body {
	__u64 latency_ns; /* connect, pending, fail: since the SYN. accept: since it was established */
	__s32 error; /* fail: positive errno; 0: given up locally; TT_UNKNOWN_ERROR */
	__u32 reserved;
};

struct tt_listen_body {
	__u64 backlog; /* listen and unlisten */
	__u64 reserved;
};

struct tt_snapshot_body {
	__u64 state; /* the kernel's, enum tt_tcp_state in bpf/logic/tcp.h */
	__u64 reserved;
};

struct tt_close_body {
	__u64 duration_ns;
	__u64 bytes_out; /* payload that the peer acknowledged */
	__u64 bytes_in; /* payload received */
	__u32 segs_out;
	__u32 segs_in;
	__u32 retransmits;
	__u32 rtt_us; /* smoothed; 0: never measured */
	__u8 end; /* enum tt_end */
	__u8 reserved[7];
};

union tt_body {
	__u64 words[2];
	struct tt_latency_body latency;
	struct tt_listen_body listen;
	struct tt_snapshot_body snapshot;
	struct tt_close_body close;
};

struct tt_event {
	struct tt_header header;
	struct tt_conn conn;
	union tt_body body;
};

/* The length of a record of any kind but close, which is a whole tt_event. */
#define TT_SHORT_SIZE (__builtin_offsetof(struct tt_event, body) + sizeof(struct tt_latency_body))

/*
 * The flood maps: events that were counted instead of told, by what they have in common. Not one word more than
 * tells two of them apart, so that a flood needs few.
 */
struct tt_flood_key {
	__u32 local[4];
	__u32 remote[4];
	char comm[TT_COMM_LEN];
	__u32 pid; /* 0: not known */
	__u32 netns;
	__s32 error; /* of a fail, as in tt_latency_body; else 0 */
	__u16 port; /* outbound: the remote one; else the local one */
	__u8 kind; /* enum tt_kind */
	__u8 direction; /* enum tt_direction */
	__u8 owner; /* enum tt_owner */
	__u8 reserved[3];
};

struct tt_flood {
	struct tt_conn conn; /* the first one's */
	__u64 count; /* 0: the first one was told, and none came after it */
	__u64 first_ns; /* CLOCK_MONOTONIC, of the first and the last that were counted */
	__u64 last_ns;
};

/* The value of the per-CPU map of counters: events by kind, before anything is dropped or filtered,
 * and the ways in which one does not reach the ring buffer. */
struct tt_counters {
	__u64 seen[TT_KINDS];
	__u64 filtered[TT_KINDS];
	__u64 flooded[TT_KINDS];
	__u64 lost[TT_KINDS];
	__u64 missed; /* times that a program did not run, so that nobody knows what happened */
	__u64 stood_in; /* times that the stand-by looked after a change of state because the first program had not run */
};

TT_STATIC_ASSERT(sizeof(struct tt_header) == 16, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_task) == 40, "wire layout");
TT_STATIC_ASSERT(__builtin_offsetof(struct tt_conn, local_port) == 40, "wire layout");
TT_STATIC_ASSERT(__builtin_offsetof(struct tt_conn, task) == 56, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_conn) == 96, "wire layout");
TT_STATIC_ASSERT(__builtin_offsetof(struct tt_event, body) == 112, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_latency_body) == 16, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_listen_body) == 16, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_snapshot_body) == 16, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_close_body) == 48, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_event) == 160, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_flood_key) == 68, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_flood) == 120, "wire layout");

#endif
