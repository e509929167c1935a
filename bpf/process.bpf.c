/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Processes: one begins, runs another program, ends. Identity is paid for here, once, and not at each connection. */
#include "lib/news.h"
#include "lib/process.h"
#include "lib/task.h"

/* Whether an exec or exit is to be told as an event too. Counts and filters it, as it does any other. */
static __always_inline struct tt_counters *admit_process(enum tt_kind kind, const struct tt_process *p,
							 bool in_cgroup)
{
	struct tt_conn c = { .owner = TT_OWNER_CONNECT, .netns = p->netns, .task = p->task };

	if (!asked_for(kind))
		return NULL;
	if (in_cgroup)
		c.flags = TT_WANTED_CGROUP;
	return admit(kind, &c);
}

static __always_inline void tell_process(void *record, __u64 size, struct tt_counters *told,
					 enum tt_kind kind)
{
	if (!tell_news(record, size, told != NULL) && told)
		__sync_fetch_and_add(&told->lost[kind], 1);
}

/*
 * From Linux 7.0 the kernel skips a program while another task is preempted in it (lib/standby.h). So there each of these
 * has a stand-by, the same a second time at the same place, which finds nothing left to do where the first has run.
 */
static __always_inline bool is_left_to_tell(const struct tt_process *p, enum process_deed deed)
{
	return !config.preemptible || is_first_to_tell(p, deed);
}

static __always_inline int on_forked(const struct task_struct *creator, const struct task_struct *child)
{
	struct tt_process_news news = {};

	if (control.stopped || child->pid != child->tgid) /* a thread */
		return 0;
	describe_process(&news.process, child);
	/* Who made it, and whose program it runs: with CLONE_PARENT, as by runc, its parent is another. */
	news.process.parent_pid = BPF_CORE_READ(creator, tgid);
	news.process.parent_mark = TT_START_MARK(BPF_CORE_READ(creator, group_leader, start_boottime));
	if (!is_left_to_tell(&news.process, PROCESS_FORKED))
		return 0;
	news_header(&news.header, TT_FORKED, sizeof(news), bpf_ktime_get_ns());
	tell_news(&news, sizeof(news), false);
	return 0;
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(forked_tracepoint, struct task_struct *parent, struct task_struct *child)
{
	return on_forked(parent, child);
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(forked_standby_tracepoint, struct task_struct *parent, struct task_struct *child)
{
	return on_forked(parent, child);
}

/* A process ends with its last thread; two that end at once may both find that they are. */
static __always_inline int on_exited(const struct task_struct *task)
{
	struct tt_process_news news = {};
	struct tt_counters *told;

	if (control.stopped || BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0;
	describe_process(&news.process, task);
	if (!is_first_to_tell(&news.process, PROCESS_EXITED))
		return 0;
	news_header(&news.header, TT_EXITED, sizeof(news), bpf_ktime_get_ns());
	told = admit_process(TT_EXIT, &news.process, config.by_cgroup && task_in_wanted_cgroup(task));
	if (told)
		news.process.flags |= TT_NEWS_TOLD;
	tell_process(&news, sizeof(news), told, TT_EXIT);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(exited_tracepoint, struct task_struct *task)
{
	return on_exited(task);
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(exited_standby_tracepoint, struct task_struct *task)
{
	return on_exited(task);
}

/* The record of an exec is made here, as it is too long for the stack. Each program has its own, and the kernel never lets
 * one interrupt itself. */
struct exec_record {
	struct tt_exec_news news;
	char texts[TT_TEXTS];
};

struct exec_records {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_record);
} exec_records SEC(".maps"), exec_standby_records SEC(".maps");

static __always_inline void read_args(struct exec_record *record, const struct task_struct *task)
{
	unsigned long start = BPF_CORE_READ(task, mm, arg_start);
	__u64 size = BPF_CORE_READ(task, mm, arg_end) - start;

	if (size > TT_MOST_ARGS) {
		size = TT_MOST_ARGS;
		record->news.process.flags |= TT_ARGS_TRUNCATED;
	}
	if (bpf_probe_read_user(record->texts, size, (const void *)start) != 0) {
		size = 0;
		record->news.process.flags |= TT_ARGS_TRUNCATED;
	}
	record->news.args_size = size;
}

static __always_inline void read_exe(struct exec_record *record, const struct task_struct *task,
				     const struct path_at *root)
{
	const struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct path_at exe = { .mnt = (__u64)BPF_CORE_READ(file, f_path.mnt),
			       .dentry = (__u64)BPF_CORE_READ(file, f_path.dentry) };
	__u32 begin = record->news.args_size;
	__u32 flags;
	__u32 end;

	end = append_path(record->texts, begin, &exe, root, &flags);
	record->news.exe_size = end - begin;
	if (flags & PATH_CUT)
		record->news.process.flags |= TT_EXE_TRUNCATED;
	if (is_unhashed(BPF_CORE_READ(file, f_path.dentry)))
		record->news.process.flags |= TT_EXE_DELETED;
	if (flags & PATH_PSEUDO)
		record->news.process.flags |= TT_EXE_MEMFD;
}

static __always_inline void read_cwd(struct exec_record *record, const struct task_struct *task,
				     const struct path_at *root)
{
	struct path_at cwd = { .mnt = (__u64)BPF_CORE_READ(task, fs, pwd.mnt),
			       .dentry = (__u64)BPF_CORE_READ(task, fs, pwd.dentry) };
	__u32 begin = record->news.args_size + record->news.exe_size;
	__u32 flags;
	__u32 end;

	end = append_path(record->texts, begin, &cwd, root, &flags);
	record->news.cwd_size = end - begin;
	if (flags & PATH_CUT)
		record->news.process.flags |= TT_CWD_TRUNCATED;
}

static __always_inline int on_executed(void *records, const struct task_struct *task)
{
	struct path_at root = { .mnt = (__u64)BPF_CORE_READ(task, fs, root.mnt),
				.dentry = (__u64)BPF_CORE_READ(task, fs, root.dentry) };
	struct tt_counters *told;
	struct exec_record *record;
	__u32 zero = 0;
	__u32 size;

	if (control.stopped)
		return 0;
	record = bpf_map_lookup_elem(records, &zero);
	if (!record)
		return 0;
	describe_process(&record->news.process, task);
	if (!is_left_to_tell(&record->news.process, PROCESS_EXECUTED))
		return 0;
	read_args(record, task);
	read_exe(record, task, &root);
	read_cwd(record, task, &root);
	record->news.reserved = 0;
	told = admit_process(TT_EXEC, &record->news.process, config.by_cgroup && task_in_wanted_cgroup(task));
	if (told)
		record->news.process.flags |= TT_NEWS_TOLD;
	size = sizeof(record->news) + record->news.args_size + record->news.exe_size + record->news.cwd_size;
	if (size > sizeof(*record))
		size = sizeof(*record);
	news_header(&record->news.header, TT_EXECED, size, bpf_ktime_get_ns());
	tell_process(record, size, told, TT_EXEC);
	return 0;
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(executed_tracepoint, struct task_struct *task)
{
	return on_executed(&exec_records, task);
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(executed_standby_tracepoint, struct task_struct *task)
{
	return on_executed(&exec_standby_records, task);
}
