/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One object of all families, because they share their maps. */
#include "state.bpf.c"
#include "connect.bpf.c"
#include "accept.bpf.c"
#include "packet.bpf.c"
#include "process.bpf.c"
#include "cgroup.bpf.c"
#include "names.bpf.c"
#include "snapshot.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
