/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Records of the ring buffer that are no events of their own but tell who is who: processes, cgroups, names. They come
 * through the same rings as tt_event, and so in one order with what those processes do, and start with the same
 * tt_header, whose kind is one of these. What is lost of them is counted in tt_control.news_lost.
 */
#ifndef TCPTRAIL_ABI_NEWS_H
#define TCPTRAIL_ABI_NEWS_H

#include "abi/event.h"

enum tt_news_kind {
	TT_FORKED = 0x80,
	TT_EXECED,
	TT_EXITED,
	TT_CGROUP_MADE,
	TT_CGROUP_JOINED,
	TT_DNS_ANSWER,
	TT_NEWS_END,
};

/* tt_process.flags */
#define TT_NEWS_TOLD 0x1 /* the exec or exit is an event as well: it is asked for, and passed the filters */
#define TT_ARGS_TRUNCATED 0x2 /* there are more arguments than came along */
#define TT_EXE_DELETED 0x4 /* the program's file has no name any more */
#define TT_EXE_MEMFD 0x8 /* it never had one: memfd_create() */
#define TT_EXE_TRUNCATED 0x10 /* the path is longer than is read: its beginning is missing */
#define TT_CWD_TRUNCATED 0x20

#define TT_NO_LOGINUID 0xffffffffU /* nobody logged in, or the kernel does not keep it */

struct tt_process {
	__u64 start_ns; /* CLOCK_BOOTTIME, of the process, whichever thread acts */
	struct tt_task task; /* who acts: at a fork the child; pid and start_ns name the process */
	__u32 ns_pid; /* in its own pid namespace */
	__u32 session; /* pid of the session leader, initial pid namespace; 0: none */
	__u32 loginuid;
	__u32 netns; /* inode number */
	__u32 parent_pid; /* process, initial pid namespace; 0: none. At a fork who made it, else its parent by now */
	__u32 parent_mark; /* TT_START_MARK of it */
	__u32 flags;
	__u32 execs; /* as in TT_OWNER_MARK, all bits */
};

/* TT_FORKED and TT_EXITED are a header and a process. */
struct tt_process_news {
	struct tt_header header;
	struct tt_process process;
};

#define TT_MOST_ARGS 4096
#define TT_MOST_PATH 4096 /* bytes of one path, as names */
#define TT_MOST_NAMES 64 /* of one path */

/*
 * TT_EXECED: after this come three texts, one after the other. Arguments as the kernel keeps them, each with its NUL.
 * Paths as their names from the last one to the first, each with a NUL: "sh\0bin\0usr\0" is /usr/bin/sh; none is /.
 */
struct tt_exec_news {
	struct tt_header header;
	struct tt_process process;
	__u32 args_size; /* bytes of each */
	__u32 exe_size;
	__u32 cwd_size;
	__u32 reserved;
};

/*
 * TT_CGROUP_MADE, of cgroup v2 only, where events carry the id; TT_CGROUP_JOINED, of a v1 hierarchy, by a process that was
 * moved. After this comes the path below the hierarchy's root, as text without a NUL.
 */
#define TT_MOST_CGROUP_PATH 1024 /* what the kernel's tracepoint has room for */
struct tt_cgroup_news {
	struct tt_header header;
	__u64 id; /* of the cgroup made */
	__u32 hierarchy; /* the first number in a line of /proc/PID/cgroup */
	__u32 pid; /* who joined, and TT_START_MARK of it */
	__u32 started;
	__u32 path_size;
};

/* TT_DNS_ANSWER: after this comes the DNS message as it was received, without the length that TCP has before it. */
#define TT_MOST_DNS 4096
struct tt_dns_news {
	struct tt_header header;
	__u32 netns; /* inode number of the network namespace: the receiving socket's, or the reading process's */
	__u32 message_size;
};

TT_STATIC_ASSERT(sizeof(struct tt_process) == 80, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_process_news) == 96, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_exec_news) == 112, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_cgroup_news) == 40, "wire layout");
TT_STATIC_ASSERT(sizeof(struct tt_dns_news) == 24, "wire layout");

#endif
