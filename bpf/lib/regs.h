/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The arguments of the system call that is just returning. */
#ifndef TCPTRAIL_REGS_H
#define TCPTRAIL_REGS_H

#include "lib/common.h"

struct syscall_args {
	long first;
	long second;
};

static __always_inline bool read_syscall_args(struct syscall_args *args)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct pt_regs *regs = (const struct pt_regs *)bpf_task_pt_regs(task);

	if (!regs)
		return false;
#if defined(__TARGET_ARCH_x86)
	args->first = (int)regs->di;
	args->second = regs->si;
#elif defined(__TARGET_ARCH_arm64)
	args->first = (int)regs->orig_x0; /* x0 holds the result by now */
	args->second = regs->regs[1];
#endif
	return true;
}

#endif
