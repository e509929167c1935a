/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The filters that run in the kernel. All must hold; one that asks for what an event lacks does not. */
#ifndef TCPTRAIL_FILTER_H
#define TCPTRAIL_FILTER_H

#include "lib/maps.h"

static __always_inline bool port_wanted(__u16 port, __u8 end)
{
	return port && (wanted_ports[port] & end);
}

static __always_inline bool ports_pass(const struct tt_conn *c)
{
	if ((config.by_port & TT_PORT_EITHER) && !port_wanted(c->local_port, TT_PORT_EITHER) &&
	    !port_wanted(c->remote_port, TT_PORT_EITHER))
		return false;
	if ((config.by_port & TT_PORT_LOCAL) && !port_wanted(c->local_port, TT_PORT_LOCAL))
		return false;
	return !(config.by_port & TT_PORT_REMOTE) || port_wanted(c->remote_port, TT_PORT_REMOTE);
}

static __always_inline bool net_passes(const struct tt_conn *c)
{
	struct tt_net_key key = { .prefix_len = 32 + 128, .family = c->family };

	if (!c->remote_port) /* a listener has no remote end */
		return false;
	for (int i = 0; i < 4; i++)
		key.address[i] = c->remote[i];
	return bpf_map_lookup_elem(&wanted_nets, &key);
}

/* A key lies on the stack: 6.1's verifier takes none from the memory that a global function was given. */
static __always_inline bool wants(void *map, __u32 key)
{
	return bpf_map_lookup_elem(map, &key);
}

static __always_inline bool filter_passes(const struct tt_conn *c)
{
	if (config.family && c->family != config.family)
		return false;
	if (config.by_port && !ports_pass(c))
		return false;
	if (config.by_pid && (!c->owner || !wants(&wanted_pids, c->task.pid)))
		return false;
	if (config.by_uid && (!c->owner || !wants(&wanted_uids, c->task.uid)))
		return false;
	if (config.by_cgroup && !(c->flags & TT_WANTED_CGROUP))
		return false;
	if (config.by_netns && !wants(&wanted_netns, c->netns))
		return false;
	return !config.by_net || net_passes(c);
}

#endif
