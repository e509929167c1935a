/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel's structs as far as we read them. Only names and types count: libbpf puts in the running
 * kernel's offsets when it loads the programs (CO-RE), so order and size here mean nothing.
 */
#ifndef TCPTRAIL_KERNEL_TYPES_H
#define TCPTRAIL_KERNEL_TYPES_H

/* Tells bpf_tracing.h that the kernel's own register names are here. */
#define __VMLINUX_H__

#include <linux/bpf.h>

typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	/* Absent without CONFIG_IPV6. */
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	unsigned long skc_flags;
};

struct socket;
struct sk_buff;

struct sk_buff_head {
	struct sk_buff *prev; /* the last one, or the head itself */
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	struct socket *sk_socket;
	int sk_err;
	__u8 sk_userlocks : 4;
	__u16 sk_type;
	__u16 sk_protocol;
	__u8 sk_shutdown;
	__u32 sk_max_ack_backlog;
	unsigned long sk_lingertime;
};

struct inet_sock {
	struct sock sk;
	__u16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 segs_in;
	__u32 segs_out;
	__u32 write_seq;
	__u32 snd_una;
	__u32 srtt_us;
	__u32 total_retrans;
	__u64 bytes_received;
	__u64 bytes_acked;
	void *fastopen_req; /* while sendto(MSG_FASTOPEN) connects */
};

struct mptcp_sock {
	struct sock *first;
};

struct socket {
	struct sock *sk;
};

struct inode {
	unsigned short i_mode;
};

struct qstr {
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	struct file *exe_file;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct cred {
	kuid_t euid;
	kgid_t egid;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not ended */
	struct pid *pids[4];
};

/* Unchanged since 4.19 (6883f81aac6f). */
#define PIDTYPE_SID 3

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	__u64 self_exec_id; /* counted up by each exec, inherited by a fork */
	__u64 start_boottime; /* so named since 5.5 (cf25e24db61c) */
	struct pid *thread_pid;
	struct signal_struct *signal;
	kuid_t loginuid; /* absent without CONFIG_AUDIT */
	const struct cred *cred;
	char comm[16];
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
};

struct net_device {
	possible_net_t nd_net;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	unsigned int data_len; /* of them not in the first piece */
	unsigned char *head;
	unsigned char *data;
	__u16 transport_header;
	__u16 network_header;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct file *file;
};

/* Since 6.10 inet_csk_accept() takes this instead of three arguments (92ef0fd55ac8). */
struct proto_accept_arg {
	int flags;
};

/* Since 5.17 (c504e5c2f964), with SKB_DROP_REASON_NO_SOCKET. */
enum skb_drop_reason {
	SKB_DROP_REASON_NO_SOCKET = 3, /* any: libbpf puts in the running kernel's */
};

/* The contexts of every syscalls/sys_enter_* and sys_exit_* tracepoint. RHEL 9 has an additional common field. */
struct syscall_trace_enter {
	unsigned long args[6];
};

struct syscall_trace_exit {
	long ret;
};

/* Those of the registers that system calls and functions pass arguments and results in. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long regs[31];
	unsigned long orig_x0;
};

/* Its first part, as bpf_tracing.h reads it. */
struct user_pt_regs {
	unsigned long regs[31];
};
#else
#error "this architecture's system call registers are missing here"
#endif

#pragma clang attribute pop

/* Wire formats and user ABI: fixed, so nothing to relocate. */
struct iphdr {
	__u8 ihl_version;
	__u8 tos;
	__u16 tot_len;
	__u16 id;
	__u16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__u16 check;
	__u32 saddr;
	__u32 daddr;
};

struct ipv6hdr {
	__u8 prefix[6];
	__u8 next_header;
	__u8 hop_limit;
	__u32 saddr[4];
	__u32 daddr[4];
};

struct tcphdr {
	__u16 source;
	__u16 dest;
	__u32 seq;
	__u32 ack_seq;
	__u8 data_offset;
	__u8 flags;
};

struct udphdr {
	__u16 source;
	__u16 dest;
	__u16 len;
	__u16 check;
};

struct sockaddr_any {
	__u16 family;
	__u16 port;
	union {
		__u32 v4;
		struct {
			__u32 flowinfo;
			__u32 address[4];
		} v6;
	};
};

#define EEXIST 17
#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_MPTCP 262
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define TCPHDR_SYN 0x02
#define TCPHDR_ACK 0x10

/* Bits of sock_common.skc_flags (enum sock_flags). */
#define SOCK_DEAD 0
#define SOCK_DONE 1
#define SOCK_LINGER 4

#endif
