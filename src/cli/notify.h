#pragma once

namespace tcptrail::cli {

// Tells the service manager that tracing has begun: READY=1 to $NOTIFY_SOCKET (sd_notify(3)), if there is
// one.
void notify_ready();

}  // namespace tcptrail::cli
