/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who listens where: for connections that end before anybody accepted them. */
#ifndef TCPTRAIL_LISTENERS_H
#define TCPTRAIL_LISTENERS_H

#include "lib/maps.h"
#include "lib/sock.h"

static __always_inline void listener_key_of(struct listener_key *key, const struct tt_conn *c, __u16 family)
{
	copy_v6(key->address, c->local);
	key->netns = c->netns;
	key->port = c->local_port;
	key->family = family;
}

/* It has no remote end. */
static __always_inline bool is_listener(const struct tt_conn *c)
{
	return c->direction == TT_DIRECTION_NONE && !c->remote_port;
}

static __always_inline void listeners_remove(const struct tracked *t, __u16 family)
{
	struct listener_key key;
	struct listener *l;

	if (!is_listener(&t->conn) || !t->conn.owner)
		return;
	listener_key_of(&key, &t->conn, family);
	l = bpf_map_lookup_elem(&listeners, &key);
	if (!l)
		return;
	__sync_fetch_and_add(&l->sockets, -1);
	if (l->sockets == 0)
		bpf_map_delete_elem(&listeners, &key);
}

/* A socket listens only once at a time on an address, but SO_REUSEPORT lets several share it. Not inlined: below 6.13
 * all frames on the way down to flood_sort() must fit into 512 bytes. */
static __noinline void listeners_add(const struct tt_conn *c, __u16 family)
{
	struct listener fresh = { .sockets = 1, .flags = c->flags & TT_WANTED_CGROUP };
	struct listener_key key;
	struct listener *l;

	fresh.task = c->task;
	fresh.owner_mark = c->owner_mark;
	listener_key_of(&key, c, family);
	l = bpf_map_lookup_elem(&listeners, &key);
	if (!l) {
		if (bpf_map_update_elem(&listeners, &key, &fresh, BPF_NOEXIST) == 0)
			return;
		l = bpf_map_lookup_elem(&listeners,
					&key); /* another processor was faster, or there is no room */
		if (!l)
			return;
	}
	__sync_fetch_and_add(&l->sockets, 1);
	if (l->task.pid != c->task.pid)
		l->task.pid = 0;
}

/* Nobody accepted it, so it is the listener's: found by the exact address, else by the wildcard. */
CHECKED_ONCE int own_by_listener(struct tt_conn *c, __u16 family)
{
	struct listener_key key;
	struct listener *l;

	if (!c)
		return 0;
	listener_key_of(&key, c, family);
	l = bpf_map_lookup_elem(&listeners, &key);
	if (!l) {
		key.address[0] = 0;
		key.address[1] = 0;
		key.address[2] = family == AF_INET ? V4_PREFIX : 0;
		key.address[3] = 0;
		l = bpf_map_lookup_elem(&listeners, &key);
	}
	if (!l || !l->task.pid)
		return 0;
	c->owner = TT_OWNER_LISTENER;
	c->task = l->task;
	c->owner_mark = l->owner_mark;
	c->flags |= l->flags;
	return 0;
}

#endif
