/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who is running: the identity that is kept with a socket. */
#ifndef TCPTRAIL_TASK_H
#define TCPTRAIL_TASK_H

#include "lib/maps.h"

/* Its own cgroup and those above. */
static __always_inline bool task_in_wanted_cgroup(const struct task_struct *task)
{
	const struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	for (int level = 0; level <= TT_CGROUP_DEPTH; level++) {
		__u64 id = BPF_CORE_READ(cgroup, kn, id);

		if (!id)
			break;
		if (bpf_map_lookup_elem(&wanted_cgroups, &id))
			return true;
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);
	}
	return false;
}

static __always_inline bool in_wanted_cgroup(void)
{
#ifdef TT_COMPAT /* the helper came to tracing programs with 5.11 */
	return task_in_wanted_cgroup(current_task());
#else
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
#endif
}

/* Makes a thread the owner. That there is one is said last: another processor may be copying the record at
 * this moment. */
static __always_inline void own_by(struct tt_conn *c, const struct task_struct *task, enum tt_owner owner,
				   bool in_cgroup)
{
	const struct cred *cred = TASK_READ(task, cred);

	c->task.pid = TASK_READ(task, tgid);
	c->task.tid = TASK_READ(task, pid);
	c->task.uid = TASK_READ(cred, euid.val);
	c->task.gid = TASK_READ(cred, egid.val);
	/* Plain loads: the helpers for these two cost a tenth of a connection. */
	c->task.cgroup_id = TASK_READ(task, cgroups, dfl_cgrp, kn, id);
#ifdef TT_COMPAT
	BPF_CORE_READ_INTO(&c->task.comm, task, comm);
#else
	((__u64 *)c->task.comm)[0] = ((const __u64 *)task->comm)[0];
	((__u64 *)c->task.comm)[1] = ((const __u64 *)task->comm)[1];
#endif
	if (config.identify)
		c->owner_mark = TT_OWNER_MARK(TASK_READ(task, group_leader, start_boottime),
					      TASK_READ(task, self_exec_id));
	c->flags &= ~TT_WANTED_CGROUP;
	if (in_cgroup)
		c->flags |= TT_WANTED_CGROUP;
	barrier();
	c->owner = owner;
}

/* Makes the current thread the owner. Call it in process context only. */
CHECKED_ONCE int own_by_current(struct tt_conn *c, __u32 owner)
{
	if (c)
		own_by(c, current_task(), owner, config.by_cgroup && in_wanted_cgroup());
	return 0;
}

/* The open file of a descriptor of the current thread, or NULL. */
static __always_inline struct file *file_of_fd(long fd)
{
	const struct task_struct *task = current_task();
	const struct fdtable *table = TASK_READ(task, files, fdt);
	struct file *file = NULL;

	if (fd >= 0 && fd < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	return file;
}

/* The socket behind an open file, or NULL. Where the file is that of a descriptor, another thread may have
 * closed or replaced it meanwhile: then a pointer from here is no proof of anything until it was found in
 * `tracked`, or read by probe and checked. */
static __always_inline struct sock *sock_of_file(const struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, sk);
}

static __always_inline bool is_socket(const struct file *file)
{
	return (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK;
}

/* The TCP socket that carries the connection: an MPTCP one's first subflow. NULL for anything else, such as a
 * raw socket for TCP's packets. */
static __always_inline struct sock *tcp_of(struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if ((family != AF_INET && family != AF_INET6) || BPF_CORE_READ(sk, sk_type) != SOCK_STREAM)
		return NULL;
	if (protocol == IPPROTO_MPTCP && bpf_core_type_exists(struct mptcp_sock))
		return BPF_CORE_READ((struct mptcp_sock *)sk, first);
	return protocol == IPPROTO_TCP ? sk : NULL;
}

#endif
