// How the tracers fare as the load grows.
#pragma once

#include <string>
#include <vector>

#include "session.h"

namespace tcptrail::bench {

struct SweepPoint {
  double connections_per_second = 0;  // made, which may be fewer than were offered
  double missing_percent = 0;         // of the lines that the tracer should have printed
  double cpu_percent = 0;             // of one core: its process and its BPF programs
};

struct SweepLine {
  std::string tracer;
  std::vector<SweepPoint> points;  // one for each offered rate, the last one as fast as possible
};

// Of those tracers that are processes; a point that fails is told on stderr and left out. Each
// point takes about so many seconds.
std::vector<SweepLine> sweep(const std::vector<Tracer>& tracers, const Workplace& place, unsigned seconds);

// What was swept, as a picture.
std::string sweep_svg(const std::vector<SweepLine>& lines);

}  // namespace tcptrail::bench
