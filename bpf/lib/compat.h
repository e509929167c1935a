/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The programs are compiled twice. The second object, with TT_COMPAT, is for kernels that lack what Linux 5.15
 * completed for tracing programs:
 * - bpf_get_current_task_btf, 5.11 (3ca1032ab7ab): the task is read by probe there;
 * - compare and exchange, 5.12 (5ffa25502b5a), refused even in dead code: no slots there, only the hash;
 * - bpf_get_socket_cookie in tracing programs, 5.12 (c5dbb89fc2ac): the field is read, and may be empty yet;
 * - pointers as arguments of global functions, 5.13: no CHECKED_ONCE there;
 * - functions as arguments, 5.13 (69c087ba6225), which bpf_loop takes: REPEAT is a loop there;
 * - bpf_task_pt_regs, 5.15 (dd6e10fbd9fb): connect()'s arguments are noted at its entry there.
 */
#ifndef TCPTRAIL_COMPAT_H
#define TCPTRAIL_COMPAT_H

#include "lib/kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* READ(pointer, a, b.c, d) is pointer->a->b.c->d: DIRECT_READ where the verifier knows the pointer's type,
 * BPF_CORE_READ where it takes it for a number. */
#define DIRECT_READ_1(p, a) ((p)->a)
#define DIRECT_READ_2(p, a, b) ((p)->a->b)
#define DIRECT_READ_3(p, a, b, c) ((p)->a->b->c)
#define DIRECT_READ_4(p, a, b, c, d) ((p)->a->b->c->d)
#define DIRECT_PICK(_1, _2, _3, _4, name, ...) name
#define DIRECT_READ(p, ...) \
	DIRECT_PICK(__VA_ARGS__, DIRECT_READ_4, DIRECT_READ_3, DIRECT_READ_2, DIRECT_READ_1)(p, __VA_ARGS__)

#ifdef TT_COMPAT
#define TASK_READ BPF_CORE_READ
#else
#define TASK_READ DIRECT_READ
#endif

/* A function that the verifier checks by itself, and not anew at each call. Its pointers are anything, NULL too. */
#ifdef TT_COMPAT
#define CHECKED_ONCE static __noinline
#else
#define CHECKED_ONCE __noinline
#endif

/*
 * Calls function(i, context) until it returns other than 0, at most `times` times. The verifier checks what bpf_loop calls
 * once or twice, and a loop as often as it may go round; Linux 5.15 and 5.16 lack bpf_loop (e6f2dd0f8067).
 */
#ifdef TT_COMPAT
#define HAS_LOOP false
#define bpf_loop(times, function, context, flags)
#else
#define HAS_LOOP bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)
#endif
#define REPEAT(times, function, context)                                                     \
	do {                                                                                 \
		if (HAS_LOOP)                                                                \
			bpf_loop(times, function, context, 0);                               \
		else                                                                         \
			for (__u32 i_ = 0; i_ < (times) && function(i_, context) == 0; i_++) \
				;                                                            \
	} while (0)

static __always_inline struct task_struct *current_task(void)
{
#ifdef TT_COMPAT
	return (struct task_struct *)bpf_get_current_task();
#else
	return bpf_get_current_task_btf();
#endif
}

/* The verifier computes with no pointer that it knows the type of. This makes it a number. */
static __always_inline __u64 address_of(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

#endif
