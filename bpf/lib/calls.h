/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Calls that have been entered and not returned from yet, for hooks that see either alone. */
#ifndef TCPTRAIL_CALLS_H
#define TCPTRAIL_CALLS_H

#include "lib/emit.h"

static __always_inline struct call_key call_key_of(enum tt_call call)
{
	struct call_key key = { .tid = (__u32)bpf_get_current_pid_tgid(), .call = call };

	return key;
}

/* A note that is still there says that the thread's last return was missed: the kernel has only so many
 * return probes for calls under way at once. Like a call for which there is no room, it is counted as lost. */
static __always_inline void call_enter(enum tt_call call, __u64 first, __u64 second)
{
	struct call_key key = call_key_of(call);
	struct call_args args = { .first = first, .second = second };

	if (control.stopped || bpf_map_update_elem(&calls, &key, &args, BPF_NOEXIST) == 0)
		return;
	count_missed();
	bpf_map_update_elem(&calls, &key, &args, BPF_EXIST);
}

/* Returns false for a call that was entered before tracing began, or found no room. */
static __always_inline bool call_leave(enum tt_call call, struct call_args *args)
{
	struct call_key key = call_key_of(call);
	const struct call_args *noted = bpf_map_lookup_elem(&calls, &key);

	if (!noted)
		return false;
	*args = *noted;
	bpf_map_delete_elem(&calls, &key);
	return true;
}

/* The call's end was seen otherwise. */
static __always_inline void call_forget(enum tt_call call)
{
	struct call_key key = call_key_of(call);

	bpf_map_delete_elem(&calls, &key);
}

/* Nobody returns to a thread that has ended. */
SEC("?tp_btf/sched_process_exit")
int thread_exit_tracepoint(void *ctx)
{
	for (int call = 0; call < TT_CALLS; call++) {
		struct call_key key = call_key_of(call);

		if (bpf_map_delete_elem(&calls, &key) == 0)
			count_missed();
	}
	return 0;
}

#endif
