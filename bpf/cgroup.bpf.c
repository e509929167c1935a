/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Cgroups, by which containers are known: one is made, and in a hierarchy of version 1 a process is moved into one. Of
 * version 2 events carry the id, so that nobody needs to know who is where. */
#include "lib/news.h"
#include "lib/task.h"

struct cgroup_record {
	struct tt_cgroup_news news;
	char path[TT_MOST_CGROUP_PATH];
};

/* As for exec_records: one for each program, which the kernel never lets interrupt itself. */
struct cgroup_records {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgroup_record);
} cgroups_made SEC(".maps"), cgroups_joined SEC(".maps");

static __always_inline void tell_cgroup(struct cgroup_record *record, enum tt_news_kind kind,
					const char *path)
{
	long length = bpf_probe_read_kernel_str(record->path, sizeof(record->path), path);
	__u32 size;

	if (length <= 0 || length > sizeof(record->path))
		return;
	record->news.path_size = length - 1; /* without its NUL */
	size = sizeof(record->news) + length - 1;
	news_header(&record->news.header, kind, size, bpf_ktime_get_ns());
	tell_news(record, size, false);
}

SEC("?tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made_tracepoint, struct cgroup *cgroup, const char *path)
{
	struct cgroup_record *record;
	__u32 zero = 0;

	if (control.stopped || BPF_CORE_READ(cgroup, root, hierarchy_id) != 0)
		return 0;
	record = bpf_map_lookup_elem(&cgroups_made, &zero);
	if (!record)
		return 0;
	record->news.id = BPF_CORE_READ(cgroup, kn, id);
	record->news.hierarchy = 0;
	record->news.pid = 0;
	record->news.started = 0;
	tell_cgroup(record, TT_CGROUP_MADE, path);
	return 0;
}

SEC("?tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_joined_tracepoint, struct cgroup *cgroup, const char *path, struct task_struct *task)
{
	struct cgroup_record *record;
	int hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	__u32 zero = 0;

	if (control.stopped || hierarchy == 0 || BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid))
		return 0;
	record = bpf_map_lookup_elem(&cgroups_joined, &zero);
	if (!record)
		return 0;
	record->news.id = 0;
	record->news.hierarchy = hierarchy;
	record->news.pid = BPF_CORE_READ(task, tgid);
	record->news.started = TT_START_MARK(BPF_CORE_READ(task, start_boottime));
	tell_cgroup(record, TT_CGROUP_JOINED, path);
	return 0;
}
