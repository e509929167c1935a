/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who is running: the identity that is kept with a socket. */
#ifndef TCPTRAIL_TASK_H
#define TCPTRAIL_TASK_H

#include "lib/maps.h"

static __always_inline bool in_wanted_cgroup(void)
{
	for (int level = 0; level <= TT_CGROUP_DEPTH; level++) {
		__u64 id;

		if (level > config.cgroup_depth)
			break;
		id = bpf_get_current_ancestor_cgroup_id(level);
		if (!id)
			break;
		if (bpf_map_lookup_elem(&wanted_cgroups, &id))
			return true;
	}
	return false;
}

/* Makes the current thread the owner. Call it in process context only. That there is an owner is said
 * last: another processor may be copying the record at this moment. */
static __always_inline void own_by_current(struct tt_conn *c, enum tt_owner owner)
{
	const struct task_struct *task = bpf_get_current_task_btf();

	c->task.pid = task->tgid;
	c->task.tid = task->pid;
	c->task.uid = task->cred->euid.val;
	c->task.gid = task->cred->egid.val;
	/* Plain loads: the helpers for these two cost a tenth of a connection. */
	c->task.cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	((__u64 *)c->task.comm)[0] = ((const __u64 *)task->comm)[0];
	((__u64 *)c->task.comm)[1] = ((const __u64 *)task->comm)[1];
	c->flags &= ~TT_WANTED_CGROUP;
	if (config.by_cgroup && in_wanted_cgroup())
		c->flags |= TT_WANTED_CGROUP;
	barrier();
	c->owner = owner;
}

/* The open file of a descriptor of the current thread, or NULL. */
static __always_inline struct file *file_of_fd(long fd)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	const struct fdtable *table = task->files->fdt;
	struct file *file = NULL;

	if (fd >= 0 && fd < table->max_fds)
		bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd);
	return file;
}

/* The socket behind a file descriptor of the current thread, or NULL. The descriptor may have been
 * closed or replaced by another thread meanwhile: a pointer from here is no proof of anything until
 * it was found in `tracked`, or read by probe and checked. */
static __always_inline struct sock *sock_of_fd(long fd)
{
	struct socket *socket = BPF_CORE_READ(file_of_fd(fd), private_data);

	return BPF_CORE_READ(socket, sk);
}

/* Whether it is a socket at all that the descriptor names. */
static __always_inline bool fd_is_socket(long fd)
{
	return (BPF_CORE_READ(file_of_fd(fd), f_inode, i_mode) & S_IFMT) == S_IFSOCK;
}

/* The TCP socket that carries the connection: an MPTCP one's first subflow. NULL for anything else. */
static __always_inline struct sock *tcp_of(struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family != AF_INET && family != AF_INET6)
		return NULL;
	if (protocol == IPPROTO_MPTCP && bpf_core_type_exists(struct mptcp_sock))
		return BPF_CORE_READ((struct mptcp_sock *)sk, first);
	return protocol == IPPROTO_TCP ? sk : NULL;
}

#endif
