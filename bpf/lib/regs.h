/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The arguments of the system call that is just returning. */
#ifndef TCPTRAIL_REGS_H
#define TCPTRAIL_REGS_H

#include "lib/common.h"

static __always_inline bool read_syscall_args(struct call_args *args)
{
#ifdef TT_COMPAT /* where nobody calls it: see the hook catalogue */
	return false;
#else
	const struct pt_regs *regs = (const struct pt_regs *)bpf_task_pt_regs(current_task());

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
#endif
}

#endif
