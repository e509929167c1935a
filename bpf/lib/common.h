/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef TCPTRAIL_COMMON_H
#define TCPTRAIL_COMMON_H

#include "lib/compat.h"
#include "lib/kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi/config.h"
#include "abi/event.h"
#include "logic/flood.h"
#include "logic/memory.h"
#include "logic/tcp.h"
#include "logic/time.h"

#define BIT(n) (1U << (n))

#endif
