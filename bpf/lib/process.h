/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a process is: its identity, its parent, and the paths of its files. */
#ifndef TCPTRAIL_PROCESS_H
#define TCPTRAIL_PROCESS_H

#include "lib/task.h"

enum process_deed {
	PROCESS_FORKED,
	PROCESS_EXECUTED,
	PROCESS_EXITED,
};

struct deed_key {
	__u32 pid;
	__u32 started; /* TT_START_MARK */
	__u32 execs;
	__u32 deed; /* enum process_deed */
};

/* What was told of processes, where it might be told twice. Inserted by who is first; the oldest give way. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct deed_key);
	__type(value, __u8);
} deeds SEC(".maps");

static __always_inline bool is_first_to_tell(const struct tt_process *p, enum process_deed deed)
{
	struct deed_key key = {
		.pid = p->task.pid,
		.started = TT_START_MARK(p->start_ns),
		.execs = deed == PROCESS_EXECUTED ? p->execs : 0,
		.deed = deed,
	};
	__u8 yes = 1;

	/* Until 6.4 (d7ba4cc900bf) it is an int in the lower half of a register, and the upper half is 0. */
	return (int)bpf_map_update_elem(&deeds, &key, &yes, BPF_NOEXIST) != -EEXIST;
}

/* The number that a struct pid has in the namespace at this level; 0 is the initial one. Its last member is an array of
 * one for each, so the place is computed: only constant indices can be relocated. */
static __always_inline __u32 pid_number(const struct pid *pid, __u32 level)
{
	const char *numbers = (const char *)pid + bpf_core_field_offset(struct pid, numbers);
	__u32 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number),
			      numbers + level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, nr));
	return number;
}

static __always_inline void describe_process(struct tt_process *p, const struct task_struct *task)
{
	const struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	const struct task_struct *parent = BPF_CORE_READ(leader, real_parent);
	const struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	struct tt_conn c = {};

	own_by(&c, task, TT_OWNER_CONNECT, false);
	p->task = c.task;
	p->start_ns = BPF_CORE_READ(leader, start_boottime);
	p->ns_pid = pid_number(pid, BPF_CORE_READ(pid, level));
	p->session = pid_number(BPF_CORE_READ(task, signal, pids[PIDTYPE_SID]), 0);
	p->loginuid = TT_NO_LOGINUID;
	if (bpf_core_field_exists(task->loginuid))
		p->loginuid = BPF_CORE_READ(task, loginuid.val);
	p->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	p->parent_pid = BPF_CORE_READ(parent, tgid);
	p->parent_mark = TT_START_MARK(BPF_CORE_READ(parent, group_leader, start_boottime));
	p->flags = 0;
	p->execs = BPF_CORE_READ(task, self_exec_id);
}

/*
 * Paths. No helper gives one to these programs, so it is walked, from the file up to the process's root: the names come
 * last one first. Places in `texts` are masked, so that the verifier sees that they are within it.
 */
#define TEXTS_MASK 0x3fff
#define NAME_SPACE 256
#define TT_TEXTS (TEXTS_MASK + 1 + NAME_SPACE)
#define PATH_CUT 0x1 /* it is longer than that */
#define PATH_PSEUDO 0x2 /* it ends in a name that is in no folder */

/* Pointers, as numbers: on all kernels they are read by probe. */
struct path_at {
	__u64 mnt; /* struct vfsmount */
	__u64 dentry;
};

static __always_inline bool is_unhashed(const struct dentry *dentry)
{
	return BPF_CORE_READ(dentry, d_hash.pprev) == NULL;
}

/* From the root of what is mounted to where that is mounted. Returns false at the very root. */
static __always_inline bool leave_mount(struct path_at *at)
{
	const struct mount *mount =
		(const struct mount *)(at->mnt - bpf_core_field_offset(struct mount, mnt));
	const struct mount *above = BPF_CORE_READ(mount, mnt_parent);

	if (!above || above == mount)
		return false;
	at->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
	at->mnt = (__u64)above + bpf_core_field_offset(struct mount, mnt);
	return true;
}

struct walk {
	struct path_at at;
	const struct path_at *root;
	char *texts;
	__u32 end; /* of the names appended */
	__u32 last; /* where there is room for one more */
	__u32 flags; /* PATH_CUT until its end is reached */
};

/* One step up. Returns 1 where the walk stops: at the end of the path, or of the room for it. */
static __always_inline long append_name(__u32 step, struct walk *walk)
{
	/* Not within the macros below: what these read is relocated, and struct path_at is ours. */
	const struct vfsmount *mnt = (const struct vfsmount *)walk->at.mnt;
	const struct dentry *dentry = (const struct dentry *)walk->at.dentry;
	const struct dentry *parent;
	long length;

	if (!dentry || (walk->at.dentry == walk->root->dentry && walk->at.mnt == walk->root->mnt)) {
		walk->flags = 0;
		return 1;
	}
	if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
		if (leave_mount(&walk->at))
			return 0;
		walk->flags = 0;
		return 1;
	}
	if (walk->end > walk->last)
		return 1;
	length = bpf_probe_read_kernel_str(walk->texts + (walk->end & TEXTS_MASK), NAME_SPACE,
					   BPF_CORE_READ(dentry, d_name.name));
	if (length > 0)
		walk->end += length;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry) {
		walk->flags = PATH_PSEUDO;
		return 1;
	}
	walk->at.dentry = (__u64)parent;
	return 0;
}

/* Appends a path's names at `end`; returns the new end. */
static __noinline __u32 append_path(char *texts, __u32 end, const struct path_at *path,
				    const struct path_at *root, __u32 *flags)
{
	struct walk walk = {
		.at = *path,
		.root = root,
		.texts = texts,
		.end = end,
		.last = end + TT_MOST_PATH - NAME_SPACE,
		.flags = PATH_CUT,
	};

	REPEAT(2 * TT_MOST_NAMES, append_name, &walk);
	*flags = walk.flags;
	return walk.end;
}

#endif
