/* That the shared headers are C as well: this file needs only to compile. */
#include "abi/config.h"
#include "abi/event.h"

unsigned long abi_size_of_event_in_c(void);
unsigned long abi_size_of_close_in_c(void);
unsigned long abi_size_of_config_in_c(void);
unsigned long abi_size_of_counters_in_c(void);
unsigned long abi_size_of_net_key_in_c(void);

unsigned long abi_size_of_event_in_c(void) { return sizeof(struct tt_event); }

unsigned long abi_size_of_close_in_c(void) { return sizeof(struct tt_close_body); }

unsigned long abi_size_of_config_in_c(void) { return sizeof(struct tt_config); }

unsigned long abi_size_of_counters_in_c(void) { return sizeof(struct tt_counters); }

unsigned long abi_size_of_net_key_in_c(void) { return sizeof(struct tt_net_key); }
