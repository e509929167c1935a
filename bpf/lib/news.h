/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Records of abi/news.h: into the same rings as events, so that what a process does comes after what it is. */
#ifndef TCPTRAIL_NEWS_H
#define TCPTRAIL_NEWS_H

#include "abi/news.h"
#include "lib/emit.h"

static __always_inline void news_header(struct tt_header *header, enum tt_news_kind kind, __u16 size,
					__u64 now)
{
	header->size = size;
	header->kind = kind;
	header->version = TT_ABI_VERSION;
	header->reserved = 0;
	header->time_ns = now;
}

/*
 * What anybody may send, as DNS answers are. Of both rings it takes little, and brings the large one into use for
 * nobody.
 */
static __always_inline void tell_least(void *record, __u64 size)
{
	__u64 flags = wake_flags_from(TT_WAKE_BYTES, size);

	if (!control.spilling) {
		if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < TT_HOT_RING / 2 &&
		    bpf_ringbuf_output(&events, record, size, flags) == 0)
			return;
	} else if (bpf_ringbuf_query(&spill, BPF_RB_AVAIL_DATA) < config.news_bytes / 4 &&
		   bpf_ringbuf_output(&spill, record, size, flags) == 0) {
		return;
	}
	__sync_fetch_and_add(&control.news_lost, 1);
}

/*
 * Returns whether there was room. Of the large ring news takes only a share, so that who starts many processes hides
 * no events; what is lost of it user space can mostly find out otherwise, and is told that there is need to. Nobody is
 * woken for it, unless it is an event too: it is in time if it is read before the next event.
 */
static __always_inline bool tell_news(void *record, __u64 size, bool is_event)
{
	__u64 flags = wake_flags_from(is_event ? 0 : TT_WAKE_BYTES, size);

	if (!control.spilling) {
		if (bpf_ringbuf_output(&events, record, size, flags) == 0)
			return true;
		control.spilling = 1;
	}
	if (bpf_ringbuf_query(&spill, BPF_RB_AVAIL_DATA) < config.news_bytes &&
	    bpf_ringbuf_output(&spill, record, size, flags) == 0)
		return true;
	__sync_fetch_and_add(&control.news_lost, 1);
	return false;
}

#endif
