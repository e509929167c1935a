/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef TCPTRAIL_MAPS_H
#define TCPTRAIL_MAPS_H

#include "lib/common.h"

#define TRACKED_BITS 14

/* Set by user space before loading; read-only from then on, so that the verifier drops dead branches. */
const volatile struct tt_config config;
const volatile __u8 wanted_ports[TT_PORTS] SEC(".rodata.ports");

struct tt_control control;

/*
 * The way to user space: written by reserve(), read by the ring reader. `events` is small, so that its
 * memory stays in the processor's cache, which halves the cost of a connection (docs/performance.md).
 * When it is full, events go to `spill`, whose size is set by --buffer, until the reader has emptied both:
 * control.spilling says which, so the order holds.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TT_HOT_RING);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} spill SEC(".maps");

/* Written by emit(), read by user space for `lost` events and --stats. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tt_counters);
} counters SEC(".maps");

/*
 * Sockets that we follow, by the address of their struct sock. Inserted at CLOSE→SYN_SENT,
 * SYN_RECV→ESTABLISHED and CLOSE→LISTEN, or by an accept that we meet first; deleted when closed with
 * nothing left to tell, at the latest when the socket is destroyed, so an address is never stale.
 * An address has one slot in `tracked`, which takes no lock and stays in the processor's cache, since the
 * kernel reuses addresses at once; whoever finds its slot taken goes to `tracked_overflow`, as do all while
 * the sockets are listed that existed at start. Under TT_COMPAT there is only the latter.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << TRACKED_BITS);
	__type(key, __u32);
	__type(value, struct slot);
} tracked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 19);
	__type(key, __u64);
	__type(value, struct tracked);
} tracked_overflow SEC(".maps");

/*
 * Who listens on an address. Inserted at CLOSE→LISTEN, read when a connection ends that nobody
 * accepted, deleted when the listening socket is destroyed (it outlives its queue of connections).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct listener_key);
	__type(value, struct listener);
} listeners SEC(".maps");

/* Arguments between a function's entry and its return. Inserted by call_enter(), deleted by call_leave() and
 * call_forget(), at the latest when the thread ends. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct call_key);
	__type(value, struct call_args);
} calls SEC(".maps");

/* The change of a socket's state that the first of two programs dealt with last on this processor (lib/standby.h). */
struct change {
	__u64 sk;
	int new_state;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct change);
} last_changes SEC(".maps");

/*
 * Events that are counted instead of told (lib/flood.h), on the side that control.flood_side says. Inserted and added to
 * by sum_up(); emptied by user space once it has changed sides and every program has ended that knew of the old one.
 */
struct flood_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, struct tt_flood_key);
	__type(value, struct tt_flood);
} flood_0 SEC(".maps"), flood_1 SEC(".maps");

/* What each process has made of events since the large ring came into use. Inserted and updated by over_budget(); who
 * makes none gives way to who does. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct budget);
} budgets SEC(".maps");

/* The filters' values: filled before the programs run, read by filter_passes(). Sized by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} wanted_pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} wanted_uids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} wanted_netns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
} wanted_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tt_net_key);
	__type(value, __u8);
} wanted_nets SEC(".maps");

#endif
