// Curves as a picture: a small writer of SVG.
#pragma once

#include <string>
#include <vector>

namespace tcptrail::bench {

struct Point {
  double x = 0, y = 0;
};

struct Curve {
  std::string name;
  std::vector<Point> points;  // by growing x
};

struct Panel {
  std::string title;
  std::vector<Curve> curves;  // the same names in the same order in each panel
};

// The panels side by side, x on a logarithmic scale and y from 0 up; readable in light and dark, as the
// reader's system prefers. A text may hold no markup.
std::string svg(const std::string& title, const std::string& x_title, const std::vector<Panel>& panels);

}  // namespace tcptrail::bench
