#include "plot.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace tcptrail::bench {
namespace {

// In pixels: a panel's area of curves, and what is around it.
constexpr double kAreaWidth = 350, kAreaHeight = 230;
constexpr double kLeft = 56, kTop = 78, kRight = 24, kBottom = 56;
constexpr double kPanelWidth = kLeft + kAreaWidth + kRight;
constexpr double kHeight = kTop + kAreaHeight + kBottom;
constexpr double kLegendSpacing = 110;
constexpr std::array<double, 15> kTicksOfX{1,   2,    5,    10,   20,     50,     100,   200,
                                           500, 1000, 2000, 5000, 10'000, 20'000, 50'000};

// Colours that also the colour-blind tell apart. No variables: not every viewer of SVG knows them.
constexpr const char* kStyle = R"(<style>
  svg { font: 13px system-ui, "DejaVu Sans", sans-serif; }
  .paper, .marker { fill: #ffffff; }
  text { fill: #1f2328; }
  .title { font-weight: 600; }
  .tick { fill: #59636e; font-size: 12px; }
  .grid { stroke: #d9dde2; }
  .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .marker { stroke-width: 2; }
  .c0 { stroke: #0969da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; }
  @media (prefers-color-scheme: dark) {
    .paper, .marker { fill: #0d1117; }
    text { fill: #e6edf3; }
    .tick { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .c0 { stroke: #58a6ff; } .c1 { stroke: #f0883e; } .c2 { stroke: #3fb950; } .c3 { stroke: #bc8cff; }
  }
</style>
)";
constexpr std::size_t kColours = 4;

// From values to pixels: x logarithmic, y linear from 0.
struct Scale {
  double left = 0;  // of the area
  double least_x = 1, most_x = 10;
  double y_step = 1;
  int y_steps = 1;

  [[nodiscard]] double x(double value) const {
    return left + kAreaWidth * std::log(value / least_x) / std::log(most_x / least_x);
  }
  [[nodiscard]] double y(double value) const { return kTop + kAreaHeight * (1 - value / (y_step * y_steps)); }
};

// 1, 2 or 5 times a power of ten: about five of them up to the value.
double tidy_step(double highest) {
  const double power = std::pow(10, std::floor(std::log10(highest / 5)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (power * factor * 5 >= highest) return power * factor;
  return power * 10;
}

Scale scale_for(const Panel& panel, double left) {
  std::vector<double> xs, ys{1};  // a panel of zeros is one high
  for (const auto& curve : panel.curves) {
    for (const auto& point : curve.points) {
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
  }
  if (xs.empty()) return {.left = left};
  const auto [least, most] = std::minmax_element(xs.begin(), xs.end());
  const double highest = *std::max_element(ys.begin(), ys.end()), step = tidy_step(highest);
  constexpr double kMargin = 1.15;
  return {left, *least / kMargin, *most * kMargin, step, static_cast<int>(std::ceil(highest / step))};
}

std::string short_number(double value) {
  return value >= 1000 ? fmt::format("{:g}k", value / 1000) : fmt::format("{:g}", value);
}

std::string marker(std::size_t curve, double x, double y, const std::string& tooltip) {
  constexpr double kRadius = 4;
  const auto attributes = fmt::format(R"(class="marker c{}")", curve % kColours);
  const auto inside = tooltip.empty() ? "" : "<title>" + tooltip + "</title>";
  switch (curve % 3) {
    case 0:
      return fmt::format("<circle {} cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\">{}</circle>\n", attributes, x, y,
                         kRadius, inside);
    case 1:
      return fmt::format("<rect {} x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\">{}</rect>\n",
                         attributes, x - kRadius, y - kRadius, 2 * kRadius, 2 * kRadius, inside);
    default:
      return fmt::format("<path {} d=\"M{:.1f} {:.1f}l{} {}h{}z\">{}</path>\n", attributes, x,
                         y - kRadius - 1, kRadius + 1, 2 * kRadius + 1, -2 * (kRadius + 1), inside);
  }
}

std::string text(const char* style, double x, double y, const char* anchor, const std::string& words) {
  return fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", style, x,
                     y, anchor, words);
}

std::string line(double x1, double y1, double x2, double y2) {
  return fmt::format("<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", x1,
                     y1, x2, y2);
}

std::string draw_grid(const Scale& scale) {
  const double right = scale.left + kAreaWidth, bottom = kTop + kAreaHeight;
  std::string drawn;
  for (int i = 0; i <= scale.y_steps; ++i) {
    const double y = scale.y(i * scale.y_step);
    drawn += line(scale.left, y, right, y);
    drawn += text("tick", scale.left - 8, y + 4, "end", short_number(i * scale.y_step));
  }
  for (const double x : kTicksOfX) {
    if (x < scale.least_x || x > scale.most_x) continue;
    drawn += line(scale.x(x), kTop, scale.x(x), bottom);
    drawn += text("tick", scale.x(x), bottom + 18, "middle", short_number(x));
  }
  return drawn;
}

std::string draw_curve(const Curve& curve, std::size_t index, const Scale& scale) {
  std::string path, markers;
  for (const auto& point : curve.points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", scale.x(point.x), scale.y(point.y));
    markers += marker(index, scale.x(point.x), scale.y(point.y),
                      fmt::format("{}: {:.2f} at {:.0f}", curve.name, point.y, point.x));
  }
  return path.empty()
             ? ""
             : fmt::format("<path class=\"curve c{}\" d=\"{}\"/>\n", index % kColours, path) + markers;
}

std::string draw_panel(const Panel& panel, double left, const std::string& x_title) {
  const Scale scale = scale_for(panel, left + kLeft);
  auto drawn = text("title", left + kLeft, kTop - 16, "start", panel.title) + draw_grid(scale);
  drawn += text("tick", scale.left + kAreaWidth / 2, kHeight - 16, "middle", x_title);
  // The first one last, so that it is on top where curves meet.
  for (std::size_t i = panel.curves.size(); i-- > 0;) drawn += draw_curve(panel.curves[i], i, scale);
  return drawn;
}

std::string draw_legend(const std::vector<Curve>& curves) {
  std::string drawn;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const double x = kLeft + static_cast<double>(i) * kLegendSpacing;
    drawn += fmt::format("<path class=\"curve c{}\" d=\"M{:.1f} 24h28\"/>\n", i % kColours, x);
    drawn += marker(i, x + 14, 24, "") + text("name", x + 36, 28, "start", curves[i].name);
  }
  return drawn;
}

}  // namespace

std::string svg(const std::string& title, const std::string& x_title, const std::vector<Panel>& panels) {
  const double width = kPanelWidth * static_cast<double>(panels.size());
  auto drawn = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\">\n<title>{2}</title>\n",
      width, kHeight, title);
  drawn += kStyle;
  drawn += fmt::format("<rect class=\"paper\" width=\"{}\" height=\"{}\"/>\n", width, kHeight);
  if (!panels.empty()) drawn += draw_legend(panels.front().curves);
  for (std::size_t i = 0; i < panels.size(); ++i)
    drawn += draw_panel(panels[i], kPanelWidth * static_cast<double>(i), x_title);
  return drawn + "</svg>\n";
}

}  // namespace tcptrail::bench
